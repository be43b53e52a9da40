"""Owns the same random walk through a queue whose jobs and groups have gates, and whose lower priorities age."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.runtime.jobs.scripts.index import Q
from tests.runtime.jobs.scripts.machine import IndexMachine
from tests.runtime.jobs.scripts.model import GATES


class GatedMachine(IndexMachine):
    """Everything that IndexMachine does, with gates that open and close."""

    def __init__(self) -> None:
        super().__init__()
        self.gate_versions = dict.fromkeys(GATES, -1)

    @initialize(started=st.sampled_from([0, 8, 9]), group_max=st.sampled_from([0, 1, 2]), is_ageing=st.booleans())
    def begin_gated(self, started: int, group_max: int, is_ageing: bool) -> None:
        self.index.client.hset(self.index.keys.of_queue(Q, "count"), "started", started)
        self.model.started = started
        self.set_ageing_and_groups(group_max, is_ageing)

    @rule(group_max=st.sampled_from([0, 0, 1, 2]), is_ageing=st.booleans())
    def set_ageing_and_groups(self, group_max: int, is_ageing: bool) -> None:
        self.model.group_max, self.model.is_ageing = group_max, is_ageing
        self.configure(self.model.is_paused, self.model.max_running, is_old=False)

    @rule(
        gate=st.sampled_from(GATES),
        is_shut=st.sampled_from([False, False, True]),
        limit=st.sampled_from([0, 1, 1, 2]),
        is_old=st.sampled_from([False, False, True]),
    )
    def set_gate(self, gate: str, is_shut: bool, limit: int, is_old: bool) -> None:
        version = self.gate_versions[gate] + (-1 if is_old else 1)
        is_applied = self.index.gate(gate, version=version, until_ms=-1 if is_shut else 0, max_running=limit)
        assert is_applied == (version >= self.gate_versions[gate])
        if is_applied:
            self.gate_versions[gate], self.model.limits[gate] = version, limit
            (self.model.shut.add if is_shut else self.model.shut.discard)(gate)
