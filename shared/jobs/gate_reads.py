"""Owns what people may see of the gates of jobs and groups: their settings, and who stands at them now.

It must never scan: a page is one ordered look, a count one look into the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.jobs.connection import store_errors
from shared.jobs.gate_settings import COLUMNS, Gate, GateSetting, declared_gate
from shared.jobs.submission import Jobs


@dataclass(frozen=True, slots=True)
class GateNow:
    """A gate's setting, and its jobs by the index. `running` is None while nothing of the queue counts them."""

    setting: GateSetting
    running: int | None
    #: Jobs that stand parked at it; those that no claim has looked at yet are not among them.
    parked: int


def gate_page(
    work: UnitOfWork, *, queue: str = "", kind: str = "", after: Sequence[str] | None, limit: int
) -> list[GateSetting]:
    """Gates that were ever set, by queue, kind and name; empty text means any."""
    last_queue, last_kind, last_name = after or ("", "", "")
    statement = f"""
    SELECT {COLUMNS} FROM gate_setting
    WHERE (queue, kind, name) > (:last_queue, :last_kind, :last_name)
      AND (:queue = '' OR queue = :queue) AND (:kind = '' OR kind = :kind)
    ORDER BY queue, kind, name LIMIT :limit
    """  # noqa: S608  # constant columns
    values = {
        "last_queue": last_queue, "last_kind": last_kind, "last_name": last_name,
        "queue": queue, "kind": kind, "limit": limit,
    }  # fmt: skip
    return [GateSetting(*row) for row in work.connection.execute(sa.text(statement), values)]


def read_gate(work: UnitOfWork, jobs: Jobs, gate: Gate) -> GateSetting:
    """One gate; what code says of it while nobody has set it. Raises UnknownQueue, UnknownJob or InvalidArgument."""
    by_code = declared_gate(jobs.catalogue, gate)
    statement = f"SELECT {COLUMNS} FROM gate_setting WHERE queue = :queue AND kind = :kind AND name = :name"  # noqa: S608  # constant columns
    values = {"queue": gate.queue, "kind": gate.kind, "name": gate.name}
    row = work.connection.execute(sa.text(statement), values).one_or_none()
    return GateSetting(*row) if row is not None else by_code


def look_at(jobs: Jobs, settings: Sequence[GateSetting]) -> list[GateNow]:
    """What goes on at these gates, in one round trip. Raises StoreUnavailable."""
    if not settings:
        return []
    keys = jobs.scripts.keys
    with store_errors():
        pipeline = jobs.scripts.client.pipeline(transaction=False)
        for setting in settings:
            gate = gate_key(setting.kind, setting.name)
            pipeline.hget(keys.of_queue(setting.queue, "conf"), "gated")
            pipeline.hget(keys.of_queue(setting.queue, "places"), gate)
            pipeline.zlexcount(keys.of_queue(setting.queue, "parked"), *parked_range(gate))
        answers = pipeline.execute()
    return [
        GateNow(setting, int(answers[3 * at + 1] or 0) if answers[3 * at] == b"1" else None, answers[3 * at + 2])
        for at, setting in enumerate(settings)
    ]


def gate_key(kind: str, name: str) -> str:
    """The gate's name in the index: j:name, g:group or l:limiter."""
    return f"{kind[0]}:{name}"


def parked_range(gate: str) -> tuple[bytes, bytes]:
    """Where the parked members of one gate stand, as lua/places.lua writes them."""
    return f"[{gate}\0".encode(), f"({gate}\1".encode()
