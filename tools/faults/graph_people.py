"""Owns the labours on graphs: flows, batches, and jobs that wait for jobs. A plan is noted before it is sent."""

import itertools
import random
from typing import Any

from shared.jobs import After, Dependency, Node, Policy, submit_flow
from shared.rpc import Peers
from tools.faults.assembly import NAME
from tools.faults.records import FLOW, FLOW_ACKED, WAIT, Records
from tools.faults.turns import Door, Turn

CALLBACKS = ("on_success", "on_complete", "on_death")
POLICIES = ("fail_parent", "ignore", "remove", "continue")
TRIES = 3


class GraphPeople:
    """They ask for graphs whose every end can be told from the ends of others."""

    def __init__(self, door: Door, records: Records, peers: Peers) -> None:
        self._door = door
        self._records = records
        self._peers = peers
        self._numbers = itertools.count()
        self.turns: tuple[Turn, ...] = (
            ("flow", self._flow, 2.0),
            ("batch", self._batch, 2.5),
            ("waiter", self._wait, 1.0),
        )

    def _flow(self, chance: random.Random, _: str) -> None:
        size = chance.randint(2, 9)
        nodes = {str(at): _node(chance, at) for at in range(size)}
        self._submit(nodes, chance.sample(CALLBACKS, chance.randint(0, 2)))

    def _batch(self, chance: random.Random, _: str) -> None:
        nodes = {str(at): _node(chance, 0) for at in range(chance.randint(1, 5))}
        self._submit(nodes, list(CALLBACKS))

    def _submit(self, nodes: dict[str, dict[str, Any]], callbacks: list[str]) -> None:
        name = f"graph-{next(self._numbers)}"
        self._records.note(FLOW, name=name, nodes=nodes, callbacks=callbacks)
        asked = [_asked(name, key, plan) for key, plan in nodes.items()]
        after = {each: Node(job="callback", args={"key": f"{name}/{each}"}) for each in callbacks}
        for _ in range(TRIES):
            try:
                made = submit_flow(
                    self._door.jobs,
                    name,
                    asked,
                    idempotency_key=name,
                    peers=self._peers,
                    **after,  # type: ignore[arg-type]  # three keywords of one kind
                )
            except Exception:  # noqa: BLE001, S112  # no answer: the same key means the same flow
                continue
            self._records.note(FLOW_ACKED, name=name, id=made.id)
            return

    def _wait(self, chance: random.Random, name: str) -> None:
        """A job that waits for some others, which may have ended when it comes."""
        parents: dict[str, str] = {}
        for _ in range(chance.randint(1, 3)):
            job = chance.choice(("node", "node", "node", "broken"))
            _, made = self._door.submit(name, job, {"run_ms": chance.choice((5, 300))})
            if made is not None:
                parents[made.id] = chance.choice(POLICIES)
        if parents:
            depends_on = [Dependency(job_id, Policy(policy)) for job_id, policy in parents.items()]
            number, _ = self._door.submit(name, "node", {"run_ms": 5}, depends_on=depends_on)
            self._records.note(WAIT, number=number, parents=parents)


def _node(chance: random.Random, at: int) -> dict[str, Any]:
    """What one node is like, as it is noted."""
    parents = chance.sample(range(at), min(at, chance.randint(0, 3)))
    has_ratio = len(parents) > 1 and chance.random() < 0.2
    policies = {str(parent): "ignore" if has_ratio else chance.choice(POLICIES) for parent in parents}
    return {
        "job": chance.choices(("node", "broken", "distant"), (8, 2, 2))[0],
        "parents": policies,
        "ratio": 0.5 if has_ratio else None,
        "run_ms": chance.choice((5, 5, 100, 600)),
        "fails": chance.choice((0, 0, 0, 1, 2)),
    }


def _asked(name: str, key: str, plan: dict[str, Any]) -> Node:
    fails = plan["fails"] if plan["job"] == "node" else 0
    return Node(
        key=key,
        service=NAME if plan["job"] == "distant" else "",
        job=plan["job"],
        args={"key": f"{name}/{key}", "run_ms": plan["run_ms"], "fails": fails},
        depends_on=[After(parent, Policy(policy)) for parent, policy in plan["parents"].items()],
        min_success_ratio=plan["ratio"],
    )
