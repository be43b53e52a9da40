"""Whatever happens between two services, in any order: every flow ends, once, as its job there did."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import WrongState
from shared.jobs import JobContext, Jobs
from shared.jobs.exchange.delivery import deliver_once
from shared.jobs.flows.remote import follow_remote_once
from shared.jobs.flows.verbs import cancel_flow, get_flow
from shared.jobs.maintenance.reconciler import reconcile_once
from tests.runtime.jobs.pair import Pair, there
from tests.runtime.jobs.sample import Bench, Play
from tests.runtime.jobs.subjects import give_up

FLOWS, TURNS = 8, 40
#: Only its own side knows of a job that was never sent, or is made anew by nobody.
_ENDS = {"completed", "dead", "cancelled"}


def act(ctx: JobContext, args: Play) -> Any:
    return give_up(ctx, args) if args.note in ("1", "4") else args.note


def lose(pair: Pair) -> None:
    """They share a server, so both lose their index."""
    pair.away.redis.flushdb()
    for bench in (pair.home, pair.away):
        reconcile_once(bench.jobs)


def actions(pair: Pair, flows: list[str], chance: random.Random) -> list[Callable[[], object]]:
    def cancelled() -> None:
        try:
            cancel_flow(pair.home.jobs, chance.choice(flows))
        except WrongState:  # it has ended
            return

    def repeated(bench: Bench) -> None:
        bench.sql("UPDATE outbox SET state = 'waiting', next_at = now() WHERE state = 'sent' AND random() < 0.5")

    def sent(jobs: Jobs) -> Callable[[], object]:
        return lambda: deliver_once(jobs, pair.peers)

    often: list[Callable[[], object]] = [sent(pair.home.jobs), sent(pair.away.jobs), pair.away.run, pair.away.settle]
    return [
        *often,
        *often,
        lambda: repeated(pair.home),
        lambda: repeated(pair.away),
        lambda: lose(pair),
        lambda: pair.away.sql("DELETE FROM outbox WHERE kind = 'outcome' AND random() < 0.3"),
        cancelled,
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_flow_ends_as_its_job_there_did(pair: Pair, seed: int) -> None:
    chance = random.Random(seed)
    pair.away.stage.act = act
    flows = [pair.submit(there(str(number))).id for number in range(FLOWS)]
    pair.away.sql("SELECT setseed(0.5)")

    possible = actions(pair, flows, chance)
    for _ in range(TURNS):
        chance.choice(possible)()
    pair.turn()
    follow_remote_once(pair.home.jobs, pair.peers)
    pair.turn()

    for flow in (get_flow(pair.home.jobs, flow_id) for flow_id in flows):
        (node,) = flow.nodes
        assert (flow.live, str(node.state) in _ENDS, flow.finished_at is not None) == (0, True, True)
        theirs = pair.away.sql("SELECT state FROM job WHERE args ->> 'note' = :note", note=node.key)
        assert len(theirs) <= 1
        assert str(node.state) == "cancelled" or theirs == [(str(node.state),)]
    assert pair.home.sql("SELECT count(*) FROM remote_node WHERE NOT is_over") == [(0,)]
    assert {row[0] for row in pair.away.sql("SELECT state FROM job")} <= _ENDS
