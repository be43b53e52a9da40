"""The public face of the database layer."""

from shared.db.engine import NAMING, Database, database_errors
from shared.db.session import UnitOfWork

__all__ = ["NAMING", "Database", "UnitOfWork", "database_errors"]
