"""Owns the rows of idempotency keys: which job answers a repeated submission. It must never commit."""

import hashlib

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import AlreadyExists
from shared.jobs.ledger.records import JobId, Submission

_TAKE_KEY = sa.text("""
INSERT INTO idempotency_key (name, key, job_id, args_sha256) VALUES (:name, :key, :job_id, :args_sha256)
ON CONFLICT (name, key) DO UPDATE SET job_id = excluded.job_id, args_sha256 = excluded.args_sha256,
                                      created_at = clock_timestamp()
WHERE idempotency_key.created_at < clock_timestamp() - interval '24 hours'
""")


def take_key(work: UnitOfWork, submission: Submission) -> JobId | None:
    """Claim the submission's idempotency key; None when it is ours now, else the id of the job that has it.

    Raises AlreadyExists when the key was used with other arguments.
    """
    digest = hashlib.sha256(submission.args_json.encode()).hexdigest()
    values = {"name": submission.name, "key": submission.idempotency_key, "job_id": submission.id}
    taken = work.connection.execute(_TAKE_KEY, {**values, "args_sha256": digest})
    if taken.rowcount:
        return None
    known = work.connection.execute(
        sa.text("SELECT job_id::text, args_sha256 FROM idempotency_key WHERE name = :name AND key = :key"), values
    ).one()
    if known.args_sha256 != digest:
        raise AlreadyExists(
            f"idempotency key {submission.idempotency_key!r} was used for job {known.job_id} with other arguments"
        )
    return JobId(known.job_id)


def pass_key(work: UnitOfWork, submission: Submission, holder: JobId) -> None:
    """Hand a key whose job is gone to this submission. Raises AlreadyExists when another was faster."""
    passed = work.connection.execute(
        sa.text(
            "UPDATE idempotency_key SET job_id = :job_id, created_at = clock_timestamp() "
            "WHERE name = :name AND key = :key AND job_id = :holder"
        ),
        {"job_id": submission.id, "name": submission.name, "key": submission.idempotency_key, "holder": holder},
    )
    if passed.rowcount == 0:
        raise AlreadyExists(f"idempotency key {submission.idempotency_key!r} is being used; repeat the call")


def answer_key(work: UnitOfWork, submission: Submission, job_id: JobId) -> None:
    """This submission's idempotency key is answered with a job that was there already, which is kept as long."""
    values = {"name": submission.name, "key": submission.idempotency_key, "mine": submission.id, "job_id": job_id}
    work.connection.execute(
        sa.text("UPDATE idempotency_key SET job_id = :job_id WHERE name = :name AND key = :key AND job_id = :mine"),
        values,
    )
    work.connection.execute(sa.text("UPDATE job SET is_keyed = TRUE WHERE id = CAST(:job_id AS uuid)"), values)
