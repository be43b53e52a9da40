"""Owns the one row a worker of durable=False jobs asks PostgreSQL for: the identity of the reconciled index (rule 13).

It must never accept another statement: nothing else of a ledger is there.
"""

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from shared.db import Database, UnitOfWork

#: Nothing listens there; whatever would open a connection to PostgreSQL fails loudly.
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


class IdentityAlone(Database):
    """A ledger in this process' memory that has the table redis_identity and no other."""

    def __init__(self, identity: str) -> None:
        super().__init__(NOWHERE, "demonstration")
        options = {"check_same_thread": False}
        self._memory = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args=options)
        with self._memory.begin() as connection:
            connection.execute(sa.text("CREATE TABLE redis_identity (identity text NOT NULL)"))
            connection.execute(sa.text("INSERT INTO redis_identity VALUES (:identity)"), {"identity": identity})

    def begin(self) -> UnitOfWork:
        """A transaction on the one row."""
        return UnitOfWork(self._memory.connect(), self)

    def close(self) -> None:
        """Forget it."""
        self._memory.dispose()
        super().close()
