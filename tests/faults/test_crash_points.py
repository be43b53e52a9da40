"""A process dies at every marked point of the runtime, and what was promised holds: I1, I2, I4, I6, I12, I13."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from shared.jobs.crash_points import POINTS
from tests.faults.invariants import check, heal, remains
from tests.faults.labours import BESIDE, LABOURS, REACHED_BY, submit_with_key
from tests.faults.nursery import Order, Report
from tests.runtime.jobs.sample import Bench

ROOT = Path(__file__).parents[2]
DEATHS = [(point, labour) for point, labours in REACHED_BY.items() for labour in labours]
Bear = Callable[[Order], Report]


@pytest.fixture(scope="module")
def bear() -> Iterator[Bear]:
    """Has a child born for an order, and waits for its death."""
    command = [sys.executable, "-m", "tests.faults.nursery"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as nursery:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        orders, reports = nursery.stdin, nursery.stdout

        def serve(order: Order) -> Report:
            orders.write(msgspec.json.encode(order) + b"\n")
            orders.flush()
            return msgspec.json.decode(reports.readline(), type=Report)

        yield serve
        orders.close()


def test_every_point_has_a_labour_that_reaches_it() -> None:
    assert sorted(REACHED_BY) == sorted(POINTS)
    assert {labour for _, labour in DEATHS} == set(LABOURS)


@pytest.mark.parametrize(("point", "labour"), DEATHS, ids=[f"{point}-{labour}" for point, labour in DEATHS])
def test_no_promise_is_broken_when_a_process_dies(
    point: str, labour: str, mortal: Bench, urls: tuple[str, str], bear: Bear
) -> None:
    acknowledged: list[str] = [job.id for job in LABOURS[labour].prepare(mortal)]

    report = bear(Order(labour, point, *urls))
    assert report.signal == signal.SIGKILL, f"{point} was never reached: {report}"
    before = remains(mortal)
    acknowledged += report.acknowledged
    if labour == "submit":
        _check_the_key(mortal, acknowledged)
    heal(mortal)

    check(mortal, before, acknowledged)
    if labour == "submit in a transaction":
        assert (mortal.effects().count(BESIDE) == 1) == bool(before.rows), "I12: a job without its transaction"
    if labour == "fire":
        assert mortal.sql("SELECT count(*) FROM schedule_tick UNION ALL SELECT count(*) FROM job") == [(1,), (1,)]


def _check_the_key(bench: Bench, acknowledged: list[str]) -> None:
    """I13: the caller, who may have had no answer, repeats the call with the same key."""
    known = list(remains(bench).rows)
    again = submit_with_key(bench.jobs)
    assert known in ([], [again.id]), "I13: the same key made another job"
    assert set(acknowledged) <= {again.id}, "I13: the same key was answered with another id"
    acknowledged.append(again.id)
    assert list(remains(bench).rows) == [again.id]
