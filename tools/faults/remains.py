"""Owns what flows, remote nodes, walks and circuits left in PostgreSQL. It must never judge it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class FlowNode:
    """One node of a flow. Of a remote one this is the row that stands for it."""

    flow: str
    key: str
    kind: str
    job_id: str
    state: str
    is_remote: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """A circuit changed, by Redis' clock."""

    turn: int
    state: str
    opens_ms: int
    since_ms: int


@dataclass(frozen=True, slots=True)
class Remains:
    """What is there at quiet."""

    #: Name -> id and state.
    flows: tuple[tuple[str, str, str], ...] = ()
    nodes: tuple[FlowNode, ...] = ()
    #: (job, generation, part) of each committed part of a walk.
    parts: tuple[tuple[str, int, int], ...] = ()
    turns: tuple[Turn, ...] = ()
    #: Job -> until when it may begin or live, by PostgreSQL's clock.
    limits: dict[str, float] = field(default_factory=dict)


def read_remains(ask: Ask) -> Remains:
    """Read them in the caller's transaction."""
    nodes = (
        "SELECT flow.name, flow_node.key, flow_node.kind, flow_node.job_id::text, coalesce(job.state, 'gone'), "
        "coalesce(job.queue LIKE '@%', FALSE) FROM flow_node JOIN flow ON flow.id = flow_node.flow_id "
        "LEFT JOIN job ON job.id = flow_node.job_id ORDER BY flow.seq, flow_node.position"
    )
    limits = "SELECT job_id::text, (extract(epoch FROM max(until)) * 1000)::float8 FROM limit_set GROUP BY job_id"
    return Remains(
        flows=tuple((row[0], row[1], row[2]) for row in ask("SELECT name, id::text, state FROM flow ORDER BY seq")),
        nodes=tuple(FlowNode(*row) for row in ask(nodes)),
        parts=tuple((row[0], row[1], row[2]) for row in ask("SELECT job_id::text, generation, part FROM walk_effect")),
        turns=tuple(
            Turn(*row) for row in ask("SELECT turn, state, opens_ms, since_ms FROM circuit_turn ORDER BY turn")
        ),
        limits={row[0]: row[1] for row in ask(limits)},
    )
