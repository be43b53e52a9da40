"""Owns looks at single jobs in the index that need no script. It must never write there."""

from collections.abc import Sequence

from shared.jobs.connection import store_errors
from shared.jobs.entries import Entry, decode_entry
from shared.jobs.index_ids import from_index, to_index
from shared.jobs.scripts import Scripts


def entries_of(scripts: Scripts, ids: Sequence[str]) -> list[Entry | None]:
    """What the index has of these jobs, tombstones included, in their order. Raises StoreUnavailable."""
    return [decode_entry(kept) if kept is not None else None for kept in _read(scripts, "jobs", ids)]


def encoded_outcomes(scripts: Scripts, ids: Sequence[str]) -> list[bytes | None]:
    """The outcome records of these jobs that PostgreSQL may not have yet, in their order. Raises StoreUnavailable."""
    return _read(scripts, "outcomes", ids)


def unsettled_ids(scripts: Scripts, limit: int) -> list[str]:
    """The jobs with the oldest outcome records. Raises StoreUnavailable."""
    with store_errors():
        return [from_index(name) for name in scripts.client.zrange(scripts.keys.of("unsettled"), 0, limit - 1)]


def _read(scripts: Scripts, name: str, ids: Sequence[str]) -> list[bytes | None]:
    if not ids:
        return []
    with store_errors():
        return list(scripts.client.hmget(scripts.keys.of(name), [to_index(job_id) for job_id in ids]))
