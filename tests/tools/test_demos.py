"""The promises of tools/demo: it shows what it announces, and its exit code says when it did not."""

import socket
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import sqlalchemy as sa

from shared.errors import StoreUnavailable
from shared.jobs.retries import Backoff
from shared.jobs.scripts import Scripts
from tools.demos import mock, simple
from tools.demos.identity import IdentityAlone
from tools.demos.telling import Telling

ROOT = Path(__file__).resolve().parent.parent.parent


def _demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "tools" / "demo", *arguments], capture_output=True, text=True, timeout=240, check=False
    )


def test_mock_shows_every_step_of_a_job() -> None:
    done = _demo("mock")

    assert done.returncode == 0, done.stdout + done.stderr
    words = ("submitted", "scheduled", "queued", "started", "progress", "failed", "completed", "cancelled", "dead")
    assert all(f"\n  {word} " in done.stdout for word in words)
    assert "retry in 2 s (skipped here)" in done.stdout
    assert "10 of 10 steps came out as announced" in done.stdout


def test_mock_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("the demonstration without stores has opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    assert mock.main() == 0


def test_mock_fails_when_a_backoff_is_not_the_announced_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Backoff, "after", lambda *_, **__: timedelta(seconds=7))

    assert mock.main() == 1
    assert "NOT ANNOUNCED" in capsys.readouterr().out


def test_simple_shows_the_gates_of_redis_alone() -> None:
    done = _demo("simple")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "No PostgreSQL is started" in done.stdout
    assert "11 of 11 steps came out as announced" in done.stdout


def test_simple_fails_when_a_pause_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real: Callable[..., bool] = Scripts.configure

    def never_pause(scripts: Scripts, queue: str, **settings: object) -> bool:
        return real(scripts, queue, **settings | {"is_paused": False})

    monkeypatch.setattr(Scripts, "configure", never_pause)

    assert simple.main() == 1
    assert "started while paused" in capsys.readouterr().out


def test_the_ledger_of_one_row_knows_nothing_else() -> None:
    ledger = IdentityAlone("run:replication:word")

    with ledger.unit_of_work() as work:
        assert (
            work.connection.execute(sa.text("SELECT identity FROM redis_identity")).scalar() == "run:replication:word"
        )
    with pytest.raises(StoreUnavailable), ledger.unit_of_work() as work:
        work.connection.execute(sa.text("SELECT id FROM job"))


def test_a_demonstration_without_steps_is_no_success() -> None:
    assert Telling("nothing").end() == 1


@pytest.mark.parametrize("arguments", [(), ("everything",), ("mock", "simple")])
def test_an_unknown_demonstration_is_refused_with_what_is_allowed(arguments: tuple[str, ...]) -> None:
    done = _demo(*arguments)

    assert done.returncode == 2
    assert all(name in done.stderr for name in ("mock", "simple", "full"))


@pytest.mark.full
def test_full_shows_the_product_and_stops_what_it_started() -> None:
    done = _demo("full")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "stopped again" in done.stdout
