"""Owns what people do about messages that do not arrive: try now, give up, forget. It must never send one itself."""

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import NotFound, WrongState
from shared.jobs.control.subjects import checked_reason
from shared.jobs.exchange.outbox import CHANNEL, send_again
from shared.jobs.exchange.outbox_reads import Message, get
from shared.jobs.exchange.refusals import end_refused
from shared.jobs.submission import Jobs

WAITING, FAILED = "waiting", "failed"

_DUE = sa.text("""
UPDATE outbox SET next_at = clock_timestamp() WHERE id = CAST(:id AS uuid) AND state = 'waiting'
""")
_GIVE_UP = sa.text("""
UPDATE outbox SET state = 'failed', error = CAST(:error AS jsonb), finished_at = clock_timestamp()
WHERE id = CAST(:id AS uuid) AND state = 'waiting'
""")
_DELETE = sa.text("DELETE FROM outbox WHERE id = CAST(:id AS uuid) AND state = 'failed'")


def try_now(jobs: Jobs, message_id: str) -> Message:
    """Have a message tried now, whether it waits or was given up; under its old id, so that nothing is done twice.

    Raises NotFound, WrongState once it is sent.
    """
    with jobs.database.unit_of_work() as work:
        if _locked(work, jobs, message_id, verb="retry", states=(WAITING, FAILED)).state == FAILED:
            send_again(work, message_id)
        else:
            work.connection.execute(_DUE, {"id": message_id})
        # Inside the transaction: the sender is woken if and only if there is something to send.
        channel = f"{CHANNEL}_{work.database.schema}"
        work.connection.execute(sa.text("SELECT pg_notify(:channel, '')"), {"channel": channel})
        return _read(work, jobs, message_id)


def give_up(jobs: Jobs, message_id: str, *, reason: str) -> Message:
    """Send a waiting message no more; a try that is under way may still arrive. Raises NotFound, WrongState."""
    reason = checked_reason(reason) or "given up by a person"
    with jobs.database.unit_of_work() as work:
        before = _locked(work, jobs, message_id, verb="give up", states=(WAITING,))
        last = (before.error or {}).get("message", "")
        text = f"{reason}; the last try: {last}" if last else reason
        error = msgspec.json.encode({"type": "GivenUp", "message": text[:2_000], "field": ""}).decode()
        work.connection.execute(_GIVE_UP, {"id": message_id, "error": error})
        end_refused(jobs, work, message_id, peer=before.peer, text=text)
        return _read(work, jobs, message_id)


def forget(jobs: Jobs, message_id: str) -> None:
    """Delete a message that was given up, so that nothing tells of it any more. Raises NotFound, WrongState."""
    with jobs.database.unit_of_work() as work:
        _locked(work, jobs, message_id, verb="delete", states=(FAILED,))
        work.connection.execute(_DELETE, {"id": message_id})


def _locked(work: UnitOfWork, jobs: Jobs, message_id: str, *, verb: str, states: tuple[str, ...]) -> Message:
    """The message, held until the transaction ends."""
    work.connection.execute(sa.text("SELECT 1 FROM outbox WHERE id = CAST(:id AS uuid) FOR UPDATE"), {"id": message_id})
    message = _read(work, jobs, message_id)
    if message.state not in states:
        text = f"message {message_id} is {message.state}; {verb} needs {' or '.join(states)}"
        raise WrongState(text, state=message.state, allowed=list(states))
    return message


def _read(work: UnitOfWork, jobs: Jobs, message_id: str) -> Message:
    message = get(work, message_id)
    if message is None:
        raise NotFound(f"{jobs.service} has no message {message_id}")
    return message
