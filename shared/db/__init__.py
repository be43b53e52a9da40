"""The public face of the database layer."""

from shared.db.engine import NAMING, Database
from shared.db.session import UnitOfWork

__all__ = ["NAMING", "Database", "UnitOfWork"]
