"""Settings: every bad name at once, the documents' names accepted, no password in any message."""

from dataclasses import dataclass

import pytest

from shared.errors import ConfigurationInvalid
from shared.settings import ProcessSettings, Secret, ServiceSettings, load, load_all, setting

URL = "postgresql://app:hunter2@db/app"
MINIMAL = {"DATABASE_URL": URL}


@dataclass(frozen=True, slots=True)
class Knobs:
    """One setting of each kind."""

    url: str = setting("BASE_URL", schemes=("https", "http"))
    token: Secret = setting("TOKEN", aliases=("OLD_TOKEN", "OLDER_TOKEN"))
    count: int = setting("COUNT", default=3, minimum=1, maximum=9)
    is_on: bool = setting("IS_ON", default=False)
    mode: str = setting("MODE", default="fast", choices=("fast", "slow"))
    limit: int | None = setting("LIMIT", default=None, minimum=1)


def problems(environ: dict[str, str], kind: type = Knobs) -> tuple[str, ...]:
    with pytest.raises(ConfigurationInvalid) as caught:
        load(kind, environ=environ)
    return caught.value.problems


def test_every_missing_and_bad_name_is_listed_at_once() -> None:
    found = problems({"COUNT": "ten", "IS_ON": "perhaps", "MODE": "medium", "LIMIT": "0"})

    assert found == (
        "BASE_URL is required and not set",
        "TOKEN is required and not set",
        "COUNT must be a whole number, got 'ten'",
        "IS_ON must be true or false, got 'perhaps'",
        "MODE must be one of fast, slow, got 'medium'",
        "LIMIT must be at least 1, got 0",
    )


def test_several_services_problems_are_listed_together_and_once() -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        load_all(
            lambda: load(Knobs, environ={"COUNT": "0"}),
            lambda: load(Knobs, environ={"COUNT": "1", "MODE": "odd"}),
        )

    assert caught.value.problems == (
        "BASE_URL is required and not set",
        "TOKEN is required and not set",
        "COUNT must be from 1 to 9, got 0",
        "MODE must be one of fast, slow, got 'odd'",
    )
    assert caught.value.exit_code == 78


@pytest.mark.parametrize(
    "url", ["db:5432", "ftp://u:hunter2@h", "https://", "https://h:port", "u:hunter2@h", "https://[h"]
)
def test_a_bad_url_is_refused_naming_the_setting_and_without_repeating_it(url: str) -> None:
    found = problems({"BASE_URL": url, "TOKEN": "t"})

    assert found == ("BASE_URL must be a URL starting with https:// or http://",)


def test_a_password_never_shows_in_a_message_or_a_repr() -> None:
    settings = load(ServiceSettings, environ=MINIMAL | {"REDIS_PASSWORD": "hunter2"})

    assert "hunter2" not in f"{settings.redis_password!r} {settings.redis_password}"
    assert "hunter2" not in str(ConfigurationInvalid(problems({"DATABASE_URL": "x://a:hunter2@b"}, ServiceSettings)))


def test_an_alias_is_read_when_the_name_is_not_set_and_loses_when_it_is() -> None:
    base = {"BASE_URL": "https://h"}

    assert load(Knobs, environ=base | {"OLDER_TOKEN": "a"}).token == Secret("a")
    assert load(Knobs, environ=base | {"OLDER_TOKEN": "a", "OLD_TOKEN": "b"}).token == Secret("b")
    assert load(Knobs, environ=base | {"OLD_TOKEN": "b", "TOKEN": "c"}).token == Secret("c")


def test_a_bad_value_is_reported_under_the_name_it_was_set_by() -> None:
    with pytest.raises(ConfigurationInvalid, match="RISK_COUNT must be from 1 to 9, got 10"):
        load(Knobs, service="risk", environ={"BASE_URL": "https://h", "TOKEN": "t", "RISK_COUNT": "10", "COUNT": "2"})


