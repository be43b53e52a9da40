"""What waits is bounded: how much one end settles at once, and how long rows are kept for those that ask."""

from datetime import timedelta

import pytest

from shared.jobs import Node, submit_flow
from shared.jobs.control.cancellations import cancel
from shared.jobs.ledger import edges
from shared.jobs.maintenance.dependencies import follow_once
from shared.jobs.maintenance.sweeper import sweep_once
from tests.runtime.jobs.sample import Bench, Play, play, play_aside

_HOUR = timedelta(hours=1)


def test_retention_keeps_what_a_live_job_or_flow_may_still_ask_for(bench: Bench) -> None:
    parent, alone = bench.submit(1), bench.submit(2)
    child = bench.submit(3, depends_on=[parent.id], scheduled_for=bench.jobs.from_now(_HOUR))
    flow = submit_flow(
        bench.jobs, "f", [Node(key="a", job=play, args=Play()), Node(key="b", job=play_aside, args=Play())]
    )
    bench.run()
    bench.settle()
    bench.sql("UPDATE job SET finished_at = finished_at - interval '40 days' WHERE finished_at IS NOT NULL")

    while sweep_once(bench.jobs):
        pass

    kept = {str(row[0]) for row in bench.sql("SELECT id FROM job")}
    assert kept == {parent.id, child.id, *(node.job_id for node in flow.nodes)}
    assert alone.id not in kept
    bench.run(queue="side")
    cancel(bench.jobs, child.id)
    bench.settle()
    bench.sql("UPDATE job SET finished_at = finished_at - interval '40 days' WHERE finished_at IS NOT NULL")
    bench.sql("UPDATE flow SET finished_at = finished_at - interval '40 days'")
    while sweep_once(bench.jobs):
        pass
    assert bench.sql("SELECT (SELECT count(*) FROM job), (SELECT count(*) FROM flow)") == [(0, 0)]


def test_a_long_chain_is_settled_in_bounded_steps(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "LEVELS_MAX", 3)
    chain = [bench.submit(0)]
    for number in range(8):
        chain.append(bench.submit(number, depends_on=[chain[-1].id]))

    cancel(bench.jobs, chain[0].id)
    assert bench.row(chain[3].id).state == "cancelled"
    assert bench.row(chain[4].id).state == "blocked"
    while follow_once(bench.jobs):
        pass

    assert {bench.row(job.id).state for job in chain} == {"cancelled"}


def test_very_many_that_wait_for_one_are_released_in_bounded_steps(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges, "EDGES_MAX", 4)
    parent = bench.submit(0)
    children = [bench.submit(number, depends_on=[parent.id]) for number in range(1, 12)]

    bench.run()
    bench.settle()
    assert sum(bench.row(job.id).state == "queued" for job in children) == 4
    while follow_once(bench.jobs):
        pass

    assert {bench.row(job.id).state for job in children} == {"queued"}
    assert len(bench.run()) == 11
