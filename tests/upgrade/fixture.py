"""Owns the files of a fixture: both stores written down and put back. It must never hold a path or a password."""

import base64
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from shared.db import migrations
from shared.jobs.queue_statistics import MINUTE_MS
from tests.runtime.jobs.sample import NAME
from tools.stores import accounts, binaries
from tools.stores.clusters import plain_environment

FOLDER = Path(__file__).parent
POSTGRES, INDEX, MANIFEST = "postgres.sql", "index.json", "manifest.json"
_DUMP = ("--inserts", "--no-owner", "--no-privileges", "--no-comments", f"--schema={NAME}")
#: What pg_dump says of itself and of its session; the names below are qualified without it.
_NOISE = ("--", "\\", "SET ", "SELECT pg_catalog.set_config", "CREATE SCHEMA ")


class Fate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a release promised of one job: how it ends, and how often its body starts from then on."""

    id: str
    number: int
    state: str
    runs: int = 0
    #: The number of the attempt that starts: what was failed before the upgrade still counts.
    attempt: int = 1
    result: Any = None
    error: str = ""
    generation: int = 1


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What must come of a fixture's stores."""

    written_at: datetime
    jobs: dict[str, Fate]
    #: Labels of jobs in the order in which they must start.
    order: list[str]
    #: Label of the job that an idempotency key stands for, and the arguments it was used with.
    keys: dict[str, str]
    paused: list[str]
    limits: dict[str, tuple[int, int]]
    #: Of the queue "work": enqueued, started, completed, failed, retried, dead.
    statistics: tuple[int, int, int, int, int, int]
    outbox: dict[str, str]
    inbox: dict[str, Any]


def versions() -> list[str]:
    """The releases that have a fixture."""
    return sorted(path.parent.name for path in FOLDER.glob(f"*/{MANIFEST}"))


def manifest_of(version: str) -> Manifest:
    """What a release promised."""
    return msgspec.json.decode((FOLDER / version / MANIFEST).read_bytes(), type=Manifest, strict=False)


def write(version: str, manifest: Manifest, *, url: str, client: Any) -> None:
    """Write both stores and the manifest down in the release's folder."""
    folder = FOLDER / version
    folder.mkdir(exist_ok=True)
    texts = {
        POSTGRES: _dumped(url),
        INDEX: _json(_index(client)),
        MANIFEST: _json(manifest),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1).decode() + "\n"


def _dumped(url: str) -> str:
    where = conninfo_to_dict(url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    environment = plain_environment() | {name: str(where[key]) for key, name in names.items()}
    program = binaries.postgres_programs(accounts.unprivileged()).program("pg_dump")
    done = subprocess.run([program, *_DUMP], env=environment, capture_output=True, text=True, check=True, cwd="/")
    lines = (line for line in done.stdout.splitlines() if line and not line.startswith(_NOISE))
    return "\n".join(lines) + "\n"


def _index(client: Any) -> dict[str, Any]:
    return {
        key.decode(): {
            "type": client.type(key).decode(),
            "ttl_ms": max(0, client.pttl(key)),
            "dump": base64.b64encode(client.dump(key)).decode(),
        }
        for key in sorted(client.scan_iter())
    }


def load(version: str, *, admin_url: str, service_url: str, client: Any) -> None:
    """Put both stores back as they were, as if the release had stopped just now: what has an age, keeps it."""
    folder = FOLDER / version
    migrations.prepare(admin_url, service_url, NAME)
    with psycopg.connect(service_url) as connection:
        connection.execute((folder / POSTGRES).read_bytes())
        slept = _slept(connection, manifest_of(version).written_at)
        _move_times(connection, slept)
    for key, kept in msgspec.json.decode((folder / INDEX).read_bytes()).items():
        client.restore(key, kept["ttl_ms"], base64.b64decode(kept["dump"]))
    minutes = slept // timedelta(milliseconds=MINUTE_MS)
    for key in client.scan_iter(match="*:stats"):
        kept = {int(minute) + minutes: record for minute, record in client.hgetall(key).items()}
        client.delete(key)
        client.hset(key, mapping=kept)


def _slept(connection: psycopg.Connection[Any], written_at: datetime) -> timedelta:
    row = connection.execute("SELECT clock_timestamp() - %s::timestamptz", [written_at]).fetchone()
    assert row is not None
    slept: timedelta = row[0]
    return slept


def _move_times(connection: psycopg.Connection[Any], by: timedelta) -> None:
    columns = connection.execute(
        "SELECT c.table_name, c.column_name FROM information_schema.columns AS c JOIN information_schema.tables AS t "
        "USING (table_schema, table_name) WHERE table_schema = %s AND table_type = 'BASE TABLE' "
        "AND data_type = 'timestamp with time zone'",
        [NAME],
    ).fetchall()
    for table, column in columns:
        statement = sql.SQL("UPDATE {} SET {column} = {column} + %s").format(
            sql.Identifier(NAME, table), column=sql.Identifier(column)
        )
        connection.execute(statement, [by])
