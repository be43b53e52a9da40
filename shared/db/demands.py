"""Owns what is demanded of the PostgreSQL that a service is given. It must never repair it: whoever runs it decides."""

from shared.db.engine import Database
from shared.errors import ConfigurationInvalid, StoreUnavailable

FLOOR = 15


def refuse_old(database: Database) -> None:
    """Raise ConfigurationInvalid for a server older than FLOOR. One that does not answer is not a wrong one."""
    try:
        with database.unit_of_work() as work:
            version = work.driver.info.server_version
    except StoreUnavailable:
        return  # readiness tells, and what needs it waits for it
    if version // 10_000 < FLOOR:
        told = f"{version // 10_000}.{version % 10_000}"
        raise ConfigurationInvalid([f"DATABASE_URL: PostgreSQL's version is {told}, must be at least {FLOOR}"])
