"""Owns typed settings from the environment; the only reader of os.environ.

It must never hide one bad name behind another.
"""

# millrace: allow-file file-size because every setting of every process stands in one place

import dataclasses
import os
import pkgutil
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import protos
from shared.errors import ConfigurationInvalid

T = TypeVar("T")
_META = "millrace.setting"
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class Secret:
    """A value that never shows itself: repr, str and formatting print '***'."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself; for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class _Declaration:
    name: str
    aliases: tuple[str, ...]
    minimum: int | None
    maximum: int | None
    choices: tuple[str, ...]
    schemes: tuple[str, ...]


def setting(
    name: str,
    *,
    default: Any = dataclasses.MISSING,
    aliases: tuple[str, ...] = (),
    minimum: int | None = None,
    maximum: int | None = None,
    choices: tuple[str, ...] = (),
    schemes: tuple[str, ...] = (),
) -> Any:
    """One setting of a settings dataclass, read from `name` or the first alias that is set.

    Services look `<SERVICE>_<name>` up first. `minimum` and `maximum` bound integers, `choices` bounds text,
    `schemes` demands a URL. Without a default the setting is required.
    """
    metadata = {_META: _Declaration(name, aliases, minimum, maximum, choices, schemes)}
    return dataclasses.field(default=default, metadata=metadata, kw_only=True)


def load(kind: type[T], *, service: str = "", environ: Mapping[str, str] | None = None) -> T:
    """Read every setting of a dataclass; raise ConfigurationInvalid listing all missing and bad names at once."""
    source = os.environ if environ is None else environ
    values: dict[str, object] = {}
    problems: list[str] = []
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # T is a dataclass by contract
        declaration = field.metadata.get(_META)
        if declaration is None:
            continue
        name, text = _find(declaration, service, source)
        if text is None:
            if field.default is dataclasses.MISSING:
                problems.append(f"{declaration.name} is required and not set")
            continue
        try:
            values[field.name] = _parse(hints[field.name], text, declaration)
        except ValueError as error:
            problems.append(f"{name} {error}")
    if problems:
        raise ConfigurationInvalid(problems)
    return kind(**values)


def load_all(*loaders: Callable[[], object]) -> None:
    """Run several loads and raise one ConfigurationInvalid with the problems of all of them."""
    problems: dict[str, None] = {}
    for loader in loaders:
        try:
            loader()
        except ConfigurationInvalid as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        raise ConfigurationInvalid(list(problems))


def _find(declaration: _Declaration, service: str, source: Mapping[str, str]) -> tuple[str, str | None]:
    names = (declaration.name, *declaration.aliases)
    prefixed = [f"{service.upper()}_{name}" for name in names] if service else []
    for name in (*prefixed, *names):
        text = source.get(name)
        if text is not None and text.strip():
            return name, text.strip()
    return declaration.name, None


def _parse(hint: object, text: str, declaration: _Declaration) -> object:
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    if hint is bool:
        return _boolean(text)
    if hint is int:
        return _integer(text, declaration)
    if declaration.schemes:
        _check_url(text, declaration.schemes)
    if declaration.choices:
        folded = text.lower()
        if folded not in declaration.choices:
            raise ValueError(f"must be one of {', '.join(declaration.choices)}, got {text!r}")
        return folded
    return Secret(text) if hint is Secret else text


def _boolean(text: str) -> bool:
    folded = text.lower()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise ValueError(f"must be true or false, got {text!r}")


def _integer(text: str, declaration: _Declaration) -> int:
    try:
        value = int(text)
    except ValueError:
        raise ValueError(f"must be a whole number, got {text!r}") from None
    low, high = declaration.minimum, declaration.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = f"from {low} to {high}" if high is not None else f"at least {low}"
        raise ValueError(f"must be {bounds}, got {value}")
    return value


def _check_url(text: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(text)
        valid = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid:  # the text may hold a password, so it is not repeated
        raise ValueError(f"must be a URL starting with {' or '.join(f'{scheme}://' for scheme in schemes)}")


POSTGRES_SCHEMES = ("postgresql", "postgres")
REDIS_SCHEMES = ("redis", "rediss")
HTTP_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What every process of a service needs. Services subclass it for knobs of their own."""

    database_url: str = setting("DATABASE_URL", schemes=POSTGRES_SCHEMES)
    redis_url: str = setting("REDIS_URL", default="", schemes=REDIS_SCHEMES)
    redis_host: str = setting("REDIS_HOST", default="127.0.0.1")
    redis_port: int = setting("REDIS_PORT", default=6379, minimum=1, maximum=65535)
    redis_password: Secret | None = setting("REDIS_PASSWORD", default=None)
    redis_db: int = setting("REDIS_DB", default=0, minimum=0, maximum=1023)
    grpc_port: int = setting("GRPC_PORT", default=0, minimum=0, maximum=65535)
    #: Replaces every queue's slots when set (document 002).
    concurrency: int | None = setting("BULLMQ_CONCURRENCY", default=None, minimum=1, maximum=1000)
    #: Attempts in all of jobs that do not state their own (documents: 3).
    max_retries: int = setting("BULLMQ_MAX_RETRIES", default=3, minimum=1, maximum=100)
    #: First delay of the exponential backoff of jobs that do not state their own, milliseconds (documents: 2000).
    retry_delay_ms: int = setting("BULLMQ_RETRY_DELAY", default=2000, minimum=0, maximum=86_400_000)
    enable_scheduled_jobs: bool = setting("ENABLE_SCHEDULED_JOBS", default=True)
    start_workers: bool = setting("START_WORKERS", default=True)
    #: name=host:port,… of the services that this one may submit to; names as displayed, for example market-data.
    #: *={name}-api:7700 stands for all.
    services: str = setting("MILLRACE_SERVICES", default="")

    def __post_init__(self) -> None:
        problems = parse_services(self.services)[1]
        if problems:
            raise ConfigurationInvalid(problems)

    @property
    def addresses(self) -> Mapping[str, str]:
        """Display name to host:port of the other services."""
        return parse_services(self.services)[0]

    @property
    def redis_location(self) -> str:
        """REDIS_URL, or the URL made of REDIS_HOST, REDIS_PORT, REDIS_PASSWORD and REDIS_DB (documents 002 to 004)."""
        if self.redis_url:
            return self.redis_url
        password = f":{quote(self.redis_password.reveal(), safe='')}@" if self.redis_password else ""
        return f"redis://{password}{self.redis_host}:{self.redis_port}/{self.redis_db}"


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """What a process needs whatever services it hosts."""

    #: production refuses what only a developer's machine may have; see shared/jobs/demands.py.
    environment: str = setting("MILLRACE_ENV", default="development", choices=("development", "production"))
    log_level: str = setting("LOG_LEVEL", default="info", choices=("debug", "info", "warning", "warn", "error"))
    log_format: str = setting("LOG_FORMAT", default="auto", choices=("auto", "json", "console"))
    grpc_host: str = setting("GRPC_HOST", default="127.0.0.1")
    #: Serves /livez, /readyz and /metrics; 0 chooses no server.
    health_host: str = setting("HEALTH_HOST", default="127.0.0.1")
    health_port: int = setting("HEALTH_PORT", default=0, minimum=0, maximum=65535)
    service_token: Secret = setting("MILLRACE_SERVICE_TOKEN")
    shutdown_grace_seconds: int = setting("SHUTDOWN_GRACE_SECONDS", default=25, minimum=1, maximum=3600)
    #: Worker processes under one small parent, as `--processes`; the n-th (from 0) has its health at HEALTH_PORT + n.
    worker_processes: int = setting("WORKER_PROCESSES", default=1, minimum=1, maximum=64)
    #: A worker process above this resident size, MiB, drains and is replaced; 0 = no limit.
    worker_rss_limit_mb: int = setting("WORKER_RSS_LIMIT_MB", default=0, minimum=0, maximum=1_048_576)
    #: A worker process that has run so many jobs drains and is replaced; 0 = no limit.
    worker_jobs_limit: int = setting("WORKER_JOBS_LIMIT", default=0, minimum=0, maximum=1_000_000_000)
    #: The process of isolated jobs is replaced after so many of them.
    isolated_jobs_limit: int = setting("ISOLATED_JOBS_LIMIT", default=100, minimum=1, maximum=1_000_000)

    @property
    def is_production(self) -> bool:
        """True when what only a developer's machine may have is refused."""
        return self.environment == "production"


