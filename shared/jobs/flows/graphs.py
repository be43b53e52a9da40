"""Owns what a flow may look like: keys, dependencies, an order. It must never touch a store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.errors import InvalidArgument
from shared.jobs.definitions import Arguments, JobDefinition
from shared.jobs.dependencies import PARENTS_MAX, Policy, checked_policy, checked_ratio

NODES_MAX = 1_000
EDGES_MAX = 10_000
KEY_MAX = 100


@dataclass(frozen=True, slots=True)
class After:
    """A node that has to end first. Without a policy its own `on_failure` holds."""

    key: str
    policy: Policy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One job of a flow to be. `depends_on` names other nodes by their keys."""

    key: str = ""
    #: Another service that is to run it; empty for this one.
    service: str = ""
    job: JobDefinition[Any, Any] | str
    args: Arguments | dict[str, Any]
    queue: str | None = None
    priority: int | None = None
    scheduled_for: datetime | None = None
    depends_on: Sequence[After | str] = ()
    #: Share of `depends_on` that must end well; failures are ignored then unless they say otherwise.
    min_success_ratio: float | Decimal | None = None
    #: What its own failure means to those that wait for it, unless they say otherwise.
    on_failure: Policy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A node in its place. `parents` are the places of those that it waits for, with what their failure means."""

    key: str
    node: Node
    kind: str = "node"
    #: How a refusal names it: where it stood in the request.
    field: str
    parents: Sequence[tuple[int, Policy]] = ()
    min_success_ratio: Decimal | None = None
    is_sink: bool = False


def arrange(nodes: Sequence[Node]) -> list[Placed]:
    """The nodes in an order in which everything comes after what it waits for. Raises InvalidArgument."""
    if not 1 <= len(nodes) <= NODES_MAX:
        raise InvalidArgument(f"a flow has from 1 to {NODES_MAX:,} nodes, got {len(nodes):,}", field="nodes")
    by_key: dict[str, int] = {}
    for at, node in enumerate(nodes):
        checked_word(node.key, field=f"nodes[{at}].key")
        if by_key.setdefault(node.key, at) != at:
            raise InvalidArgument(f"nodes[{at}].key: there is a node {node.key!r} already", field=f"nodes[{at}].key")
    parents = [_parents_of(at, node, by_key, nodes) for at, node in enumerate(nodes)]
    if sum(map(len, parents)) > EDGES_MAX:
        raise InvalidArgument(f"a flow has at most {EDGES_MAX:,} dependencies", field="nodes")
    order = _ordered(nodes, parents)
    place = {at: position for position, at in enumerate(order)}
    awaited = {parent for found in parents for parent, _ in found}
    return [
        Placed(
            key=nodes[at].key,
            node=nodes[at],
            field=f"nodes[{at}].",
            parents=[(place[parent], policy) for parent, policy in parents[at]],
            min_success_ratio=checked_ratio(nodes[at].min_success_ratio, field=f"nodes[{at}].min_success_ratio"),
            is_sink=at not in awaited,
        )
        for at in order
    ]


def callback(kind: str, node: Node, waited_for: int) -> Placed:
    """A job that follows the first `waited_for` places, as `kind` says."""
    policy = {"on_success": Policy.CANCEL, "on_complete": Policy.IGNORE, "on_death": Policy.ON_DEATH}[kind]
    return Placed(
        key=f"{kind}()", node=node, kind=kind, field=f"{kind}.", parents=[(at, policy) for at in range(waited_for)]
    )


def checked_word(text: str, *, field: str) -> str:
    """A name as people give it. Raises InvalidArgument."""
    if not 1 <= len(text) <= KEY_MAX or not text.isprintable():
        raise InvalidArgument(f"{field} must be 1 to {KEY_MAX} printable characters", field=field)
    return text


def _parents_of(at: int, node: Node, by_key: dict[str, int], nodes: Sequence[Node]) -> list[tuple[int, Policy]]:
    field = f"nodes[{at}].depends_on"
    if len(node.depends_on) > PARENTS_MAX:
        raise InvalidArgument(f"{field}: at most {PARENTS_MAX:,}", field=field)
    default = Policy.FAIL_PARENT if node.min_success_ratio is None else Policy.IGNORE
    found: dict[int, Policy] = {}
    for each in node.depends_on:
        given = After(each) if isinstance(each, str) else each
        parent = by_key.get(given.key)
        if parent is None:
            raise InvalidArgument(f"{field}: there is no node {given.key[:KEY_MAX]!r}", field=field)
        if parent in found:
            raise InvalidArgument(f"{field} names {given.key!r} twice", field=field)
        found[parent] = checked_policy(given.policy or nodes[parent].on_failure or default, field=field)
    return list(found.items())


def _ordered(nodes: Sequence[Node], parents: Sequence[Sequence[tuple[int, Policy]]]) -> list[int]:
    """Kahn's order. Raises InvalidArgument naming a cycle."""
    children: list[list[int]] = [[] for _ in nodes]
    open_parents = [len(found) for found in parents]
    for at, found in enumerate(parents):
        for parent, _ in found:
            children[parent].append(at)
    order = [at for at, count in enumerate(open_parents) if count == 0]
    for at in order:  # grows while it is walked
        for child in children[at]:
            open_parents[child] -= 1
            if open_parents[child] == 0:
                order.append(child)
    if len(order) < len(nodes):
        left = {at for at, count in enumerate(open_parents) if count}
        cycle = " → ".join(nodes[at].key for at in _cycle(left, parents))
        raise InvalidArgument(f"the nodes wait for each other: {cycle[:500]}", field="nodes")
    return order


def _cycle(left: set[int], parents: Sequence[Sequence[tuple[int, Policy]]]) -> list[int]:
    """Some circle among nodes each of which waits for another of them, in the order they would run."""
    at, path = min(left), []
    while at not in path:
        path.append(at)
        at = next(parent for parent, _ in parents[at] if parent in left)
    return [at, *reversed(path[path.index(at) :])]
