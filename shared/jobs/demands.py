"""Owns what is demanded of the Redis that a service is given. It must never repair it: whoever runs it decides."""

import threading
from typing import Any

import msgspec
from redis.exceptions import NoPermissionError

from shared import clock
from shared.errors import ConfigurationInvalid, StoreUnavailable
from shared.jobs.connection import RedisClient, store_errors
from shared.jobs.entries import decode_entry
from shared.jobs.scripts import Scripts

REDIS_FLOOR = (7, 0)
VALKEY_FLOOR = (7, 2)
#: A server that loads its data is not a wrong one.
PATIENCE_SECONDS = 10.0
EMPTYING = ("FLUSHALL", "FLUSHDB")
#: Of a user for services. INFO stays: by it a lost index is noticed.
_RIGHTS = "~{*}:* &* +@all -@dangerous +info"


def refuse_unsafe(client: RedisClient, *, in_production: bool) -> None:
    """Raise ConfigurationInvalid unless this Redis can be trusted not to evict jobs and knows our commands.

    In production also while we are its default user and that user may empty it. A server that is only starting is
    waited for; raises StoreUnavailable when it takes longer than PATIENCE_SECONDS.
    """
    give_up_at = clock.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            problems = _problems(client, in_production=in_production)
            break
        except StoreUnavailable:
            if clock.monotonic() >= give_up_at:
                raise
            threading.Event().wait(0.25)
    if problems:
        raise ConfigurationInvalid(problems)


def refuse_unread(scripts: Scripts) -> None:
    """Raise ConfigurationInvalid when this service's index is in the form of another build, which we cannot read."""
    with store_errors():
        _, page = scripts.client.hscan(scripts.keys.of("jobs"), count=1)
    try:
        for kept in page.values():
            decode_entry(kept)
    except msgspec.DecodeError:
        problem = (
            f"REDIS_URL: another build wrote the index of {scripts.keys.service}; stop what is left of it and delete "
            f"the keys {scripts.keys.all()} here, PostgreSQL fills them again"
        )
        raise ConfigurationInvalid([problem]) from None


def _problems(client: RedisClient, *, in_production: bool) -> list[str]:
    with store_errors():
        server: dict[str, Any] = client.info("server")
        memory: dict[str, Any] = client.info("memory")
        problems = [*_policy_problems(memory), *_version_problems(server)]
        return problems + (_user_problems(client) if in_production else [])


def flush_advice(client: RedisClient) -> str | None:
    """None when the user we are may not empty this Redis, else who it is and what to do; for health checks."""
    with store_errors():
        user, allowed = _emptying_of(client)
    if not allowed:
        return None
    return f"REDIS_URL: user {user!r} may run {' and '.join(allowed)}; {_cure(user)}"


def _policy_problems(memory: dict[str, Any]) -> list[str]:
    policy = memory.get("maxmemory_policy")
    if policy == "noeviction":
        return []
    return [f"REDIS_URL: maxmemory-policy is {policy}, must be noeviction: other policies delete jobs"]


def _version_problems(server: dict[str, Any]) -> list[str]:
    is_valkey = "valkey_version" in server
    version = str(server.get("valkey_version") or server.get("redis_version") or "0")
    floor = VALKEY_FLOOR if is_valkey else REDIS_FLOOR
    if tuple(int(part) for part in version.split(".")[:2]) >= floor:
        return []
    return [f"REDIS_URL: server version is {version}, must be at least {'.'.join(map(str, floor))}"]


def _user_problems(client: RedisClient) -> list[str]:
    user, allowed = _emptying_of(client)
    if user != "default" or not allowed:
        return []
    commands = " and ".join(allowed)
    return [f"REDIS_URL: with MILLRACE_ENV=production its user must not be one that may {commands}; {_cure(user)}"]


def _emptying_of(client: RedisClient) -> tuple[str, tuple[str, ...]]:
    """Who we are, and which of the commands that delete everything we may run. Nothing is run: the server is asked."""
    who = client.execute_command("ACL WHOAMI")
    user = who.decode(errors="replace") if isinstance(who, bytes) else str(who)
    return user, tuple(command for command in EMPTYING if _may(client, user, command))


def _may(client: RedisClient, user: str, command: str) -> bool:
    try:
        answer = client.execute_command("ACL DRYRUN", user, command)
    except NoPermissionError:
        return False  # who may not ask this has lost the dangerous commands, FLUSHALL among them
    return answer in (b"OK", "OK")


def _cure(user: str) -> str:
    """What to write down."""
    name = "millrace" if user == "default" else user
    return f"make one that may not (ACL SETUSER {name} on >PASSWORD {_RIGHTS}) and name it: redis://{name}:PASSWORD@host:port/0"