def test_a_services_own_name_wins_over_the_common_one() -> None:
    environ = {"DATABASE_URL": URL, "RISK_DATABASE_URL": "postgresql://risk@db/risk", "RISK_GRPC_PORT": "7702"}

    risk = load(ServiceSettings, service="risk", environ=environ)
    alerts = load(ServiceSettings, service="alerts", environ=environ)

    assert (risk.database_url, risk.grpc_port) == ("postgresql://risk@db/risk", 7702)
    assert (alerts.database_url, alerts.grpc_port) == (URL, 0)


def test_an_empty_value_counts_as_not_set() -> None:
    assert load(Knobs, environ={"BASE_URL": " https://h ", "TOKEN": "t", "COUNT": " "}).count == 3
    assert problems({"BASE_URL": "", "TOKEN": "t"}) == ("BASE_URL is required and not set",)


@pytest.mark.parametrize(("text", "value"), [("1", True), ("TRUE", True), ("yes", True), ("off", False), ("0", False)])
def test_the_usual_words_for_true_and_false_are_known(text: str, value: object) -> None:
    assert load(Knobs, environ={"BASE_URL": "https://h", "TOKEN": "t", "IS_ON": text}).is_on is value


def test_the_documents_redis_names_make_the_location() -> None:
    names = {"REDIS_HOST": "cache", "REDIS_PORT": "6380", "REDIS_PASSWORD": "p@ss/word", "REDIS_DB": "2"}

    assert load(ServiceSettings, environ=MINIMAL | names).redis_location == "redis://:p%40ss%2Fword@cache:6380/2"
    assert load(ServiceSettings, environ=MINIMAL).redis_location == "redis://127.0.0.1:6379/0"


def test_redis_url_wins_over_its_parts() -> None:
    environ = MINIMAL | {"REDIS_URL": "rediss://cache:6390/1", "REDIS_HOST": "other"}

    assert load(ServiceSettings, environ=environ).redis_location == "rediss://cache:6390/1"


def test_the_documents_other_names_are_accepted() -> None:
    environ = {
        "BULLMQ_CONCURRENCY": "7",
        "BULLMQ_MAX_RETRIES": "5",
        "BULLMQ_RETRY_DELAY": "1500",
        "ENABLE_SCHEDULED_JOBS": "false",
        "START_WORKERS": "no",
    }

    settings = load(ServiceSettings, environ=MINIMAL | environ)

    assert (settings.concurrency, settings.max_retries, settings.retry_delay_ms) == (7, 5, 1500)
    assert (settings.enable_scheduled_jobs, settings.start_workers) == (False, False)


def test_without_the_documents_names_their_defaults_hold() -> None:
    settings = load(ServiceSettings, environ=MINIMAL)

    assert (settings.concurrency, settings.max_retries, settings.retry_delay_ms) == (None, 3, 2000)
    assert (settings.enable_scheduled_jobs, settings.start_workers) == (True, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_PORT", "70000"),
        ("REDIS_DB", "-1"),
        ("REDIS_URL", "http://cache"),
        ("BULLMQ_CONCURRENCY", "0"),
        ("BULLMQ_MAX_RETRIES", "many"),
        ("ENABLE_SCHEDULED_JOBS", "sometimes"),
        ("START_WORKERS", "2"),
    ],
)
def test_a_bad_value_of_a_documents_name_is_refused_by_that_name(name: str, value: str) -> None:
    (problem,) = problems(MINIMAL | {name: value}, ServiceSettings)

    assert problem.startswith(f"{name} must be")


def test_the_log_level_is_read_in_any_case_and_refused_with_the_allowed_words() -> None:
    token = {"MILLRACE_SERVICE_TOKEN": "t"}

    assert load(ProcessSettings, environ=token | {"LOG_LEVEL": "WARN"}).log_level == "warn"
    assert problems(token | {"LOG_LEVEL": "loud"}, ProcessSettings) == (
        "LOG_LEVEL must be one of debug, info, warning, warn, error, got 'loud'",
    )


def test_a_service_token_is_required() -> None:
    assert problems({}, ProcessSettings) == ("MILLRACE_SERVICE_TOKEN is required and not set",)
