"""Worker processes under one parent: replaced when they end, in turn when they ask, and none left at the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest
from structlog.testing import capture_logs

from services.market_data.app import SERVICE
from shared.bootstrap import ServiceRuntime
from shared.bootstrap import children as children_module
from shared.bootstrap.children import Children
from shared.jobs import Jobs, submit
from tests.runtime.jobs.waiting import eventually
from tools.stores.ports import free_port

ROOT = Path(__file__).parents[2]
HEAD = "import os, signal, socket, sys, time; line = socket.socket(fileno=int(sys.argv[1])); "
BEAT = (
    "line.settimeout(0.05)\nwhile True:\n  line.sendall(b'.')\n  try:\n    line.recv(1)\n  except TimeoutError: pass\n"
)
WELL = HEAD + "\n" + BEAT
STUBBORN = HEAD + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + BEAT
SILENT = HEAD + "line.sendall(b'.'); time.sleep(60)"
#: It holds the interpreter's lock in C code, by turns of a fraction of a second, and says nothing between.
HELD_UP = HEAD + "line.sendall(b'%ds.')\nwhile True: sum(range(3_000_000))"
ILL = HEAD + "\n" + BEAT.replace("b'.'", "b'-'").replace("while True", "line.sendall(b'600s.')\nwhile True")
WORN = HEAD + "line.sendall(b'.R')\n" + BEAT


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parent that looks often and waits little."""
    monkeypatch.setattr(children_module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(children_module, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(children_module, "LONGEST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(children_module, "MARGIN_SECONDS", 0.1)
    monkeypatch.setattr(children_module, "LEAST_LIFE_SECONDS", 0.1)


Family = Callable[..., Children]


@pytest.fixture
def family() -> Iterator[Family]:
    """Children that run these scripts, the n-th the n-th; ended after the test."""
    made: list[Children] = []

    def of(*scripts: str) -> Children:
        made.append(
            Children(
                lambda number, descriptor: [sys.executable, "-I", "-c", scripts[number], str(descriptor)],
                len(scripts),
                grace_seconds=0.1,
            )
        )
        return made[-1]

    yield of
    for children in made:
        children.ask_stop()
        turn_until(children, children.is_over)


def turn_until(children: Children, look: Callable[[], object], *, every: Callable[[], object] = lambda: None) -> None:
    def turn() -> object:
        children.step()
        every()
        return look()

    eventually(turn, within=15)


def pids(children: Children) -> list[int]:
    return [child.process.pid for child in children.children if child.process is not None]


def are_ready(children: Children) -> bool:
    return all(child.is_ready for child in children.children)


def test_a_killed_child_is_replaced_at_once_and_its_neighbour_is_not_touched(family: Family) -> None:
    children = family(WELL, WELL)
    turn_until(children, lambda: are_ready(children))
    killed, neighbour = pids(children)

    os.kill(killed, signal.SIGKILL)
    with capture_logs() as logged:
        turn_until(children, lambda: killed not in pids(children) and are_ready(children))

    assert pids(children)[1] == neighbour
    assert [(event["ended"], event["again_in"]) for event in logged if event["event"] == "worker ended"] == [
        ("SIGKILL", 0.0)
    ]


def test_a_child_that_crashes_at_once_again_and_again_waits_longer_and_longer(family: Family) -> None:
    children = family("raise SystemExit(1)")

    with capture_logs() as logged:
        turn_until(children, lambda: children.children[0].quick_ends >= 5)

    pauses = [event["again_in"] for event in logged if event["event"] == "worker ended"]
    assert pauses == [0.0, 0.01, 0.02, 0.04, 0.05]


def test_children_that_want_to_be_replaced_are_one_after_the_other(family: Family) -> None:
    children = family(WORN, WORN, WORN)
    turn_until(children, lambda: are_ready(children))
    first = set(pids(children))

    def nobody_is_missing_but_one() -> None:
        assert sum(child.is_ready for child in children.children) >= 2

    turn_until(children, lambda: not first & set(pids(children)), every=nobody_is_missing_but_one)


def test_a_child_that_says_nothing_is_killed_and_replaced(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children_module, "SILENT_SECONDS", 0.3)
    children = family(SILENT)
    turn_until(children, lambda: are_ready(children))
    (silent,) = pids(children)

    turn_until(children, lambda: pids(children) not in ([silent], []))


def test_a_silent_child_that_computes_is_left_alone_for_as_long_as_a_job_may_run(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children_module, "SILENT_SECONDS", 0.1)
    monkeypatch.setattr(children_module, "COMPUTING_SECONDS", 0.3)
    children = family(HELD_UP % 600, HELD_UP % 1)
    turn_until(children, lambda: are_ready(children))
    patient, spent = pids(children)

    turn_until(children, lambda: spent not in pids(children) and are_ready(children))

    assert pids(children)[0] == patient
    assert children.children[0].pulse is not None, "it was looked at, and found to compute"


def test_a_silent_child_at_rest_is_killed_whatever_its_jobs_may_take(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children_module, "SILENT_SECONDS", 0.1)
    monkeypatch.setattr(children_module, "COMPUTING_SECONDS", 0.2)
    children = family(SILENT.replace("b'.'", "b'600s.'"), HELD_UP % 600)
    turn_until(children, lambda: are_ready(children))
    resting, stopped = pids(children)
    os.kill(stopped, signal.SIGSTOP)

    turn_until(children, lambda: not {resting, stopped} & set(pids(children)))


def test_a_child_that_says_it_is_not_well_is_killed_though_it_computes(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children_module, "SILENT_SECONDS", 0.3)
    children = family(ILL)
    turn_until(children, lambda: are_ready(children))
    (ill,) = pids(children)

    turn_until(children, lambda: pids(children) not in ([ill], []))


def test_a_stop_ends_all_and_kills_who_outlives_the_grace(family: Family) -> None:
    children = family(WELL, STUBBORN)
    turn_until(children, lambda: are_ready(children))
    processes = [child.process for child in children.children if child.process is not None]

    children.ask_stop()
    turn_until(children, children.is_over)

    assert [process.returncode for process in processes] == [-signal.SIGTERM, -signal.SIGKILL]


def test_bad_settings_of_a_child_end_the_parent_with_78(family: Family) -> None:
    children = family("raise SystemExit(78)", WELL)

    turn_until(children, children.is_over)

    assert children._exit_code == 78


@pytest.fixture
def worker_environment(
    runtime_for: Callable[..., ServiceRuntime], monkeypatch: pytest.MonkeyPatch
) -> tuple[Jobs, dict[str, str]]:
    """A service on real stores, and what its worker finds in its environment."""
    runtime = runtime_for(SERVICE)
    environment = {
        "DATABASE_URL": runtime.settings.database_url,
        "REDIS_URL": runtime.settings.redis_url,
        "MILLRACE_SERVICE_TOKEN": "a-service-token-of-enough-characters",
        "HEALTH_PORT": str(free_port()),
        "LOG_FORMAT": "json",
        "PYTHONFAULTHANDLER": "1",
    }
    return runtime.jobs, environment


def children_of(parent: subprocess.Popen[bytes]) -> list[int]:
    return [process.pid for process in psutil.Process(parent.pid).children()]


def test_two_real_workers_survive_a_kill_and_a_stop_leaves_nobody(
    worker_environment: tuple[Jobs, dict[str, str]], tmp_path: Path
) -> None:
    _, environment = worker_environment
    log = tmp_path / "log"
    with log.open("wb") as stream:
        command = [sys.executable, "-m", "shared.bootstrap", "worker", "market_data", "--processes", "2"]
        parent = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=stream)
    try:
        eventually(lambda: log.read_text().count('"event":"ready"') == 2, within=30)
        first = children_of(parent)
        os.kill(first[0], signal.SIGKILL)
        eventually(lambda: len(children_of(parent)) == 2 and first[0] not in children_of(parent), within=3)
        eventually(lambda: log.read_text().count('"event":"ready"') == 3, within=30)
        family = children_of(parent)
        assert first[1] in family
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(60) == 0, log.read_text()
    finally:
        parent.kill()
        parent.wait()

    eventually(lambda: not any(psutil.pid_exists(pid) for pid in family))
    assert '"event":"worker killed"' not in log.read_text()


def test_a_worker_that_has_run_its_number_of_jobs_is_replaced_and_all_of_them_are_done(
    worker_environment: tuple[Jobs, dict[str, str]], tmp_path: Path
) -> None:
    jobs, environment = worker_environment
    log = tmp_path / "log"
    script = (
        "from shared.bootstrap import __main__ as main, children; children.LEAST_LIFE_SECONDS = 0\n"
        "raise SystemExit(main.main(['worker', 'market_data']))"
    )
    with log.open("wb") as stream:
        parent = subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, env={**environment, "WORKER_JOBS_LIMIT": "1"}, stderr=stream
        )
    try:
        eventually(lambda: '"event":"ready"' in log.read_text(), within=30)
        (first,) = children_of(parent)
        job = submit(jobs, "update-coin-price", {"coin_id": 1})  # there is no such coin
        eventually(lambda: children_of(parent) not in ([first], []), within=20)
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(60) == 0, log.read_text()
    finally:
        parent.kill()
        parent.wait()

    assert "WORKER_JOBS_LIMIT=1" in log.read_text()
    assert jobs.scripts.client.zcard(jobs.scripts.keys.of_queue("price-updates", "running")) == 0
    assert job.id in log.read_text()


def test_a_worker_above_its_resident_size_is_replaced(
    worker_environment: tuple[Jobs, dict[str, str]], tmp_path: Path
) -> None:
    _, environment = worker_environment
    log = tmp_path / "log"
    script = (
        "from shared.bootstrap import __main__ as main, children; children.LEAST_LIFE_SECONDS = 0\n"
        "raise SystemExit(main.main(['worker', 'market_data']))"
    )
    with log.open("wb") as stream:
        parent = subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, env={**environment, "WORKER_RSS_LIMIT_MB": "1"}, stderr=stream
        )
    try:
        eventually(lambda: log.read_text().count('"event":"worker started"') >= 2, within=40)
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(60) == 0, log.read_text()
    finally:
        parent.kill()
        parent.wait()

    assert "WORKER_RSS_LIMIT_MB=1: " in log.read_text()
    assert '"event":"worker killed"' not in log.read_text()
