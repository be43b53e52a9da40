"""Flows whose time is over: one that cannot be ended is nobody else's trouble."""

import pytest

from shared.errors import NotFound
from shared.jobs import hours
from shared.jobs.flows.graphs import Node
from shared.jobs.flows.opening import submit_flow
from shared.jobs.flows.verbs import BATCH, expire_once, get_flow
from tests.runtime.jobs.sample import Bench, Play


@pytest.mark.parametrize("count", [1, BATCH + 2])
def test_flows_that_cannot_be_ended_keep_none_behind_them_waiting(bench: Bench, count: int) -> None:
    only = [Node(key="only", job="play", args=Play())]
    broken = [submit_flow(bench.jobs, "broken", only, timeout=hours(1)).id for _ in range(count)]
    slow = submit_flow(bench.jobs, "slow", only, timeout=hours(1))
    bench.sql("UPDATE flow SET deadline = clock_timestamp() - interval '1 minute'")
    bench.sql("UPDATE flow SET deadline = clock_timestamp() - interval '1 second' WHERE id = :id", id=slow.id)
    bench.sql("DELETE FROM flow_node WHERE flow_id <> :id", id=slow.id)

    with pytest.raises(NotFound) as caught:
        expire_once(bench.jobs)

    assert any(each in str(caught.value) for each in broken)
    assert get_flow(bench.jobs, slow.id).state == "expired"
