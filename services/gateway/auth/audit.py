"""Owns the trail of what people do: the intent is kept before the action, what came of it after.

It must never let an action begin that it could not keep.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from services.gateway.domain.roles import Principal
from services.gateway.store import AuditStore, Intent
from shared.errors import PlatformError, Rejected
from shared.logs import get_logger, request_id

log = get_logger(__name__)


@dataclass(slots=True)
class Action:
    """An action under way; `after` is how things stand when it is done."""

    after: Mapping[str, Any] | None = None


class AuditTrail:
    """Keeps one row for each action. A row that stays `started` tells that the gateway died in the middle."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    @contextmanager
    def action(
        self, who: Principal, name: str, *, service: str, target: str, before: Mapping[str, Any], reason: str = ""
    ) -> Iterator[Action]:
        """Keep what is done inside the block. Raises StoreUnavailable, before anything is done, when it cannot."""
        intent = Intent(
            who=who, action=name, service=service, target=target, reason=reason,
            request_id=request_id(), before=before,
        )  # fmt: skip
        entry_id = self._store.begin(intent)
        action = Action()
        outcome, detail = "unknown", ""
        try:
            yield action
            outcome = "done"
        except Rejected as error:
            outcome, detail = "refused", str(error)
            raise
        except PlatformError as error:  # the service may have done it and not answered
            detail = str(error)
            raise
        finally:
            self._finish(entry_id, outcome, action, detail)

    def page(self, *, limit: int, before_id: int | None) -> Sequence[Mapping[str, Any]]:
        """Entries, newest first."""
        return self._store.page(limit=limit, before_id=before_id)

    def _finish(self, entry_id: int, outcome: str, action: Action, detail: str) -> None:
        try:
            self._store.finish(entry_id, outcome, after=action.after, detail=detail)
        except PlatformError as error:
            # What was done is done, and its intent is kept; the answer must tell the truth about the action.
            log.error("audit entry could not be finished", entry=entry_id, outcome=outcome, error=str(error))
