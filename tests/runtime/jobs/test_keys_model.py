"""A random walk through keys and lines: each step is done to the real stores and to a model, which must then agree."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from shared.errors import AlreadyExists
from shared.jobs import (
    JobContext,
    Retry,
    Snooze,
    Unique,
    debounce,
    keep_latest,
    minutes,
    unique_for,
    until_done,
    until_start,
)
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.requeues import requeue
from shared.jobs.index_ids import to_index
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.maintenance.sequences import advance_once
from shared.jobs.scripts import CRASHES_MAX
from tests.runtime.jobs.keys_model import KeysModel, Known
from tests.runtime.jobs.sample import Bench, Play

QUIET = debounce(minutes(9), max_wait=minutes(9))
RULES: dict[str, Unique] = {
    one.mode: one for one in (until_start(), until_done(), unique_for(minutes(9)), QUIET, keep_latest())
}
#: One mode a key, as a declaration has it, and one key of two minds.
MODES = {"a": ["until_start"], "b": ["until_done"], "c": ["for"], "d": ["debounce"], "e": ["keep_latest"],
         "f": ["until_start", "until_done"]}  # fmt: skip

WAYS = ["complete", "complete", "fail", "snooze", "crash"]


class KeysMachine(RuleBasedStateMachine):
    """Subclassed by the test with a bench to walk on."""

    bench: Bench
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.bench.sql("DELETE FROM unique_lock")
        self.bench.sql("DELETE FROM job")
        self.bench.redis.flushall()
        reconcile_once(self.bench.jobs)
        self.model = KeysModel()
        self.number = 0

    @rule(data=st.data(), key=st.sampled_from([*"aabbcddeeef"]))
    def submit_unique(self, data: Any, key: str) -> None:
        mode = data.draw(st.sampled_from(MODES[key]))
        self._submit(key, mode, data.draw(st.sampled_from(["", "", "s"])) if mode != "keep_latest" else "")

    @rule(line=st.sampled_from("st"))
    def submit_in_line(self, line: str) -> None:
        self._submit("", "", line)

    def _submit(self, key: str, mode: str, line: str) -> None:
        self.number += 1
        keys = {"unique_key": key, "unique": RULES[mode]} if key else {}
        expected = self.model.submit(self.number, key, mode, line)
        got = self.bench.submit(self.number, sequence=line or None, **keys)
        assert got.already_existed == (expected is not None)
        if expected is None:
            self.model.add(Known(got.id, self.number, key, mode, line))
        else:
            assert got.id == expected.id
            assert got.args["number"] == expected.number

    @rule(data=st.data())
    def work(self, data: Any) -> None:
        ways: dict[str, str] = {}

        def act(ctx: JobContext, args: Play) -> None:
            job = next(one for one in self.model.jobs if one.id == ctx.id)
            assert args.number == job.number, "the newest arguments"
            if ways[ctx.id] == "fail":
                raise Retry(minutes(60))
            if ways[ctx.id] == "snooze":
                raise Snooze(minutes(60))

        self.bench.stage.act = act
        claimed = self.bench.claim()
        assert {one.held.id for one in claimed} == {job.id for job in self.model.at("ready")}
        for one in claimed:
            job = next(each for each in self.model.jobs if each.id == one.held.id)
            # Too many crashes bury a job: that way out has a test of its own.
            ways[job.id] = data.draw(st.sampled_from(WAYS if job.crashes < CRASHES_MAX - 2 else WAYS[:-1]))
            if ways[job.id] == "crash":
                job.crashes += 1
                continue
            before = len(self.bench.stage.runs)
            self.bench.attempt(one)
            assert len(self.bench.stage.runs) == before + 1
            self.model.ran(job, ways[job.id])
        self.bench.expire_leases()
        self.bench.jobs.scripts.reclaim("work")

    @precondition(lambda self: self.model.at("later"))
    @rule()
    def time_passes(self) -> None:
        for job in self.model.at("later"):
            job.place, job.is_early = "ready", True
            self.bench.redis.zadd(
                self.bench.jobs.scripts.keys.of_queue("work", "delayed"), {to_index(job.id): 1}, xx=True
            )

    @precondition(lambda self: self.model.at("quiet"))
    @rule()
    def it_is_quiet(self) -> None:
        self._write_history()  # which would tell rows of the time that is moved here
        self.bench.sql("UPDATE unique_lock SET due_at = clock_timestamp() WHERE due_at IS NOT NULL")
        for job in self.model.at("quiet"):
            job.place = "ready"
            self.bench.sql("UPDATE job SET scheduled_for = clock_timestamp() WHERE id = :id", id=job.id)
            self.bench.redis.zadd(
                self.bench.jobs.scripts.keys.of_queue("work", "delayed"), {to_index(job.id): 1}, xx=True
            )

    def _write_history(self) -> None:
        if self.bench.redis.exists(self.bench.jobs.scripts.keys.of("events")):
            self.bench.write_history()

    @rule()
    def a_time_to_live_runs_out(self) -> None:
        self.bench.sql("UPDATE unique_lock SET expires_at = clock_timestamp() WHERE expires_at IS NOT NULL")
        self.model.timed.clear()

    @rule()
    def lines_move(self) -> None:
        self.bench.settle()
        self.model.settle()
        advance_once(self.bench.jobs)
        self.model.advance()

    @precondition(lambda self: self.model.at("ready", "later", "line"))
    @rule(data=st.data())
    def somebody_cancels(self, data: Any) -> None:
        job = data.draw(st.sampled_from(self.model.at("ready", "later", "line", "quiet")))
        cancel(self.bench.jobs, job.id)
        job.place, job.is_settled = "over", True

    @precondition(lambda self: self.model.at("over"))
    @rule(data=st.data())
    def somebody_requeues(self, data: Any) -> None:
        self.bench.settle()
        self.model.settle()
        job = data.draw(st.sampled_from(self.model.at("over")))
        if self.model.requeue(job):
            requeue(self.bench.jobs, job.id)
        else:
            with pytest.raises(AlreadyExists):
                requeue(self.bench.jobs, job.id)

    @precondition(lambda self: self.model.jobs)
    @rule()
    def the_index_is_lost(self) -> None:
        self.bench.settle()
        self.model.settle()
        self._write_history()
        self.bench.redis.flushall()
        self.model.lose_the_index()
        reconcile_once(self.bench.jobs)

    @invariant()
    def rows_and_model_agree(self) -> None:
        type(self).steps += 1
        rows = {row[0]: row[1] for row in self.bench.sql("SELECT id::text, state FROM job")}
        assert set(rows) == {job.id for job in self.model.jobs}
        assert {job for job, state in rows.items() if state == "blocked"} == {job.id for job in self.model.at("line")}
        for line in {job.line for job in self.model.jobs if job.line}:
            assert sum(job.line == line for job in self.model.at("ready", "later", "quiet")) <= 1


def test_rows_and_model_agree_on_every_walk(bench: Bench) -> None:
    machine = type("BenchMachine", (KeysMachine,), {"bench": bench})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=14, stateful_step_count=25, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip

    assert vars(machine)["steps"] > 100
