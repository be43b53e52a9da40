"""Owns the agreement of PostgreSQL and index, both ways, and the rebuild after a loss.

It must never drop a live lease.
"""

import secrets

import sqlalchemy as sa
import structlog

from shared import metrics
from shared.db import UnitOfWork
from shared.errors import StoreUnavailable
from shared.jobs.connection import instance_of, store_errors
from shared.jobs.crash_points import crash_point
from shared.jobs.entries import decode_entry
from shared.jobs.index_ids import from_index
from shared.jobs.index_reads import entries_of
from shared.jobs.ledger import ledger, queries
from shared.jobs.messages import push_of
from shared.jobs.queue_settings import copy_settings
from shared.jobs.states import FINAL
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
PAGE = 1000
#: What a mark says when starts may be forgotten, and a sentinel when it is the last word of its data (close_index.lua).
_LOST = "lost:"
_CLOSED = "closed:"
_FOUND = sa.text("INSERT INTO redis_identity (is_only, identity) VALUES (TRUE, :identity) ON CONFLICT DO NOTHING")


class _Overtaken(Exception):
    """The index is not the one this rebuild has marked."""


def reconcile_once(jobs: Jobs) -> bool:
    """Compare everything both ways in pages, repair, and open the claims of an index that PostgreSQL did not know.

    Returns False: the next turn is due by time, or when somebody sees a new identity.
    Raises StoreUnavailable when the index was lost again while it was rebuilt; the next turn begins anew.
    """
    instance = instance_of(jobs.scripts.client)
    mark = "" if _is_known(instance, *_identities(jobs)) else _begin_rebuild(jobs, instance)
    if mark:
        crash_point("reconcile.marked")
    # Also when nothing was lost: whatever an index forgot of pauses and limits comes back within one turn.
    copy_settings(jobs, is_full=_LOST in mark)
    pushed = _push_missing(jobs)
    dropped = _drop_strangers(jobs)
    for kind, count in (("missing", pushed), ("stranger", dropped)):
        if count:
            metrics.RECONCILE_FIXED.labels(service=jobs.service, kind=kind).inc(count)
            log.warning("index repaired", service=jobs.service, kind=kind, jobs=count)
    crash_point("reconcile.compared")
    if mark:
        _adopt(jobs, instance, mark)
    return False


def identity_changed(jobs: Jobs) -> bool:
    """True when this Redis is not the reconciled one: restarted, failed over, flushed or never seen."""
    return not _is_known(instance_of(jobs.scripts.client), *_identities(jobs))


def _is_known(instance: str, known: str | None, sentinel: str | None) -> bool:
    return known is not None and known.startswith(f"{instance}:") and sentinel == known


def _identities(jobs: Jobs) -> tuple[str | None, str | None]:
    """What PostgreSQL knows, and what the index holds as its sentinel; None where there is none."""
    with jobs.database.unit_of_work() as work:
        known = work.connection.execute(sa.text("SELECT identity FROM redis_identity")).scalar()
    return known, _sentinel(jobs)


def _sentinel(jobs: Jobs) -> str | None:
    with store_errors():
        sentinel = jobs.scripts.client.get(jobs.scripts.keys.of("identity"))
    return sentinel.decode(errors="replace") if sentinel is not None else None


def _begin_rebuild(jobs: Jobs, instance: str) -> str:
    """Close claims with a mark that says whether starts may be forgotten; empty when another has just opened them.

    The row's lock only spares a rebuild beside one that is about to commit: the script alone decides what is kept.
    """
    with jobs.database.unit_of_work() as work:
        locked = sa.text("SELECT identity FROM redis_identity FOR UPDATE")
        known = work.connection.execute(locked).scalar()
        if known is None:
            _found(jobs, work)
            known = work.connection.execute(locked).scalar()
        if _is_known(instance, known, _sentinel(jobs)):
            return ""
        mark = jobs.scripts.mark_rebuild(_prefix(instance), secrets.token_hex(8), known=known or "")
    log.warning(
        "index is new to us; rebuilding before claims open", service=jobs.service, starts_forgotten=_LOST in mark
    )
    return mark


