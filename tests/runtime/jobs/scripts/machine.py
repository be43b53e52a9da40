"""Owns the random walk through the scripts: each step is done to Redis and to the model, which must then agree."""

import copy
import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.errors import StoreUnavailable
from shared.jobs.control_scripts import Gone, Move
from shared.jobs.scripts import Held, Push
from tests.runtime.jobs.scripts.index import Index, Q, View
from tests.runtime.jobs.scripts.model import FINAL, KINDS, Model, gates_of

IDS = st.sampled_from("abcde")
WORKERS = st.sampled_from(["w1", "w2"])
#: Job, step of its generation, priority, state, whether it is durable.
Wish = tuple[str, int, int, str, bool]
WISHES: st.SearchStrategy[Wish] = st.tuples(
    IDS,
    st.sampled_from([1, 1, 0, -1]),
    st.integers(1, 5),
    st.sampled_from(["queued", "queued", "queued", "scheduled", "retrying"]),
    st.sampled_from([True, True, False]),
)
WAYS = ["completed", "settled", "dead", "cancelled", "retrying", "scheduled", "queued", "beat"]
SIDE = "another-queue"
#: Longer than any walk takes.
LONG_MS = 86_400_000
REPORT = '{"done":1,"total":2,"note":""}'


class IndexMachine(RuleBasedStateMachine):
    """Subclassed by the test with an `index` to walk on."""

    index: Index
    compared = 0

    def __init__(self) -> None:
        super().__init__()
        self.index.client.flushdb()
        self.index.open()
        self.model = Model()
        self.version = -1
        self.helds: list[Held] = []
        self.requests: list[tuple[str, str, list[Held]]] = []
        self.generations: dict[str, int] = {}
        self.is_full = False

    def teardown(self) -> None:
        self._set_memory(is_full=False)

    def _set_memory(self, *, is_full: bool) -> None:
        if is_full != self.is_full:
            self.index.client.config_set("maxmemory", int(is_full))
            self.is_full = is_full

    @contextmanager
    def _room(self) -> Iterator[None]:
        """For what no script does: whatever stands for time needs memory as well."""
        was_full = self.is_full
        self._set_memory(is_full=False)
        yield
        self._set_memory(is_full=was_full)

    @initialize(wishes=st.lists(WISHES, min_size=2, max_size=5))
    def begin(self, wishes: list[Wish]) -> None:
        self.enqueue(wishes)

    @rule(wishes=st.lists(WISHES, min_size=1, max_size=4))
    def push(self, wishes: list[Wish]) -> None:
        self.enqueue(wishes)

    def enqueue(self, wishes: list[Wish]) -> None:
        pushes, expected = [], []
        model = copy.deepcopy(self.model)
        for job_id, step, priority, state, is_durable in wishes:
            present = self.model.entries.get(job_id)
            generation = max(1, present.generation + step) if present else 1
            expected.append(self.model.enqueue(job_id, generation, priority, state, is_durable=is_durable))
            due_ms = 0 if state == "queued" else self.index.later()
            name, group = KINDS[job_id]
            pushes.append(
                Push(job_id, generation, Q, name, priority, due_ms, 3, 60_000, "body", is_durable=is_durable,
                     state=state, group=group)
            )  # fmt: skip
        if self.is_full:
            self.model = model  # a full memory takes nothing, and says so
            with pytest.raises(StoreUnavailable):
                self.index.scripts.enqueue(pushes, deadline_ms=0)
        else:
            assert self.index.scripts.enqueue(pushes, deadline_ms=0) == expected

    @precondition(lambda self: self.model.of("queued", "scheduled", "retrying"))
    @rule(want=st.integers(1, 4), worker=WORKERS)
    def claim(self, want: int, worker: str) -> None:
        expected = self.model.startable(want, self._since)
        request = f"{worker}-{len(self.requests)}"
        claimed = self.index.claim(want, request=request, worker=worker).jobs
        assert [one.held.id for one in claimed] == expected
        for one in claimed:
            self.model.start(one.held.id, one.held.token)
            assert one.attempt == self.model.entries[one.held.id].attempts
            assert one.crashes == self.model.entries[one.held.id].crashes
        if claimed:
            held = [one.held for one in claimed]
            self.helds.extend(held)
            self.requests.append((request, worker, held))

    def _since(self, job_id: str) -> float:
        """Since when it waits; never, while its own time is still to come (make_due moves the place, not that time)."""
        entry = self.index.entry(job_id)
        since = max(entry.enqueued, entry.due)
        return since if since <= self.index.scripts.time_ms() else math.inf

    @precondition(lambda self: self.helds)
    @rule(data=st.data(), way=st.sampled_from(WAYS))
    def write_with_a_token(self, data: Any, way: str) -> None:
        """One write under any lease ever handed out, current or long lost."""
        current = [held for held in self.helds if self.model.holds(held)]
        held = data.draw(st.sampled_from(current or self.helds) | st.sampled_from(self.helds))
        is_ours = self.model.holds(held)
        if way == "beat":
            self._beat(held, is_ours=is_ours)
        elif way in ("completed", "settled"):
            if is_ours:
                self.model.end(held.id, "completed", is_settled=way == "settled")
            assert self.index.complete(held, is_settled=way == "settled") == is_ours
        elif way in ("dead", "cancelled"):
            if is_ours:
                self.model.end(held.id, way)
            assert self.index.bury(held, state=way) == is_ours
        else:
            if is_ours:
                self.model.leave(held.id, way, counts=way == "retrying")
            assert self._give_back(held, way) == is_ours

    def _give_back(self, held: Held, way: str) -> bool:
        if way == "queued":
            return self.index.scripts.release(held)
        return self.index.retry(held, counts=way == "retrying")

    def _beat(self, held: Held, *, is_ours: bool) -> None:
        is_doomed = is_ours and self.model.entries[held.id].is_doomed
        assert self.index.scripts.extend([held]) == [2 if is_doomed else int(is_ours)]
        if not self.is_full:
            assert self.index.scripts.progress(held, REPORT, done=1) == int(is_ours)

    @rule(data=st.data())
    def disturb(self, data: Any) -> None:
        """Something happens that no worker asked for."""
        running, waiting = self.model.of("running"), self.model.of("scheduled", "retrying")
        possible: dict[Callable[[Any, Any], None], list[Any]] = {
            self._crash: running, self._time_passes: waiting, self._drop: running or sorted(self.model.entries),
            self._settle: self.model.of(*FINAL) or sorted(self.model.entries), self._repeat_a_claim: self.requests,
            self._push_too_late: ["a", "b"], self._server_forgets_the_scripts: [""],
            self._memory_is_full_or_free_again: [""], self._clock_jumps: [""] if running else [],
        }  # fmt: skip
        if data.draw(st.integers(0, 3)) == 0:
            everyone = sorted(self.model.entries)
            possible = {
                self._cancel: running or [*everyone, *"abcde"], self._drain: ["ready", "delayed"],
                self._change: self.model.of("queued", "scheduled", "retrying") or everyone,
            }  # fmt: skip
        happens = data.draw(st.sampled_from([one for one, targets in possible.items() if targets]))
        happens(data, data.draw(st.sampled_from(possible[happens])))

    def _clock_jumps(self, data: Any, _: str) -> None:
        """Every lease is over at once; who beats before the reaper comes by keeps his."""
        running = self.model.of("running")
        with self._room():
            self.index.expire(*running)
        beating = [held for held in self.helds if self.model.holds(held) and data.draw(st.booleans())]
        if beating:
            assert set(self.index.scripts.extend(beating)) <= {1, 2}
        for job_id in set(running) - {held.id for held in beating}:
            self.model.crash(job_id)
        after = [self.model.entries[job_id].state for job_id in running]
        assert self.index.scripts.reclaim(Q) == (after.count("queued"), after.count("dead"))

    def _memory_is_full_or_free_again(self, _: Any, __: str) -> None:
        self._set_memory(is_full=not self.is_full)

    def _crash(self, _: Any, job_id: str) -> None:
        with self._room():
            self.index.expire(job_id)
        self.model.crash(job_id)
        after = self.model.entries[job_id].state
        assert self.index.scripts.reclaim(Q) == (int(after == "queued"), int(after == "dead"))

    def _time_passes(self, _: Any, job_id: str) -> None:
        self.model.entries[job_id].is_due = True
        with self._room():
            self.index.make_due(job_id)

    def _drop(self, data: Any, job_id: str) -> None:
        entry = self.model.entries[job_id]
        generation = entry.generation + data.draw(st.sampled_from([0, 0, 0, -1, 1]))
        token = data.draw(st.sampled_from(["", "", entry.token]))
        expected = self.model.drop(job_id, generation, token)
        assert self.index.scripts.drop(job_id, Q, generation=generation, token=token) == expected

    def _cancel(self, data: Any, job_id: str) -> None:
        entry = self.model.entries.get(job_id)
        generation = data.draw(st.sampled_from([0, 0, 0, -1, 1])) + entry.generation if entry else 1
        told = self.index.control.unwanted()
        expected = self.model.cancel(job_id, generation)
        assert self.index.control.cancel([Gone(job_id, generation)], queues=[Q, SIDE]) == [expected]
        assert self.index.control.unwanted() == told + (expected == 2)

    def _change(self, data: Any, job_id: str) -> None:
        generation = self.model.entries[job_id].generation + data.draw(st.sampled_from([0, 0, 0, -1, 1]))
        priority, due = data.draw(st.integers(0, 5)), data.draw(st.sampled_from(["keep", "keep", "now", "later"]))
        due_ms = {"keep": -1, "now": 0, "later": self.index.later()}[due]
        expected = self.model.change(job_id, generation, priority=priority, due=due)
        move = Move(priority=priority, due_ms=due_ms)
        assert self.index.control.change(job_id, generation, move, queues=[SIDE, Q]) == expected

    def _drain(self, _: Any, place: str) -> None:
        states = ["queued"] if place == "ready" else ["scheduled", "retrying"]
        # What a gate has parked waits like the ready.
        places = ["ready", "parked"] if place == "ready" else [place]
        found, gone = (
            sum(self.index.control.drain(Q, place=each, states=states, start=0, is_dry=is_dry)[0] for each in places)
            for is_dry in (True, False)
        )
        assert found == gone == self.model.drain(*states)

    def _settle(self, data: Any, job_id: str) -> None:
        entry = self.model.entries[job_id]
        generation = entry.generation + data.draw(st.sampled_from([0, 0, -1]))
        state = data.draw(st.sampled_from([entry.state if entry.state in FINAL else "dead", *FINAL]))
        expected = self.model.settle(job_id, generation, state)
        assert self.index.scripts.settle([(job_id, generation, state)]) == expected

    def _repeat_a_claim(self, _: Any, asked: tuple[str, str, list[Held]]) -> None:
        request, worker, held = asked
        again = self.index.claim(4, request=request, worker=worker)
        assert [one.held for one in again.jobs] == [one for one in held if self.model.holds(one)]

    def _push_too_late(self, _: Any, job_id: str) -> None:
        with self._room():
            assert self.index.push(job_id, generation=99, deadline_ms=1) == -1

    def _server_forgets_the_scripts(self, _: Any, __: str) -> None:
        with self._room():  # a server loads no function without memory
            self.index.client.function_flush()
            self.index.scripts.reclaim(Q)

    @rule(
        is_paused=st.sampled_from([False, False, False, True]),
        max_running=st.sampled_from([0, 1, 2]),
        is_old=st.sampled_from([False, False, True]),
    )
    def configure(self, is_paused: bool, max_running: int, is_old: bool) -> None:
        version = self.version - 1 if is_old else self.version + 1
        is_applied = self.index.configure(
            version=version, is_paused=is_paused, max_running=max_running, group_max=self.model.group_max,
            age_ms=0 if self.model.is_ageing else LONG_MS,
        )  # fmt: skip
        assert is_applied == (version >= self.version)
        if is_applied:
            self.version, self.model.is_paused, self.model.max_running = version, is_paused, max_running

    @invariant()
    def redis_and_model_agree(self) -> None:
        type(self).compared += 1
        seen, model = self.index.view(), self.model
        assert seen.states == {job_id: (entry.generation, entry.state) for job_id, entry in model.entries.items()}
        assert seen.ready == [job_id for job_id in model.of("queued") if job_id not in seen.parked]
        assert set(seen.parked) <= set(model.of("queued"))
        if self.index.client.hget(self.index.keys.of_queue(Q, "conf"), "gated") == b"1":
            assert seen.places == Counter(gate for job_id in model.of("running") for gate in gates_of(job_id))
        else:
            assert (seen.places, seen.parked) == ({}, [])
        assert sorted(seen.delayed) == sorted(model.of("scheduled", "retrying"))
        assert sorted(seen.running) == sorted(model.of("running"))
        assert sorted(seen.unsettled) == sorted(seen.outcomes) == sorted(model.of(*FINAL))
        assert sorted(seen.tombs) == sorted(model.of("tomb"))
        self._agrees_with_itself(seen)

    def _agrees_with_itself(self, seen: View) -> None:
        places = [*seen.ready, *seen.parked, *seen.delayed, *seen.running, *seen.outcomes, *seen.tombs]
        assert sorted(places) == sorted(seen.states), "every id is in exactly one place"
        done = {job_id for job_id, (_, state) in seen.states.items() if state == "completed"}
        assert set(seen.bodies) == set(seen.states) - set(seen.tombs) - done, "a body until the job is done"
        assert seen.count.get("retrying", 0) == [state for _, state in seen.states.values()].count("retrying")
        assert sorted(seen.tokens) == sorted(seen.running), "a running job has a token and nobody else has"
        assert len(set(seen.tokens.values())) == len(seen.tokens), "one token is one attempt"
        generations = {job_id: generation for job_id, (generation, _) in seen.states.items()}
        assert all(generation >= self.generations.get(job_id, 0) for job_id, generation in generations.items())
        self.generations = generations
