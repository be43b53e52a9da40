"""Owns `python -m tests.upgrade.write`: the fixture of the version in pyproject.toml, made anew on stores of its own.

It must never touch the fixture of a version that is out.
"""

import re
import sys
import tomllib
from pathlib import Path

from shared.db import Database, migrations
from shared.jobs.connection import connect
from tests.runtime.jobs.sample import NAME
from tests.stores import service_url
from tests.upgrade import fixture
from tests.upgrade.house import boot, house_of
from tests.upgrade.past import Past, Placeless
from tools.stores import temporary_postgres, temporary_valkey

ROOT = Path(__file__).parents[2]
_RELEASE = re.compile(r"^## \[?v?(\d+\.\d+\.\d+[^\s\]]*)", re.MULTILINE)


def version() -> str:
    """What pyproject.toml says this tree is or becomes."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def released() -> list[str]:
    """The versions that CHANGELOG.md says are out."""
    return _RELEASE.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def main() -> int:
    """Write it; 1 when the version is out already."""
    if version() in released() and version() in fixture.versions():
        print(f"{version()} is out: its fixture stays as it is", file=sys.stderr)
        return 1
    with temporary_postgres() as postgres, temporary_valkey() as valkey:
        admin_url = postgres.url(database="postgres")
        url = service_url(postgres, "postgres", NAME)
        migrations.prepare(admin_url, url, NAME)
        migrations.upgrade(url, NAME)
        client = connect(valkey.url(), name="past")
        database = Database(url, NAME, pool_size=8)
        bench = house_of(database, Placeless(client, "market-data"))
        boot(bench)
        manifest = Past(bench).live()
        fixture.write(version(), manifest, url=admin_url, client=client)
        database.close()
        client.close()
    print(f"tests/upgrade/{version()}: {len(manifest.jobs)} jobs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
