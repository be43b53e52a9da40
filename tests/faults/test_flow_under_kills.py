"""A large flow whose workers are killed again and again: every node ends once, as the oracle says."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.jobs import Policy
from shared.jobs.flows.graphs import After, Node
from shared.jobs.flows.opening import submit_flow
from shared.jobs.flows.verbs import get_flow
from shared.jobs.maintenance.dependencies import follow_once
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.testing import record
from tests.runtime.jobs.flow_oracle import Oracle, Plan
from tests.runtime.jobs.sample import Bench, Play
from tests.runtime.jobs.waiting import eventually

LONG = pytest.mark.skipif(os.environ.get("MILLRACE_TEST_LONG") != "1", reason="90 s; MILLRACE_TEST_LONG=1")

ROOT = Path(__file__).parents[2]
#: Notes of the labours, and how such a job ends.
NOTES = {"": "completed", "plain": "completed", "fails once": "completed", "dies": "dead"}


def graph(size: int) -> tuple[list[Plan], list[Node], list[str]]:
    """A graph whose end does not depend on who is first: what it is like, the request for it, its notes."""
    chance = random.Random(size)
    plans, nodes, notes = [], [], []
    for at in range(size):
        note = chance.choices(list(NOTES), [8, 8, 1, 1])[0]
        notes.append(note)
        parents = chance.sample(range(at), min(at, chance.randint(0, 3))) if at >= 10 else []
        policies = {parent: chance.choice(("fail_parent", "ignore", "ignore", "remove")) for parent in parents}
        plans.append(Plan(NOTES[note], policies))
        depends_on = [After(str(parent), Policy(policy)) for parent, policy in policies.items()]
        nodes.append(Node(key=str(at), job="play", args=Play(number=at, note=note), depends_on=depends_on))
    return plans, nodes, notes


def expected(plans: list[Plan]) -> list[str]:
    """How all of it ends when one after the other is run."""
    oracle = Oracle(plans)
    while "queued" in oracle.states:
        oracle.end([oracle.states.index("queued")])
    return oracle.states


@contextmanager
def mortal_worker(urls: tuple[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own; killed after the block."""
    command = ["nice", "-n", "19", sys.executable, "-m", "tests.faults.mortal_worker"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write("\n".join(urls) + "\n")
        process.stdin.flush()
        try:
            yield process
        finally:
            process.kill()


def final(bench: Bench, flow_id: str, *, is_late: bool = False) -> int:
    """Let the scheduler's loops turn; how many nodes have ended. `is_late`: the time of every retry has come."""
    if is_late:
        bench.make_due()
    record(bench.runtime)
    bench.age()
    relay_once(bench.jobs)
    reap_once(bench.jobs)
    follow_once(bench.jobs)
    return len(bench.sql("SELECT FROM flow_node JOIN job ON job.id = job_id WHERE finished_at IS NOT NULL"))


@pytest.mark.parametrize(("size", "kills"), [(60, 1), pytest.param(500, 6, marks=LONG)])
def test_every_node_of_a_flow_ends_once_though_its_workers_are_killed(
    size: int, kills: int, mortal: Bench, urls: tuple[str, str]
) -> None:
    plans, nodes, notes = graph(size)
    flow = submit_flow(mortal.jobs, "large", nodes, on_complete=Node(job="play", args=Play(number=size, note="plain")))

    for kill in range(1, kills + 1):
        with mortal_worker(urls) as process:
            reached = size * kill // (kills + 2)
            eventually(lambda: final(mortal, flow.id) >= reached, within=120)  # noqa: B023  # called before the next round
            process.kill()
        mortal.expire_leases()
    with mortal_worker(urls):
        eventually(lambda: final(mortal, flow.id, is_late=True) == size + 1, within=120)

    done = get_flow(mortal.jobs, flow.id)
    states = {each.key: str(each.state) for each in done.nodes}
    assert states.pop("on_complete()") == "completed"
    assert states == {str(at): state for at, state in enumerate(expected(plans))}
    assert done.live == 0
    assert set(Counter(mortal.sql("SELECT job_id FROM attempt WHERE outcome = 'completed'")).values()) == {1}
    wrote = [at for at, state in enumerate(expected(plans)) if state == "completed" and notes[at] != "plain"]
    assert mortal.effects() == wrote
