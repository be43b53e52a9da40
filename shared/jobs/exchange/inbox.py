"""Owns what this service has consumed of others: one row a message, committed with its effect.

It must never act on a message twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from shared.db import UnitOfWork
from shared.errors import InvalidArgument

#: A sender of ours gives up 12 hours after its first try (outbox.GIVE_UP); who sends otherwise must stop before this.
KEPT = "48 hours"
NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a message led to. `is_first` is False when it had been here before and nothing was done now."""

    result: Any
    is_first: bool


def once(work: UnitOfWork, source: str, message_id: str, action: Callable[[UnitOfWork], Any]) -> Receipt:
    """Run `action` in this transaction unless the message of this source was consumed; then return the first result.

    The result is a JSON value. A second copy that comes at the same time waits for the first one's commit; if that
    rolls back, or `action` raises, the message counts as never seen.
    """
    key = {"source": _checked(source, "source"), "message_id": _checked(message_id, "message_id")}
    with work.nested():  # whoever catches the action's error must not commit the row without the effect
        taken = work.connection.execute(
            sa.text("INSERT INTO inbox (source, message_id) VALUES (:source, :message_id) ON CONFLICT DO NOTHING"), key
        )
        if not taken.rowcount:
            return Receipt(_result(work, key), is_first=False)
        result = action(work)
        work.connection.execute(
            sa.text(
                "UPDATE inbox SET result = CAST(:result AS jsonb) WHERE source = :source AND message_id = :message_id"
            ),
            {**key, "result": msgspec.json.encode(result).decode()},
        )
    return Receipt(result, is_first=True)


def _result(work: UnitOfWork, key: dict[str, str]) -> Any:
    return work.connection.execute(
        sa.text("SELECT result FROM inbox WHERE source = :source AND message_id = :message_id"), key
    ).scalar_one()


def _checked(text: str, field: str) -> str:
    if not 1 <= len(text) <= NAME_MAX or not text.isprintable():
        raise InvalidArgument(f"{field} must have from 1 to {NAME_MAX} printable characters", field=field)
    return text
