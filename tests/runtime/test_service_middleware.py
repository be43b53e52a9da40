"""Dramatiq middleware that a service declares: told by the worker role of every attempt and of the worker's life."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dramatiq.middleware
import pytest

from services.market_data.app import SERVICE
from shared.bootstrap import ServiceRuntime
from shared.bootstrap.assembly import assemble_with
from shared.bootstrap.process import Process
from shared.bootstrap.worker import start
from shared.errors import ConfigurationInvalid
from shared.jobs import Middleware, SkipMessage, submit
from shared.jobs.live import get_job
from shared.jobs.states import State
from shared.settings import ProcessSettings, load
from tests.runtime.jobs.waiting import eventually


class Watcher(Middleware):
    """Notes what it is told."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.told: list[str] = []
        self.skips = False

    def after_process_boot(self, broker: Any) -> None:
        self.told.append("process booted")

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        self.told.append("worker boots")

    def after_worker_boot(self, broker: Any, worker: Any) -> None:
        self.told.append("worker booted")

    def before_process_message(self, broker: Any, message: Any) -> None:
        self.told.append(f"before {message.actor_name}")
        if self.skips:
            raise SkipMessage

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        self.told.append(f"after {type(exception).__name__}")

    def before_worker_shutdown(self, broker: Any, worker: Any) -> None:
        self.told.append("worker stops")
        raise dramatiq.middleware.MiddlewareError("no")

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        self.told.append("worker stopped")

    def before_enqueue(self, broker: Any, message: Any, delay: Any) -> None:
        self.told.append(f"before enqueue {delay}")

    def after_enqueue(self, broker: Any, message: Any, delay: Any) -> None:
        self.told.append(f"enqueued {len(message.message_id)}")


@pytest.fixture
def runtime(runtime_for: Callable[..., ServiceRuntime]) -> ServiceRuntime:
    """market-data with a watcher."""
    return runtime_for(replace(SERVICE, middleware=(Watcher,)))


def watcher_of(runtime: ServiceRuntime) -> Watcher:
    (watcher,) = runtime.broker.middleware
    assert isinstance(watcher, Watcher)
    return watcher


def test_the_worker_role_tells_what_a_service_has_declared(runtime: ServiceRuntime) -> None:
    watcher = watcher_of(runtime)
    process = Process("worker", load(ProcessSettings, environ={"MILLRACE_SERVICE_TOKEN": "t" * 32}))
    stop = start(process, [runtime])
    job = submit(runtime.jobs, "update-coin-price", {"coin_id": 7})
    eventually(lambda: "after Cancel" in watcher.told, within=20)

    stop()

    assert watcher.settings is runtime.settings
    assert job.name == "update-coin-price"
    assert watcher.told == [
        "process booted", "worker boots", "worker booted", "before update-coin-price", "after Cancel",
        "worker stops", "worker stopped",
    ]  # fmt: skip


def test_a_message_sent_through_an_actor_is_told_and_becomes_a_durable_job(runtime: ServiceRuntime) -> None:
    sent = runtime.broker.get_actor("update-coin-price").send_with_options(args=({"coin_id": 7},), delay=60_000)

    job = get_job(runtime.jobs, sent.message_id)

    assert job is not None
    assert (job.state, job.args["coin_id"]) == (State.SCHEDULED, 7)
    assert watcher_of(runtime).told == ["before enqueue 60000", "enqueued 36"]


def test_a_process_for_isolated_jobs_does_not_tell_again(runtime: ServiceRuntime) -> None:
    isolated = assemble_with(runtime.service, runtime.settings, process="isolated")

    assert isolated.broker.middleware == []
    isolated.database.close()
    isolated.jobs.scripts.client.close()


@pytest.mark.parametrize("name", ["Retries", "TimeLimit", "AgeLimit", "ShutdownNotifications", "Callbacks", "AsyncIO"])
def test_middleware_that_decides_what_the_runtime_does_is_refused_and_told_what_to_use(
    runtime: ServiceRuntime, name: str
) -> None:
    service = replace(runtime.service, middleware=(lambda _settings: getattr(dramatiq.middleware, name)(),))

    with pytest.raises(ConfigurationInvalid, match=f"middleware of market-data: {name} is not taken") as refused:
        assemble_with(service, runtime.settings, process="worker")

    assert refused.value.exit_code == 78
