"""A job that holds the interpreter's lock stops its process' heartbeat: the pacemaker keeps the leases meanwhile."""

import ctypes
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from shared.jobs import JobContext
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.index_ids import to_index
from shared.jobs.pacemaker import Pacemaker, keeper
from shared.jobs.pacemaker.process import Orders, Pulse, extend, keep
from shared.jobs.scripts import LEASE_MS, OVERTIME_MS
from shared.jobs.worker import ServiceWorker
from tests.runtime.jobs.sample import Bench, Play, location
from tests.runtime.jobs.waiting import eventually

NAME = "host:7"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is noticed after a fraction of a second."""
    monkeypatch.setattr(keeper, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(keeper, "AGAIN_SECONDS", 0.1)
    monkeypatch.setattr("shared.jobs.heartbeat.TICK_SECONDS", 0.05)


def made(bench: Bench, name: str = NAME) -> Pacemaker:
    pacemaker = Pacemaker(name)
    pacemaker.watch(bench.jobs.scripts, location(bench), sorted(bench.jobs.catalogue.queues))
    return pacemaker


@contextmanager
def at_work(bench: Bench) -> Iterator[Pacemaker]:
    """A worker whose heart has a pacemaker, that listens."""
    pacemaker = made(bench)
    slots = {queue.name: queue.slots for queue in bench.jobs.catalogue.queues.values()}
    worker = ServiceWorker(bench.jobs, bench.runtime.broker, bench.runtime.resources, name=NAME, slots=slots)
    heartbeat = Heartbeat([worker], pacemaker=pacemaker)
    heartbeat.start()
    worker.start()
    eventually(lambda: is_up(pacemaker))
    try:
        yield pacemaker
    finally:
        worker.stop(1)
        heartbeat.stop()


def is_up(pacemaker: Pacemaker) -> bool:
    """It has booted and waits for beats: psutil is loaded last but one, and then it reads."""
    if pacemaker.pid is None:
        return False
    its = psutil.Process(pacemaker.pid)
    return its.status() == psutil.STATUS_SLEEPING and any("hiredis" in each.path for each in its.memory_maps())


def expiry(bench: Bench, job_id: str) -> float:
    return float(bench.redis.zscore(bench.jobs.scripts.keys.of_queue("work", "running"), to_index(job_id)) or 0)


def hold_the_lock() -> None:
    """No other thread of this process runs until this has come back: a call that keeps the lock while it sleeps."""
    ctypes.PyDLL(None).sleep(3)


def test_a_job_that_keeps_its_process_from_beating_keeps_its_lease_and_so_do_its_neighbours(bench: Bench) -> None:
    seen: dict[int, tuple[float, float]] = {}
    begun, done = threading.Event(), threading.Event()

    def act(ctx: JobContext, args: Play) -> None:
        if args.number == 1:
            begun.set()
            done.wait(20)
            return
        begun.wait(20)
        before = [expiry(bench, job.id) for job in jobs]
        hold_the_lock()
        after = [expiry(bench, job.id) for job in jobs]
        seen.update(enumerate(zip(before, after, strict=True)))
        done.set()

    bench.stage.act = act
    with at_work(bench):
        jobs = [bench.submit(number) for number in (1, 2)]
        eventually(lambda: len(seen) == 2, within=20)
        eventually(lambda: [bench.state(job.id) for job in jobs] == ["completed"] * 2)

    assert all(after > before for before, after in seen.values())


def test_it_goes_with_its_worker_and_another_comes_when_it_has_gone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PAUSE_SECONDS", 0.0)
    pacemaker = made(bench)
    pacemaker.beat()
    first = pacemaker.pid
    assert first is not None
    psutil.Process(first).kill()
    eventually(lambda: pacemaker.pid is None)

    def beaten() -> int | None:
        pacemaker.beat()
        return pacemaker.pid

    second = eventually(lambda: (pid := beaten()) != first and pid)
    pacemaker.stop()

    assert not psutil.pid_exists(second)


def orders_of(bench: Bench, worker: str) -> Orders:
    (service,) = made(bench, worker)._services
    return Orders(worker, 1, LEASE_MS, OVERTIME_MS, 0.01, 0.01, [service])


def extended(bench: Bench, worker: str) -> int:
    (service,) = orders_of(bench, worker).services
    return extend(bench.redis, service, orders_of(bench, worker))


def test_only_leases_of_its_own_worker_are_extended(bench: Bench) -> None:
    bench.submit(1)
    (claimed,) = bench.claim()
    bench.expire_leases()

    assert extended(bench, "somebody-else") == 0
    assert extended(bench, "by-hand") == 1
    assert expiry(bench, claimed.held.id) > bench.jobs.scripts.time_ms()


class Body:
    """A process as psutil tells of it."""

    def __init__(self, status: str, *seconds: float) -> None:
        self._status, self._seconds = status, iter(seconds)

    def cpu_times(self) -> Any:
        return type("Times", (), {"user": next(self._seconds), "system": 0.5})()

    def status(self) -> str:
        return self._status


@pytest.mark.parametrize(
    ("status", "seconds", "felt"),
    [
        (psutil.STATUS_RUNNING, (1.0, 2.0, 2.0), [True, True, False]),
        (psutil.STATUS_SLEEPING, (1.0, 1.0), [True, False]),
        (psutil.STATUS_STOPPED, (1.0, 2.0), [False, False]),
        (psutil.STATUS_ZOMBIE, (1.0,), [False]),
    ],
)
def test_only_a_process_that_computes_is_taken_for_one_that_is_held_up(
    status: str, seconds: tuple[float, ...], felt: list[bool]
) -> None:
    pulse = Pulse(Body(status, *seconds), 0.0)

    assert [pulse.is_felt() for _ in seconds] == felt


@pytest.mark.parametrize(("is_computing", "stands_in"), [(True, True), (False, False)])
def test_a_worker_that_is_silent_and_at_rest_loses_its_leases(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, is_computing: bool, stands_in: bool
) -> None:
    looks: list[bool] = []
    stood_in = threading.Event()

    def is_felt(_pulse: Pulse) -> bool:
        looks.append(True)
        if len(looks) == 4:
            stood_in.set()
        return is_computing

    monkeypatch.setattr(Pulse, "is_felt", is_felt)
    bench.submit(1)
    (claimed,) = bench.claim()
    bench.expire_leases()
    ours, theirs = socket.socketpair()
    orders = Orders("by-hand", 1, LEASE_MS, OVERTIME_MS, 0.01, 0.01, list(orders_of(bench, "by-hand").services))
    listening = threading.Thread(target=keep, args=(orders, theirs))
    listening.start()

    stood_in.wait(10)
    ours.close()
    listening.join(10)

    assert (expiry(bench, claimed.held.id) > 1) == stands_in
