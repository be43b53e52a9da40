"""What is demanded of the Redis a service is given, and what production demands beside it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from redis.exceptions import BusyLoadingError

from services.market_data.app import SERVICE
from shared.bootstrap import ServiceRuntime, api, scheduler, worker
from shared.bootstrap.process import Process
from shared.errors import ConfigurationInvalid, StoreUnavailable
from shared.jobs import demands
from shared.jobs.connection import connect
from shared.jobs.demands import flush_advice, refuse_unread, refuse_unsafe
from shared.jobs.index_ids import to_index
from shared.jobs.maintenance.ledger_writer import LedgerWriter
from shared.jobs.maintenance.queue_gauges import gauge_once
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.maintenance.settler import settle_once
from shared.jobs.maintenance.sweeper import sweep_once
from shared.settings import ProcessSettings
from tests.runtime.jobs.sample import Bench, at_work, jobs_of, open_bench
from tests.runtime.jobs.site import TOKEN
from tests.runtime.jobs.waiting import eventually
from tools.stores import temporary_valkey

ROOT = Path(__file__).parents[3]
PASSWORD = "a-password-of-this-test"
#: What demands.py tells an operator to write down.
RULE = ("on", f">{PASSWORD}", "~{*}:*", "&*", "+@all", "-@dangerous", "+info")


@pytest.fixture
def default_user(redis_url: str) -> Iterator[Any]:
    """A client that may do everything, as a fresh server has it."""
    client = connect(redis_url, name="test")
    yield client
    client.close()


@pytest.fixture
def url_of_user(default_user: Any, redis_url: str) -> Iterator[Callable[..., str]]:
    """The URL of a user made with these rules; the user goes with the test."""

    def made(*rules: str) -> str:
        default_user.execute_command("ACL SETUSER", "someone", "reset", *rules)
        return f"redis://someone:{PASSWORD}@{redis_url.partition('@')[2]}"

    yield made
    default_user.execute_command("ACL DELUSER", "someone")


@pytest.fixture
def as_user(url_of_user: Callable[..., str]) -> Iterator[Callable[..., Any]]:
    """A client of a user made with these rules."""
    clients = []

    def connected(*rules: str) -> Any:
        clients.append(connect(url_of_user(*rules), name="test"))
        return clients[-1]

    yield connected
    for client in clients:
        client.close()


@contextmanager
def policy(client: Any, name: str) -> Iterator[None]:
    client.config_set("maxmemory-policy", name)
    yield
    client.config_set("maxmemory-policy", "noeviction")


def problems_of(client: Any, *, in_production: bool) -> tuple[str, ...]:
    with pytest.raises(ConfigurationInvalid) as caught:
        refuse_unsafe(client, in_production=in_production)
    return caught.value.problems


@pytest.mark.parametrize("in_production", [True, False])
def test_a_policy_that_evicts_jobs_is_refused_everywhere(
    as_user: Callable[..., Any], default_user: Any, in_production: bool
) -> None:
    client = as_user(*RULE)
    with policy(default_user, "allkeys-lru"):
        (problem,) = problems_of(client, in_production=in_production)

    assert problem == "REDIS_URL: maxmemory-policy is allkeys-lru, must be noeviction: other policies delete jobs"


def test_production_refuses_the_default_user_that_may_empty_the_store(default_user: Any) -> None:
    (problem,) = problems_of(default_user, in_production=True)

    assert problem.startswith("REDIS_URL: with MILLRACE_ENV=production")
    assert "FLUSHALL and FLUSHDB" in problem
    assert "ACL SETUSER millrace on >PASSWORD ~{*}:* &* +@all -@dangerous +info" in problem


def test_everything_wrong_with_a_store_is_told_at_once(default_user: Any) -> None:
    with policy(default_user, "volatile-ttl"):
        found = problems_of(default_user, in_production=True)

    assert len(found) == 2


def test_development_takes_the_default_user_and_advises(default_user: Any) -> None:
    refuse_unsafe(default_user, in_production=False)

    assert "user 'default' may run FLUSHALL and FLUSHDB" in (flush_advice(default_user) or "")


def test_the_user_of_the_advice_is_taken_and_gets_none(as_user: Callable[..., Any]) -> None:
    client = as_user(*RULE)

    refuse_unsafe(client, in_production=True)

    assert flush_advice(client) is None


def test_a_user_of_its_own_that_may_still_empty_the_store_is_advised_only(as_user: Callable[..., Any]) -> None:
    client = as_user("on", f">{PASSWORD}", "~*", "&*", "+@all", "-flushdb")

    refuse_unsafe(client, in_production=True)

    assert "user 'someone' may run FLUSHALL;" in (flush_advice(client) or "")


def test_the_advised_user_can_do_all_that_jobs_need(url_of_user: Callable[..., str], bench: Bench) -> None:
    jobs = jobs_of(bench.jobs.database, url_of_user(*RULE))
    theirs = open_bench(jobs)
    theirs.stage.act = lambda ctx, _args: ctx.progress(1)
    with at_work(theirs):
        job = theirs.submit()
        eventually(lambda: theirs.redis.zscore(jobs.scripts.keys.of("unsettled"), to_index(job.id)))
    theirs.submit()
    theirs.claim()
    theirs.expire_leases()

    LedgerWriter(jobs, "writer").run_once()
    gauge_once(jobs)
    for turn in (reap_once, relay_once, settle_once, reconcile_once, sweep_once):
        turn(jobs)
    state = theirs.row(job.id).state
    jobs.scripts.client.close()

    assert state == "completed"


@pytest.mark.parametrize("role", [api, worker, scheduler])
def test_in_production_no_role_starts_on_a_store_that_its_user_may_empty(
    role: ModuleType, runtime_for: Callable[..., ServiceRuntime]
) -> None:
    process = Process("test", ProcessSettings(environment="production", service_token=TOKEN))

    with pytest.raises(ConfigurationInvalid, match="REDIS_URL: with MILLRACE_ENV=production"):
        role.start(process, [runtime_for(SERVICE, GRPC_PORT="1")])


@pytest.mark.parametrize("role", [api, worker, scheduler])
def test_no_role_starts_on_a_postgresql_that_is_too_old(
    role: ModuleType, runtime_for: Callable[..., ServiceRuntime], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process("test", ProcessSettings(environment="development", service_token=TOKEN))
    monkeypatch.setattr("shared.db.demands.FLOOR", 99)

    with pytest.raises(
        ConfigurationInvalid, match=r"DATABASE_URL: PostgreSQL's version is \d+\.\d+, must be at least 99"
    ):
        role.start(process, [runtime_for(SERVICE, GRPC_PORT="1")])


@pytest.mark.parametrize("role", [api, worker, scheduler])
@pytest.mark.parametrize("kept", [b"\xdc\x00\x01\x01", b"\x92\x01\xa4tomb", b"no msgpack"])
def test_no_role_starts_on_an_index_that_it_cannot_read(
    role: ModuleType, kept: bytes, runtime_for: Callable[..., ServiceRuntime]
) -> None:
    process = Process("test", ProcessSettings(environment="development", service_token=TOKEN))
    runtime = runtime_for(SERVICE, GRPC_PORT="1")
    scripts = runtime.jobs.scripts
    scripts.client.hset(scripts.keys.of("jobs"), "id", kept)

    with pytest.raises(ConfigurationInvalid, match="REDIS_URL: another build wrote the index of market-data"):
        role.start(process, [runtime])


def test_an_index_of_this_build_is_read(bench: Bench) -> None:
    scripts = bench.jobs.scripts
    refuse_unread(scripts)
    bench.submit()
    bench.jobs.settle()
    refuse_unread(scripts)
    bench.run()
    bench.settle()
    refuse_unread(scripts)


def test_a_refused_process_exits_78_and_names_the_settings_and_not_the_password(
    redis_url: str, url_for: Callable[[str], str]
) -> None:
    environ = {
        "MILLRACE_ENV": "production", "MILLRACE_SERVICE_TOKEN": "a-service-token-of-enough-characters",
        "DATABASE_URL": url_for("market_data"), "REDIS_URL": redis_url,
    }  # fmt: skip
    command = [sys.executable, "-m", "shared.bootstrap", "worker", "market_data"]
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 78
    assert "REDIS_URL: with MILLRACE_ENV=production" in ended.stderr
    assert redis_url.partition("//:")[2].partition("@")[0] not in ended.stderr + ended.stdout


def test_a_server_that_is_only_starting_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with temporary_valkey() as server:
        client = connect(server.url(), name="early")
        refused: list[bool] = []
        intact = client.info

        def not_yet(*sections: str) -> Any:
            if len(refused) < 3:
                refused.append(True)
                raise BusyLoadingError("Valkey is loading the dataset in memory")
            return intact(*sections)

        monkeypatch.setattr(client, "info", not_yet)
        refuse_unsafe(client, in_production=False)
        refused.clear()
        monkeypatch.setattr(demands, "PATIENCE_SECONDS", 0.0)
        with pytest.raises(StoreUnavailable):
            refuse_unsafe(client, in_production=False)
        client.close()
