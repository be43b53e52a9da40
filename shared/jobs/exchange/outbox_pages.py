"""Owns the lists of messages, page by page. It must never leave one out or show one twice while nothing changes."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs.exchange.outbox_reads import COLUMNS, Message

#: A message and its place in the list.
Placed = tuple[Message, tuple[str, str]]


def failed_page(work: UnitOfWork, *, after: Sequence[str] | None, limit: int) -> list[Placed]:
    """Messages given up on, newest first."""
    at, message_id = (instant_of(after[0]), after[1]) if after else (None, "")
    statement = f"""
    SELECT {COLUMNS} FROM outbox
    WHERE state = 'failed' AND finished_at IS NOT NULL
      AND (finished_at, id::text) < (coalesce(CAST(:at AS timestamptz), 'infinity'), :id)
    ORDER BY finished_at DESC, id::text DESC LIMIT :limit
    """  # noqa: S608  # constant columns
    rows = work.connection.execute(sa.text(statement), {"at": at, "id": message_id, "limit": limit})
    messages = [Message(*row) for row in rows]
    return [(one, (one.finished_at.isoformat() if one.finished_at else "", one.id)) for one in messages]


def waiting_page(work: UnitOfWork, *, after: Sequence[str] | None, limit: int) -> list[Placed]:
    """Messages that are not delivered yet, by peer, in the order of their delivery."""
    peer, seq = (after[0], _seq_of(after[1])) if after else ("", 0)
    statement = f"""
    SELECT seq, {COLUMNS} FROM outbox
    WHERE state = 'waiting' AND (peer, seq) > (:peer, :seq) ORDER BY peer, seq LIMIT :limit
    """  # noqa: S608  # constant columns
    rows = work.connection.execute(sa.text(statement), {"peer": peer, "seq": seq, "limit": limit})
    return [(Message(*row[1:]), (row.peer, str(row.seq))) for row in rows]


def instant_of(text: str) -> datetime:
    """An instant of a token. Raises InvalidArgument."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument("page_token is not one of ours", field="page_token") from error
    if found.tzinfo is None:
        raise InvalidArgument("page_token is not one of ours", field="page_token")
    return found


def _seq_of(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidArgument("page_token is not one of ours", field="page_token")
    return int(text)