def _found(jobs: Jobs, work: UnitOfWork) -> None:
    """The first day: an empty index that nobody has claimed from begins as one that was closed, under a name for it.

    Only what the index itself says is written down: one that was flushed since another opened it is no first day.
    """
    with store_errors():
        name = f"{_CLOSED}first:{secrets.token_hex(8)}"
        jobs.scripts.client.set(jobs.scripts.keys.of("identity"), name, nx=True)
    sentinel = _sentinel(jobs) or ""
    if sentinel.startswith(_CLOSED):
        work.connection.execute(_FOUND, {"identity": sentinel.removeprefix(_CLOSED)})


def _prefix(instance: str) -> str:
    return f"rebuilding:{instance}:"


def _adopt(jobs: Jobs, instance: str, mark: str) -> None:
    """Store the identity in PostgreSQL and as the sentinel's value; from then on claims are open (rule 13)."""
    identity = f"{instance}:{secrets.token_hex(8)}"
    try:
        with jobs.database.unit_of_work() as work:
            work.connection.execute(
                sa.text(
                    "INSERT INTO redis_identity (is_only, identity) VALUES (TRUE, :identity) ON CONFLICT (is_only) "
                    "DO UPDATE SET identity = excluded.identity, reconciled_at = clock_timestamp()"
                ),
                {"identity": identity},
            )
            crash_point("reconcile.recorded")
            if not jobs.scripts.adopt(mark, identity):
                raise _Overtaken
            crash_point("reconcile.adopted")
    except _Overtaken as error:
        known, sentinel = _identities(jobs)
        if _is_known(instance, known, sentinel) or (sentinel or "").startswith(_prefix(instance)):
            return  # another reconciler was faster, or is at it
        raise StoreUnavailable("the index was lost again while it was rebuilt") from error
    log.info("index adopted", service=jobs.service)


def _push_missing(jobs: Jobs) -> int:
    after, pushed = 0, 0
    while True:
        with jobs.database.unit_of_work() as work:
            page = queries.live_page(work, after_seq=after, limit=PAGE)
            if not page:
                return pushed
            after = page[-1][0]
            missing = _absent(jobs, page)
            if missing:
                pushed += _push(jobs, work, missing)
        if len(page) < PAGE:
            return pushed


def _absent(jobs: Jobs, page: list[tuple[int, str, int]]) -> list[str]:
    entries = entries_of(jobs.scripts, [job_id for _, job_id, _ in page])
    return [
        job_id
        for (_, job_id, generation), entry in zip(page, entries, strict=True)
        if entry is None or entry.generation < generation
    ]


def _push(jobs: Jobs, work: UnitOfWork, ids: list[str]) -> int:
    """Push under the rows' locks after looking again (rule 5); rows somebody else holds are his."""
    rows = queries.lock_live(work, ids)
    if not rows:
        return 0
    statuses = jobs.scripts.enqueue([push_of(row, must_check=True) for row in rows], deadline_ms=0)
    crash_point("reconcile.pushed")
    ledger.stamp_pushed(work, [row.id for row, status in zip(rows, statuses, strict=True) if status >= 0])
    return sum(1 for status in statuses if status == 1)


def _drop_strangers(jobs: Jobs) -> int:
    """Drop entries whose row is final, newer or gone. durable=False entries have no row and stay (rule 9)."""
    cursor, dropped = 0, 0
    while True:
        with store_errors():
            cursor, page = jobs.scripts.client.hscan(jobs.scripts.keys.of("jobs"), cursor, count=PAGE)
        entries = {}
        for raw_id, raw in page.items():
            entry = decode_entry(raw)
            if not entry.is_tomb and entry.state not in FINAL and entry.durable:
                entries[from_index(raw_id)] = (entry.generation, entry.queue)
        dropped += _drop(jobs, entries)
        if cursor == 0:
            return dropped


def _drop(jobs: Jobs, entries: dict[str, tuple[int, str]]) -> int:
    if not entries:
        return 0
    with jobs.database.unit_of_work() as work:
        rows = queries.live_generations(work, list(entries))
    dropped = 0
    for job_id, (generation, queue) in entries.items():
        row = rows.get(job_id)
        if row is None or not row[1] or row[0] > generation:
            dropped += jobs.scripts.drop(job_id, queue, generation=generation) == 1
    return dropped