_SERVICE_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
MAX_SERVICES = 64
#: Folders of protos/ that are no service's.
PLATFORM_CONTRACTS = frozenset({"jobs", "rest"})


def parse_services(text: str) -> tuple[dict[str, str], list[str]]:
    """The addresses in a MILLRACE_SERVICES text, and one sentence per entry that is wrong."""
    addresses: dict[str, str] = {}
    problems: list[str] = []
    for entry in _each_service(text):
        name, _, address = entry.partition("=")
        host, _, port = address.rpartition(":")
        is_port = port.isascii() and port.isdigit() and 0 < int(port[:6]) <= 65535
        if not (_SERVICE_NAME.fullmatch(name) and host and is_port) or "@" in host:
            problems.append(f"MILLRACE_SERVICES entry {entry[:80]!r} must read name=host:port")
        elif name in addresses:
            problems.append(f"MILLRACE_SERVICES names {name} twice")
        else:
            addresses[name] = address
    if len(addresses) > MAX_SERVICES:
        problems.append(f"MILLRACE_SERVICES names more than {MAX_SERVICES} services")
    return addresses, problems


def _each_service(text: str) -> Iterator[str]:
    """The entries of a MILLRACE_SERVICES text; *=host:port stands for every contract that is installed."""
    for entry in filter(None, (part.strip() for part in text.split(","))):
        if not entry.startswith("*="):
            yield entry
            continue
        folders = sorted(found.name for found in pkgutil.iter_modules(protos.__path__) if found.ispkg)
        names = (folder.replace("_", "-") for folder in folders if folder not in PLATFORM_CONTRACTS)
        yield from (f"{name}={entry.removeprefix('*=').replace('{name}', name)}" for name in names)


