"""Owns the gateway's SQL: API keys and the audit log. It must never see a key's secret, only its digest."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import InterfaceError, OperationalError

from services.gateway.domain.roles import Principal, Role
from services.gateway.tables import api_key, audit
from shared.db import Database, UnitOfWork
from shared.errors import StoreUnavailable

#: `last_used_at` is written at most this often a key, so that reading does not turn into writing.
LAST_USED_RESOLUTION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as the store knows it; `is_usable` is false once it expired or was revoked."""

    id: str
    secret_sha256: str
    name: str
    role: Role
    is_usable: bool


class KeyStore:
    """The keys of one gateway's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, key_id: str) -> StoredKey | None:
        """The key of this id, whether usable or not."""
        usable = sa.and_(
            api_key.c.revoked_at.is_(None), sa.or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > sa.func.now())
        )
        query = sa.select(
            api_key.c.id, api_key.c.secret_sha256, api_key.c.name, api_key.c.role, usable.label("is_usable")
        )
        with self._work() as work:
            row = work.connection.execute(query.where(api_key.c.id == key_id)).one_or_none()
        if row is None:
            return None
        return StoredKey(row.id, row.secret_sha256, row.name, Role[row.role.upper()], row.is_usable)

    def touch(self, key_id: str) -> None:
        """Remember that the key was used."""
        stale = sa.func.now() - LAST_USED_RESOLUTION
        last = api_key.c.last_used_at
        statement = sa.update(api_key).where(api_key.c.id == key_id, sa.or_(last.is_(None), last < stale))
        with self._work() as work:
            work.connection.execute(statement.values(last_used_at=sa.func.now()))

    def add(self, key_id: str, secret_sha256: str, *, name: str, role: Role, expires_at: datetime | None) -> None:
        """Keep a new key."""
        values = {"id": key_id, "secret_sha256": secret_sha256, "name": name, "role": role.word}
        with self._work() as work:
            work.connection.execute(sa.insert(api_key).values(expires_at=expires_at, **values))

    def revoke(self, key_id: str) -> None:
        """Make a key useless for good; harmless when it is already."""
        statement = sa.update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
        with self._work() as work:
            work.connection.execute(statement.values(revoked_at=sa.func.now()))

    def keep_bootstrap(self, key_id: str, secret_sha256: str, *, name: str) -> None:
        """Make this the one administrator's key called `name`; an older key of that name is revoked.

        A key that was revoked stays revoked: the environment may be older than the operator's decision.
        """
        values = {"secret_sha256": secret_sha256, "name": name, "role": Role.ADMIN.word}
        others = sa.update(api_key).where(
            api_key.c.name == name, api_key.c.id != key_id, api_key.c.revoked_at.is_(None)
        )
        with self._work() as work:
            work.connection.execute(others.values(revoked_at=sa.func.now()))
            work.connection.execute(
                postgresql.insert(api_key)
                .values(id=key_id, **values)
                .on_conflict_do_update(index_elements=[api_key.c.id], set_=values)
            )

    def _work(self) -> AbstractContextManager[UnitOfWork]:
        return _transaction(self._database)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What somebody is about to do, and how things stand before it."""

    who: Principal
    action: str
    service: str
    target: str
    reason: str
    request_id: str
    before: Mapping[str, Any]


class AuditStore:
    """The audit log of one gateway's database: rows are added and finished once, never changed or deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, intent: Intent) -> int:
        """Keep an intent; its id."""
        values = {
            "key_id": intent.who.key_id, "key_name": intent.who.name, "role": intent.who.role.word,
            "action": intent.action, "service": intent.service, "target": intent.target[:200],
            "reason": intent.reason[:500], "request_id": intent.request_id[:200], "before": dict(intent.before),
        }  # fmt: skip
        with _transaction(self._database) as work:
            return int(work.connection.execute(sa.insert(audit).values(values).returning(audit.c.id)).scalar_one())

    def finish(self, entry_id: int, outcome: str, *, after: Mapping[str, Any] | None, detail: str) -> None:
        """Keep what came of it."""
        statement = sa.update(audit).where(audit.c.id == entry_id, audit.c.outcome == "started")
        values = {"outcome": outcome, "after": after, "detail": detail[:1000], "finished_at": sa.func.now()}
        with _transaction(self._database) as work:
            work.connection.execute(statement.values(values))

    def page(self, *, limit: int, before_id: int | None) -> Sequence[Mapping[str, Any]]:
        """Entries, newest first, below `before_id`."""
        query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(audit.c.id < before_id)
        with _transaction(self._database) as work:
            return [dict(row._mapping) for row in work.connection.execute(query)]


@contextmanager
def _transaction(database: Database) -> Iterator[UnitOfWork]:
    try:
        with database.unit_of_work() as work:
            yield work
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable("PostgreSQL dropped the connection") from error
