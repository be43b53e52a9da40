"""Pushes of a producer in a hurry travel together; nobody else waits, and none is lost on the way."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shared.jobs import linger as linger_module
from shared.jobs import submit
from shared.jobs.linger import LINGER_MAX, Linger
from shared.jobs.scripts import Push
from tests.runtime.jobs.sample import Bench, Play, play
from tests.runtime.jobs.waiting import eventually

ROOT = Path(__file__).parents[3]
COUNT = 100


class Road:
    """What a Linger sent."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.deadlines: list[int] = []
        self.open = threading.Event()
        self.open.set()

    def send(self, pushes: list[Push], deadline_ms: int) -> None:
        self.open.wait(10)
        self.batches.append([push.id for push in pushes])
        self.deadlines.append(deadline_ms)

    def sent(self) -> list[str]:
        return [each for batch in self.batches for each in batch]


def push(number: int) -> Push:
    return Push(str(number), 1, "work", "play", 3, 0, 3, 1_000, "{}")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever pushes is in a hurry, however slow the machine is."""
    monkeypatch.setattr(linger_module, "HURRY_SECONDS", 3_600)


def ready(bench: Bench) -> int:
    scripts = bench.jobs.scripts
    return int(scripts.client.zcard(scripts.keys.of_queue("work", "ready")))


def calls(bench: Bench) -> int:
    return int(bench.jobs.scripts.client.info("commandstats")["cmdstat_fcall"]["calls"])


@pytest.mark.usefixtures("hurried")
def test_jobs_submitted_in_a_hurry_travel_together_in_their_order(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linger_module, "LINGER_SECONDS", 0.2)  # as many as that come on a slow machine as well
    bench.submit(0)
    bench.jobs.settle()
    before = calls(bench)

    for number in range(1, COUNT):
        bench.submit(number)
    bench.jobs.settle()

    assert (ready(bench), calls(bench) - before < COUNT / 2) == (COUNT, True)
    bench.run()
    assert bench.stage.numbers == list(range(COUNT))


@pytest.mark.usefixtures("hurried")
def test_nobody_has_to_ask_for_them_to_go(bench: Bench) -> None:
    for number in range(COUNT):
        bench.submit(number)

    eventually(lambda: ready(bench) == COUNT)


def test_who_submits_now_and_then_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linger_module, "HURRY_SECONDS", 0)
    linger = Linger(Road().send)

    assert [linger.takes(push(number), 1) for number in range(20)] == [False] * 20


@pytest.mark.usefixtures("hurried")
def test_what_a_program_submitted_before_it_ended_is_in_the_index(bench: Bench, empty_url: str, redis_url: str) -> None:
    command = [sys.executable, "-m", "tests.runtime.jobs.hurried_producer", empty_url, redis_url, str(COUNT)]
    subprocess.run(command, cwd=ROOT, timeout=60, check=True)

    eventually(lambda: ready(bench) == COUNT)  # nobody relays here


@pytest.mark.usefixtures("hurried")
def test_what_redis_does_not_take_is_left_to_the_relay(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    woken = threading.Event()
    monkeypatch.setattr(bench.jobs.database, "notify", lambda _channel: woken.set())
    bench.submit(0)
    bench.jobs.settle()

    bench.redis.config_set("maxmemory", "1")
    try:
        for number in range(1, 20):
            bench.submit(number)
        bench.jobs.settle()
    finally:
        bench.redis.config_set("maxmemory", "0")

    assert woken.is_set()
    assert bench.sql("SELECT count(*) FROM job WHERE pushed_at IS NULL")[0][0] == 20


@pytest.mark.usefixtures("hurried")
def test_they_are_good_only_as_long_as_the_first_to_run_out() -> None:
    road = Road()
    road.open.clear()
    linger = Linger(road.send)
    assert not linger.takes(push(0), 999)

    for number, deadline_ms in enumerate((30, 10, 20), 1):
        assert linger.takes(push(number), deadline_ms)
    road.open.set()
    linger.flush()
    eventually(lambda: len(road.sent()) == 3)

    assert min(road.deadlines) == 10
    assert 999 not in road.deadlines


@pytest.mark.usefixtures("hurried")
def test_as_many_as_may_wait_are_sent_by_who_brings_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linger_module, "LINGER_SECONDS", 3_600)
    road = Road()
    linger = Linger(road.send)
    linger.takes(push(0), 1)

    for number in range(1, LINGER_MAX + 1):
        linger.takes(push(number), 1)

    assert road.batches == [[str(number) for number in range(1, LINGER_MAX + 1)]]


@pytest.mark.usefixtures("hurried")
def test_its_thread_goes_when_nobody_is_in_a_hurry_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linger_module, "_IDLE_SECONDS", 0.01)
    road = Road()
    linger = Linger(road.send)
    linger.takes(push(0), 1)

    for number in range(1, 4):
        linger.takes(push(number), 1)
        eventually(lambda: linger._thread is None)

    assert road.sent() == ["1", "2", "3"]


@pytest.mark.usefixtures("hurried")
def test_a_thread_that_a_fork_left_behind_is_replaced() -> None:
    road = Road()
    linger = Linger(road.send)
    linger.takes(push(0), 1)
    linger._thread = threading.Thread(target=int)
    linger._thread.start()
    linger._thread.join()

    linger.takes(push(1), 1)

    eventually(lambda: road.sent() == ["1"])


@pytest.mark.usefixtures("hurried")
def test_a_push_that_cannot_be_sent_does_not_end_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    def send(pushes: list[Push], _deadline_ms: int) -> None:
        if pushes[0].id == "1":
            raise RuntimeError("nobody foresaw this")
        sent.extend(each.id for each in pushes)

    linger = Linger(send)
    linger.takes(push(0), 1)
    linger.takes(push(1), 1)
    eventually(lambda: not linger._waiting)
    linger.takes(push(2), 1)

    eventually(lambda: sent == ["2"])


@pytest.mark.usefixtures("hurried")
def test_many_threads_in_a_hurry_lose_nothing(bench: Bench) -> None:
    def produce(thread: int) -> None:
        for number in range(50):
            submit(bench.jobs, play, Play(number=thread * 50 + number))

    threads = [threading.Thread(target=produce, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    eventually(lambda: ready(bench) == 300)
