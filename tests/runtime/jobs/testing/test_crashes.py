"""Dying on purpose inside a test: the block ends at the point, and a point that is not reached fails the test."""

import re
from pathlib import Path

import pytest

from shared.errors import ConfigurationInvalid
from shared.jobs import crash_points
from shared.jobs.crash_points import POINTS
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.states import State
from shared.jobs.testing import crash_at, drain
from shared.settings import CrashSettings, load
from tests.runtime.jobs.sample import Bench

ROOT = Path(__file__).parents[4]


def test_a_process_that_dies_between_commit_and_push_leaves_a_job_for_the_relay(bench: Bench) -> None:
    with crash_at("submit.committed"):
        bench.submit(7)
    assert drain(bench.runtime).counts == {}

    bench.age()
    relay_once(bench.jobs)

    assert drain(bench.runtime).counts == {"completed": 1}


def test_a_process_that_dies_before_it_settles_leaves_the_lease(bench: Bench) -> None:
    bench.stage.act = lambda ctx, args: 1 // 0
    job = bench.submit(7)

    with crash_at("settle.decided") as crash:
        drain(bench.runtime)

    assert crash.is_reached
    assert bench.state(job.id) == "running"
    assert bench.row(job.id).state is not State.COMPLETED


def test_a_point_that_is_never_reached_fails_the_test(bench: Bench) -> None:
    with pytest.raises(AssertionError, match=r"relay\.locked was never reached"), crash_at("relay.locked"):
        bench.submit(7)


def test_no_point_stays_armed_whatever_happens_in_the_block() -> None:
    with pytest.raises(ZeroDivisionError), crash_at("relay.locked"):
        raise ZeroDivisionError

    assert crash_points.armed() is None


def test_a_point_may_be_named_by_its_number() -> None:
    with pytest.raises(AssertionError, match=next(iter(POINTS))), crash_at("1"):
        pass


@pytest.mark.parametrize("which", ["0", str(len(POINTS) + 1), "nowhere", "²"])
def test_a_point_that_is_not_there_is_refused_with_those_that_are(which: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=rf"CRASH_AT must be from 1 to {len(POINTS)} or one of submit"):
        crash_points.arm(which)


def test_production_refuses_to_be_killed() -> None:
    with pytest.raises(ConfigurationInvalid, match="CRASH_AT must not be set when MILLRACE_ENV is production"):
        load(CrashSettings, environ={"CRASH_AT": "1", "MILLRACE_ENV": "production"})

    assert load(CrashSettings, environ={"MILLRACE_ENV": "production"}).crash_at == ""
    assert load(CrashSettings, environ={"CRASH_AT": "1"}).crash_at == "1"


def test_every_point_of_the_table_stands_in_the_code_exactly_once() -> None:
    texts = [path.read_text(encoding="utf-8") for top in ("shared", "services") for path in (ROOT / top).rglob("*.py")]

    found = [name for text in texts for name in re.findall(r'\bcrash_point\("([^"]*)"\)', text)]

    assert sorted(found) == sorted(POINTS)
