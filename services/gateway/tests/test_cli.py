"""The command `millrace`, before a gateway."""

import json

import pytest

from services.gateway import cli
from services.gateway.tests.conftest import Platform


@pytest.fixture
def reached(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The platform the environment names."""
    monkeypatch.setenv("MILLRACE_URL", str(platform.client.base_url).rstrip("/"))
    monkeypatch.setenv("MILLRACE_API_KEY", platform.key.reveal())
    return platform


def test_queues_are_shown_as_a_table(reached: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["queues"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["service", "name", "paused"]
    assert lines[2].split()[:3] == ["market-data", "price-updates", "no"]


def test_a_job_is_submitted_with_its_digits_and_shown(reached: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["submit", "tidy", "--args", '{"share": 0.10}', "--queue", "maintenance", "--idempotency-key", "k"]
    assert cli.main(command) == 0
    job_id = json.loads(capsys.readouterr().out)["id"]

    assert cli.main(["job", job_id]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == job_id
    sent = reached.market_data.requests[0]
    assert (sent.args_json, sent.idempotency_key) == ('{"share": 0.10}', "k")


def test_jobs_are_listed_by_filters(reached: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    reached.market_data.add("tidy", "maintenance")
    reached.market_data.add("update-coin-price", "price-updates")

    assert cli.main(["jobs", "--queue", "price-updates", "--state", "queued"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "update-coin-price" in lines[1]


def test_a_refusal_is_told_with_what_is_allowed(reached: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["jobs", "--queue", "nope"]) == 1
    assert "allowed: maintenance, price-updates, social-scraping" in capsys.readouterr().err

    assert cli.main(["job", "..?x=1#y"]) == 1
    assert "id must be a UUID" in capsys.readouterr().err


def test_arguments_that_are_no_object_are_not_sent(reached: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("{", "[1]"):
        with pytest.raises(SystemExit) as caught:
            cli.main(["submit", "tidy", "--args", text])
        assert caught.value.code == 2
    assert reached.market_data.requests == []


def test_a_gateway_out_of_reach_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MILLRACE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("MILLRACE_API_KEY", "mr_abc_" + "s" * 43)

    assert cli.main(["queues"]) == 2
    assert "does not answer" in capsys.readouterr().err


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("MILLRACE_API_KEY", raising=False)

    assert cli.main(["queues"]) == 78
    assert "MILLRACE_API_KEY" in capsys.readouterr().err


def test_times_of_a_submission_are_sent_as_given(reached: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["submit", "tidy", "--timeout-ms", "1500", "--result-ttl-ms", "60000"]) == 0
    times = reached.market_data.requests[0].times
    assert (times.timeout_ms, times.result_ttl_ms, times.HasField("deadline_ms")) == (1500, 60000, False)

    assert cli.main(["submit", "tidy", "--deadline-ms", "0"]) == 1
    assert "times.deadline_ms" in capsys.readouterr().err


def test_a_unique_rule_is_sent_as_given(reached: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    rule = ["--unique", "debounce", "--unique-wait-ms", "1000", "--unique-max-wait-ms", "60000"]
    assert cli.main(["submit", "tidy", "--unique-key", "k", *rule]) == 0
    sent = reached.market_data.requests[0]
    assert (sent.unique_key, sent.unique.mode, sent.unique.wait_ms, sent.unique.max_wait_ms, sent.unique.ttl_ms) == (
        "k", "debounce", 1000, 60_000, 0,
    )  # fmt: skip

    assert cli.main(["submit", "tidy", "--unique", "sometimes"]) == 1
    assert "unique.mode" in capsys.readouterr().err
