"""Owns moving outcomes from the index into PostgreSQL. It must never remove an entry before its row is committed."""

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DataError

from shared.db import UnitOfWork
from shared.jobs.connection import BLOCK_SECONDS, store_errors
from shared.jobs.crash_points import crash_point
from shared.jobs.index_reads import encoded_outcomes, unsettled_ids
from shared.jobs.ledger import ledger
from shared.jobs.ledger.records import OutcomeRecord
from shared.jobs.states import State
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
BATCH = 500
_decoder = msgspec.json.Decoder(OutcomeRecord)


def settle_once(jobs: Jobs) -> bool:
    """Commit one batch of outcome records, then let their entries go; True when there may be more at once.

    After a small batch its loop pauses, so that outcomes which come one by one share a commit.

    One settler works at a time (an advisory lock); the others wait for its batch to end.
    """
    ids = unsettled_ids(jobs.scripts, BATCH)
    if not ids:
        with store_errors():
            jobs.scripts.client.blpop([jobs.scripts.keys.of("settle_wake")], timeout=BLOCK_SECONDS)
        return True
    raws = encoded_outcomes(jobs.scripts, ids)
    outcomes = [(job_id, _decoder.decode(raw)) for job_id, raw in zip(ids, raws, strict=True) if raw is not None]
    crash_point("settler.read")
    with jobs.database.unit_of_work() as work:
        is_ours = work.connection.execute(
            sa.text("SELECT pg_try_advisory_xact_lock(hashtext(:name))"), {"name": f"settle.{jobs.service}"}
        ).scalar()
        if not is_ours:
            return False
        if outcomes:
            live = _settle(work, outcomes)
            _note_final(outcomes, live)
            jobs.ended(work, [(job_id, State(record.state)) for job_id, record in outcomes if live.get(job_id)])
        crash_point("settler.applied")
    crash_point("settler.committed")
    jobs.scripts.settle([(job_id, record.generation, record.state) for job_id, record in outcomes])
    crash_point("settler.removed")
    return len(ids) >= BATCH // 2


def _settle(work: UnitOfWork, outcomes: list[tuple[str, OutcomeRecord]]) -> dict[str, bool]:
    """Write a batch; if one record is such that no row can hold it, the others must not wait for it."""
    try:
        with work.connection.begin_nested():
            return ledger.settle(work, outcomes)
    except DataError:
        live: dict[str, bool] = {}
        for job_id, record in outcomes:
            try:
                with work.connection.begin_nested():
                    live |= ledger.settle(work, [(job_id, record)])
            except DataError as error:
                log.error("outcome could not be stored as it was", job_id=job_id, error=str(error)[:300])
                live |= ledger.settle(work, [(job_id, _stripped(record))])
        return live


def _stripped(record: OutcomeRecord) -> OutcomeRecord:
    """What is left of an outcome without what the job wrote into it."""
    note = "what the job returned or raised could not be stored"
    return msgspec.structs.replace(
        record, error_type="Unstorable", error_message=note, error_traceback="", result=msgspec.Raw(b"null")
    )


def _note_final(outcomes: list[tuple[str, OutcomeRecord]], live: dict[str, bool]) -> None:
    for job_id, record in outcomes:
        if job_id not in live:
            log.info("outcome of a job that was final already", job_id=job_id, outcome=record.state)
