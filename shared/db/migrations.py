"""Owns the one Alembic environment: a schema, a role and a revision chain per service.

It must never know a service by name.
"""

import importlib.resources
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from psycopg import sql

from shared.db.engine import psycopg_url
from shared.errors import ConfigurationInvalid

LEDGER_VERSIONS = "shared.jobs.ledger.versions"


def prepare(admin_url: str, service_url: str, schema: str) -> None:
    """Make the service's login role and schema if they are missing, with no rights on any other schema.

    `service_url` names role and password; when it names the admin itself only the schema is made.
    """
    role, password = _credentials(service_url)
    admin_role, _ = _credentials(admin_url)
    with psycopg.connect(psycopg_url(admin_url), autocommit=True, connect_timeout=5) as connection:
        # Several migrations may start at once; PostgreSQL's own catalogues do not serialise CREATE ROLE.
        connection.execute("SELECT pg_advisory_lock(hashtext('millrace.migrations'))")
        owner = sql.Identifier(role)
        if role != admin_role:
            _ensure_role(connection, role, password)
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
        connection.execute(
            sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(sql.Identifier(schema), owner)
        )
        connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC").format(sql.Identifier(schema)))
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")


def _ensure_role(connection: psycopg.Connection[Any], role: str, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if known else "CREATE"
    statement = sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
    connection.execute(statement.format(sql.SQL(verb), sql.Identifier(role), sql.Literal(password)))


def _credentials(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    if not parts.username:
        raise ConfigurationInvalid(["DATABASE_URL must name a role: postgresql://role:password@host/database"])
    return unquote(parts.username), unquote(parts.password or "")


def locations(service: str) -> list[str]:
    """The folders of revisions of a service: the ledger's and its own."""
    folders = [_folder(LEDGER_VERSIONS), _folder(f"services.{service}.migrations.versions")]
    return [str(folder) for folder in folders if folder is not None]


def _folder(package: str) -> Path | None:
    if importlib.util.find_spec(package.rpartition(".")[0]) is None:
        return None
    root = importlib.resources.files(package.rpartition(".")[0])
    path = Path(str(root)) / package.rpartition(".")[2]
    return path if path.is_dir() else None


def upgrade(service_url: str, service: str, *, revision: str = "heads") -> None:
    """Bring a service's schema to `revision`, under a lock, in one transaction."""
    with _environment(service_url, service) as environment:
        environment(lambda script: lambda current, _context: script._upgrade_revs(revision, current))


def downgrade(service_url: str, service: str, *, revision: str = "base") -> None:
    """Take a service's schema back to `revision`; for tests and for an operator who asks for it."""
    with _environment(service_url, service) as environment:
        environment(lambda script: lambda current, _context: script._downgrade_revs(revision, current))


@contextmanager
def _environment(service_url: str, service: str) -> Iterator[Callable[[Callable[[ScriptDirectory], Any]], None]]:
    """Alembic without env.py files: its environment is this function, its script folders are `locations`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(locations(service)))
    script = ScriptDirectory.from_config(config)
    engine = sa.create_engine(
        "postgresql+psycopg://" + psycopg_url(service_url).partition("://")[2],
        poolclass=sa.pool.NullPool,
        connect_args={"options": f"-c search_path={service} -c timezone=UTC", "connect_timeout": 5},
    )
    with engine.begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"migrate.{service}"})

        def run(steps: Callable[[ScriptDirectory], Any]) -> None:
            with EnvironmentContext(config, script, fn=steps(script)) as environment:
                environment.configure(connection=connection, transaction_per_migration=False)
                environment.run_migrations()

        yield run
