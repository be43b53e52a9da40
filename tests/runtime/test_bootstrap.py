"""The composition root: what it finds, what the environment may change, and how it refuses bad settings."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import services
from services.market_data.app import SERVICE
from services.market_data.clients import PriceSources
from shared.bootstrap import Service, ServiceRuntime
from shared.bootstrap.__main__ import main
from shared.bootstrap.assembly import assemble_with, configured, find_jobs, find_service, find_services
from shared.errors import ConfigurationInvalid, InvalidArgument
from shared.jobs import Queue, Rate, minutes
from shared.settings import ServiceSettings, load

ROOT = Path(__file__).parents[2]
URL = {"DATABASE_URL": "postgresql://role:password@127.0.0.1/none"}
QUEUE = Queue("price-updates", slots=5, rate=Rate(10, minutes(1)))


def settings(**environ: str) -> ServiceSettings:
    return load(ServiceSettings, service="market_data", environ={**URL, **environ})


def test_a_service_is_found_by_its_folder() -> None:
    assert find_service("market_data") is SERVICE
    assert (SERVICE.name, SERVICE.display) == ("market_data", "market-data")


def test_every_folder_of_services_is_found_without_a_list() -> None:
    folders = sorted(path.parent.name for path in (Path(__file__).parents[2] / "services").glob("*/app.py"))

    assert [service.name for service in find_services()] == folders
    assert {"alerts", "gateway", "market_data"} <= set(folders)


@pytest.mark.parametrize("name", ["nowhere", "market-data"])
def test_a_service_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=name):
        find_service(name)


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Puts modules of a made-up service into the package `services`, for this test only."""
    monkeypatch.setattr(services, "__path__", [*services.__path__, str(tmp_path)])

    def put(**modules: str) -> None:
        for dotted, text in modules.items():
            path = tmp_path / "made_up" / (dotted.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            (path.parent / "__init__.py").touch()
            path.write_text(text)

    (tmp_path / "made_up").mkdir()
    (tmp_path / "made_up" / "__init__.py").touch()
    yield put
    for name in [name for name in sys.modules if name.startswith("services.made_up")]:
        del sys.modules[name]


JOB = '''
from shared.jobs import Arguments, JobContext, Queue, job, seconds

class Nothing(Arguments):
    pass

@job(queue=Queue("q", slots=1), name="{name}", timeout=seconds(1))
def run(ctx: JobContext, args: Nothing) -> None:
    """Does nothing."""
'''


def test_a_service_whose_app_declares_another_name_is_refused(made_up: Callable[..., None]) -> None:
    made_up(app="SERVICE = None\n")

    with pytest.raises(ConfigurationInvalid, match="SERVICE"):
        find_service("made_up")


def test_a_fault_inside_an_app_is_not_taken_for_a_missing_service(made_up: Callable[..., None]) -> None:
    made_up(app="import no_such_package\n")

    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        find_service("made_up")


def test_jobs_are_found_one_a_module(made_up: Callable[..., None]) -> None:
    made_up(jobs__second=JOB.format(name="second"), jobs__first=JOB.format(name="first"))

    assert [definition.name for definition in find_jobs("made_up")] == ["first", "second"]


def test_a_service_without_jobs_has_none(made_up: Callable[..., None]) -> None:
    assert find_jobs("made_up") == ()


def test_modules_without_a_job_or_with_two_are_all_named(made_up: Callable[..., None]) -> None:
    made_up(jobs__none="", jobs__two=JOB.format(name="one") + JOB.format(name="two").replace("def run", "def run_too"))

    with pytest.raises(ConfigurationInvalid) as caught:
        find_jobs("made_up")

    assert [problem.split(" ")[0] for problem in caught.value.problems] == [
        "services.made_up.jobs.none",
        "services.made_up.jobs.two",
    ]


def test_an_imported_job_is_not_declared_twice(made_up: Callable[..., None]) -> None:
    made_up(
        jobs__first=JOB.format(name="first"),
        jobs__second="from services.made_up.jobs.first import run as other\n" + JOB.format(name="second"),
    )

    assert [definition.name for definition in find_jobs("made_up")] == ["first", "second"]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, QUEUE),
        ({"PRICE_UPDATES_RATE_PER_MINUTE": "600"}, Queue("price-updates", slots=5, rate=Rate(600, minutes(1)))),
        ({"PRICE_UPDATES_RATE_PER_MINUTE": "0"}, Queue("price-updates", slots=5)),
        (
            {"PRICE_UPDATES_SLOTS": "7", "PRICE_UPDATES_MAX_RUNNING": "2"},
            Queue("price-updates", slots=7, rate=Rate(10, minutes(1)), max_running=2),
        ),
    ],
)
def test_the_environment_overrides_a_queue(
    environ: dict[str, str], expected: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert configured(QUEUE, settings()) == expected


def test_the_documents_names_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = settings(
        REDIS_HOST="redis.internal", REDIS_PORT="6380", REDIS_PASSWORD="p@ss", REDIS_DB="2",
        BULLMQ_CONCURRENCY="9", BULLMQ_MAX_RETRIES="5", BULLMQ_RETRY_DELAY="250",
        ENABLE_SCHEDULED_JOBS="false", START_WORKERS="0",
    )  # fmt: skip

    assert loaded.redis_location == "redis://:p%40ss@redis.internal:6380/2"
    assert configured(QUEUE, loaded).slots == 9
    assert (loaded.max_retries, loaded.retry_delay_ms) == (5, 250)
    assert (loaded.enable_scheduled_jobs, loaded.start_workers) == (False, False)


def test_a_queue_s_own_slots_win_over_the_service_s_concurrency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICE_UPDATES_SLOTS", "3")

    assert configured(QUEUE, settings(BULLMQ_CONCURRENCY="9")).slots == 3


def test_the_service_s_attempts_and_backoff_hold_where_a_job_says_nothing(made_up: Callable[..., None]) -> None:
    made_up(jobs__first=JOB.format(name="first"))

    service = Service(name="made_up", settings=ServiceSettings, queues=(Queue("q", slots=1),))
    runtime = assemble_with(service, settings(BULLMQ_MAX_RETRIES="5", BULLMQ_RETRY_DELAY="250"), process="test")

    definition = runtime.jobs.catalogue.jobs["first"]
    assert runtime.jobs.catalogue.attempts_of(definition) == 5
    assert runtime.jobs.catalogue.backoff_of(definition).delay == timedelta(milliseconds=250)


def test_a_dramatiq_actor_s_send_is_a_submission(runtime_for: Callable[..., ServiceRuntime]) -> None:
    runtime = runtime_for(SERVICE)
    actor = runtime.broker.get_actor("update-coin-price")

    message = actor.send({"coin_id": 1})
    later = actor.send_with_options(args=({"coin_id": 2},), delay=60_000)

    with runtime.database.unit_of_work() as work:
        rows = work.connection.exec_driver_sql("SELECT id::text, state FROM job ORDER BY seq").all()
    assert rows == [(message.message_id, "queued"), (later.message_id, "scheduled")]


def test_what_a_service_made_at_boot_is_found_by_type(runtime_for: Callable[..., ServiceRuntime]) -> None:
    runtime = runtime_for(SERVICE)

    assert isinstance(runtime.resource(PriceSources), PriceSources)
    with pytest.raises(InvalidArgument, match="Path"):
        runtime.resource(Path)


def run_role(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`python -m shared.bootstrap` with these settings and no other."""
    command = [sys.executable, "-m", "shared.bootstrap", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_every_bad_setting_is_named_at_once_and_the_exit_code_is_78() -> None:
    ended = run_role(
        "worker", "market_data",
        DATABASE_URL="mysql://somewhere", REDIS_PORT="0", LOG_LEVEL="loud", HEALTH_PORT="http",
        PRICE_UPDATES_SLOTS="none", PRICE_UPDATES_RATE_PER_MINUTE="-1", BULLMQ_MAX_RETRIES="many",
        PROVIDER_TIMEOUT_SECONDS="99", START_WORKERS="perhaps",
    )  # fmt: skip

    assert ended.returncode == 78
    for name in (
        "DATABASE_URL", "REDIS_PORT", "LOG_LEVEL", "HEALTH_PORT", "PRICE_UPDATES_SLOTS", "START_WORKERS",
        "PRICE_UPDATES_RATE_PER_MINUTE", "BULLMQ_MAX_RETRIES", "PROVIDER_TIMEOUT_SECONDS", "MILLRACE_SERVICE_TOKEN",
    ):  # fmt: skip
        assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_bad_settings_do_not_show_a_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://role:hunter2@somewhere/db")

    code = main(["worker", "market_data"])

    shown = capsys.readouterr().err
    assert code == 78
    assert "DATABASE_URL" in shown
    assert "hunter2" not in shown


def test_an_unknown_service_exits_78_and_an_unknown_role_2(capsys: pytest.CaptureFixture[str]) -> None:
    service = main(["worker", "nowhere"])
    with pytest.raises(SystemExit) as role:
        main(["juggler", "market_data"])

    assert (service, role.value.code) == (78, 2)
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize("role", ["worker", "migrate"])
def test_a_store_that_does_not_answer_at_boot_exits_69_in_one_line(role: str) -> None:
    ended = run_role(
        role, "market_data", MILLRACE_SERVICE_TOKEN="a-service-token-of-enough-characters",
        DATABASE_URL="postgresql://role:password@127.0.0.1:1/none", REDIS_URL="redis://127.0.0.1:1/0",
    )  # fmt: skip

    assert ended.returncode == 69
    assert "Traceback" not in ended.stderr
