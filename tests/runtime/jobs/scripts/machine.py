"""Owns the random walk through the scripts: each step is done to Redis and to the model, which must then agree."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.jobs.scripts import Held
from tests.runtime.jobs.scripts.index import Index, Q, View
from tests.runtime.jobs.scripts.model import FINAL, Model

IDS = st.sampled_from("abcdef")
WORKERS = st.sampled_from(["w1", "w2"])
REPORT = '{"done":1,"total":2,"note":""}'


class IndexMachine(RuleBasedStateMachine):
    """Subclassed by the test with an `index` to walk on."""

    index: Index
    calls = 0

    def __init__(self) -> None:
        super().__init__()
        self.index.client.flushdb()
        self.index.open()
        self.model = Model()
        self.version = 0
        self.helds: list[Held] = []
        self.requests: list[tuple[str, str, list[Held]]] = []
        self.generations: dict[str, int] = {}

    @rule(job_id=IDS, step=st.sampled_from([-1, 0, 1, 1]), priority=st.integers(1, 5),
          state=st.sampled_from(["queued", "queued", "queued", "scheduled", "retrying"]), is_durable=st.booleans())
    def enqueue(self, job_id: str, step: int, priority: int, state: str, is_durable: bool) -> None:
        present = self.model.entries.get(job_id)
        generation = max(1, present.generation + step) if present else 1
        expected = self.model.enqueue(job_id, generation, priority, state, is_durable=is_durable)
        waiting = {} if state == "queued" else {"due_ms": self.index.later(), "state": state}
        status = self.index.push(job_id, generation=generation, priority=priority, is_durable=is_durable, **waiting)
        assert status == expected

    @rule(job_id=IDS)
    def enqueue_too_late(self, job_id: str) -> None:
        assert self.index.push(job_id, generation=99, deadline_ms=1) == -1

    @rule(want=st.integers(1, 4), worker=WORKERS)
    def claim(self, want: int, worker: str) -> None:
        expected = self.model.startable(want)
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

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def repeat_a_claim(self, data: Any) -> None:
        request, worker, held = data.draw(st.sampled_from(self.requests))
        again = self.index.claim(4, request=request, worker=worker)
        assert [one.held for one in again.jobs] == [one for one in held if self.model.holds(one)]

    @precondition(lambda self: self.helds)
    @rule(data=st.data(), is_settled=st.booleans())
    def complete(self, data: Any, is_settled: bool) -> None:
        held = self._some_right(data)
        is_ours = self.model.holds(held)
        if is_ours:
            self.model.end(held.id, "completed", is_settled=is_settled)
        assert self.index.complete(held, is_settled=is_settled) == is_ours

    @precondition(lambda self: self.helds)
    @rule(data=st.data(), state=st.sampled_from(["dead", "cancelled"]))
    def bury(self, data: Any, state: str) -> None:
        held = self._some_right(data)
        is_ours = self.model.holds(held)
        if is_ours:
            self.model.end(held.id, state)
        assert self.index.bury(held, state=state) == is_ours

    @precondition(lambda self: self.helds)
    @rule(data=st.data(), way=st.sampled_from(["retrying", "scheduled", "queued"]))
    def give_back(self, data: Any, way: str) -> None:
        held = self._some_right(data)
        is_ours = self.model.holds(held)
        if is_ours:
            self.model.leave(held.id, way, counts=way == "retrying")
        if way == "queued":
            assert self.index.scripts.release(held) == is_ours
        else:
            assert self.index.retry(held, counts=way == "retrying") == is_ours

    @precondition(lambda self: self.helds)
    @rule(data=st.data())
    def beat(self, data: Any) -> None:
        held = self._some_right(data)
        is_ours = self.model.holds(held)
        is_doomed = is_ours and self.model.entries[held.id].is_doomed
        assert self.index.scripts.extend([held]) == [2 if is_doomed else int(is_ours)]
        assert self.index.scripts.progress(held, REPORT, done=1) == int(is_ours)

    @rule(ids=st.sets(IDS))
    def crash(self, ids: set[str]) -> None:
        crashed = [job_id for job_id in self.model.of("running") if job_id in ids]
        if crashed:
            self.index.expire(*crashed)
        for job_id in crashed:
            self.model.crash(job_id)
        after = [self.model.entries[job_id].state for job_id in crashed]
        assert self.index.scripts.reclaim(Q) == (after.count("queued"), after.count("dead"))

    @rule(job_id=IDS)
    def time_passes(self, job_id: str) -> None:
        if job_id in self.model.of("scheduled", "retrying"):
            self.model.entries[job_id].is_due = True
            self.index.make_due(job_id)

    @rule(job_id=IDS, step=st.sampled_from([-1, 0, 0, 1]), is_holder=st.booleans())
    def drop(self, job_id: str, step: int, is_holder: bool) -> None:
        entry = self.model.entries.get(job_id)
        generation, token = (entry.generation + step, entry.token if is_holder else "") if entry else (1, "")
        expected = self.model.drop(job_id, generation, token)
        assert self.index.scripts.drop(job_id, Q, generation=generation, token=token) == expected

    @rule(job_id=IDS, step=st.sampled_from([-1, 0, 0]), state=st.sampled_from(FINAL))
    def settle(self, job_id: str, step: int, state: str) -> None:
        entry = self.model.entries.get(job_id)
        generation = entry.generation + step if entry else 1
        expected = self.model.settle(job_id, generation, state)
        assert self.index.scripts.settle([(job_id, generation, state)]) == expected

    @rule(is_paused=st.sampled_from([False, False, True]), max_running=st.integers(0, 3), is_old=st.booleans())
    def configure(self, is_paused: bool, max_running: int, is_old: bool) -> None:
        version = self.version - 1 if is_old else self.version + 1
        is_applied = self.index.configure(version=version, is_paused=is_paused, max_running=max_running)
        assert is_applied == (version >= self.version or self.version == 0)
        if is_applied:
            self.version, self.model.is_paused, self.model.max_running = version, is_paused, max_running

    @rule()
    def server_forgets_the_scripts(self) -> None:
        self.index.client.script_flush()

    @invariant()
    def the_index_is_what_the_model_says(self) -> None:
        type(self).calls += 1
        seen, model = self.index.view(), self.model
        assert seen.states == {job_id: (entry.generation, entry.state) for job_id, entry in model.entries.items()}
        assert seen.ready == model.of("queued")
        assert sorted(seen.delayed) == sorted(model.of("scheduled", "retrying"))
        assert sorted(seen.running) == sorted(model.of("running"))
        assert sorted(seen.unsettled) == sorted(seen.outcomes) == sorted(model.of(*FINAL))
        assert sorted(seen.tombs) == sorted(model.of("tomb"))

    @invariant()
    def the_index_agrees_with_itself(self) -> None:
        seen = self.index.view()
        places = [*seen.ready, *seen.delayed, *seen.running, *seen.outcomes, *seen.tombs]
        assert sorted(places) == sorted(seen.states), "every id is in exactly one place"
        assert set(seen.bodies) == set(seen.states) - set(seen.tombs)
        assert seen.count.get("retrying", 0) == [state for _, state in seen.states.values()].count("retrying")
        self._tokens_are_one_to_one(seen)
        for job_id, (generation, _) in seen.states.items():
            assert generation >= self.generations.get(job_id, 0), "a generation went back"
        self.generations = {job_id: generation for job_id, (generation, _) in seen.states.items()}

    def _tokens_are_one_to_one(self, seen: View) -> None:
        tokens = {job_id: self.index.entry(job_id).token for job_id in seen.states}
        held = {job_id: token for job_id, token in tokens.items() if token}
        assert sorted(held) == sorted(seen.running), "a running job has a token and nobody else has"
        assert len(set(held.values())) == len(held)

    def _some_right(self, data: Any) -> Held:
        """Any lease ever handed out, current or long lost."""
        current = [held for held in self.helds if self.model.holds(held)]
        held: Held = data.draw(st.sampled_from(current or self.helds) | st.sampled_from(self.helds))
        return held