@dataclass(frozen=True, slots=True)
class MigrationSettings:
    """What the migrate command needs beside the services' own URLs."""

    admin_url: str = setting("DATABASE_ADMIN_URL", aliases=("DATABASE_URL",), schemes=POSTGRES_SCHEMES)


@dataclass(frozen=True, slots=True)
class CrashSettings:
    """Where a process is to die, for tests of what survives: a name or number of shared/jobs/crash_points.py."""

    crash_at: str = setting("CRASH_AT", default="")
    environment: str = setting("MILLRACE_ENV", default="development", choices=("development", "production"))

    def __post_init__(self) -> None:
        if self.crash_at and self.environment == "production":
            raise ConfigurationInvalid(["CRASH_AT must not be set when MILLRACE_ENV is production"])


@dataclass(frozen=True, slots=True)
class StoresForTests:
    """Where tests of a service find stores when no fixture provides them. Both are emptied of what a test left."""

    #: An administrator's URL: each test gets a database of its own, each service a role millrace_test_<service>.
    database_url: str = setting("TEST_DATABASE_URL", schemes=POSTGRES_SCHEMES)
    #: A database of its own, empty: tests flush it.
    redis_url: str = setting("TEST_REDIS_URL", schemes=REDIS_SCHEMES)


@dataclass(frozen=True, slots=True)
class QueueOverrides:
    """What the environment may change of one queue; loaded with the queue's name as the prefix, PRICE_UPDATES_SLOTS."""

    slots: int | None = setting("SLOTS", default=None, minimum=1, maximum=1000)
    max_running: int | None = setting("MAX_RUNNING", default=None, minimum=1, maximum=100_000)
    #: 0 lifts the queue's limit.
    rate_per_minute: int | None = setting("RATE_PER_MINUTE", default=None, minimum=0, maximum=10_000)
    #: How long finished jobs are kept, and how many of each state; see shared/jobs/retention.py.
    keep_completed_hours: int | None = setting("KEEP_COMPLETED_HOURS", default=None, minimum=1, maximum=87_840)
    keep_completed_count: int | None = setting("KEEP_COMPLETED_COUNT", default=None, minimum=0, maximum=10_000_000)
    keep_dead_hours: int | None = setting("KEEP_DEAD_HOURS", default=None, minimum=1, maximum=87_840)
    keep_dead_count: int | None = setting("KEEP_DEAD_COUNT", default=None, minimum=0, maximum=10_000_000)
    keep_cancelled_hours: int | None = setting("KEEP_CANCELLED_HOURS", default=None, minimum=1, maximum=87_840)
    keep_cancelled_count: int | None = setting("KEEP_CANCELLED_COUNT", default=None, minimum=0, maximum=10_000_000)
    keep_expired_hours: int | None = setting("KEEP_EXPIRED_HOURS", default=None, minimum=1, maximum=87_840)
    keep_expired_count: int | None = setting("KEEP_EXPIRED_COUNT", default=None, minimum=0, maximum=10_000_000)
