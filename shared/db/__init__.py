"""The public face of the database layer."""

from shared.db.engine import NAMING, Database, database_errors
from shared.db.session import UnitOfWork, run_hook

__all__ = ["NAMING", "Database", "UnitOfWork", "database_errors", "run_hook"]
