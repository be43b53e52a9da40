"""Owns what "unique" may mean: the modes, their bounds, and the key of a submission. It must never touch a store."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias, get_args

from shared.errors import InvalidArgument

UniqueMode = Literal["until_start", "until_done", "for", "debounce", "keep_latest"]
MODES: tuple[str, ...] = get_args(UniqueMode)
#: Modes whose lock ends with the first start, which a row must therefore know of before the function is called.
START_MODES = frozenset({"until_start", "debounce", "keep_latest"})
#: Modes in which the newest arguments are the ones that count.
LATEST_MODES = frozenset({"debounce", "keep_latest"})
#: A row that answers a repeated submission is kept this long, so that no time to live may be longer.
TTL_MAX = timedelta(hours=24)
KEY_MAX = 200
#: What a key is made of: one field of the arguments, some of them, or a function; None for all of them.
By: TypeAlias = str | tuple[str, ...] | Callable[[Any], str] | None


@dataclass(frozen=True, slots=True)
class Unique:
    """At most one job of a name and key, as far as `mode` says. Made by the functions below, or from the wire."""

    mode: UniqueMode
    by: By = None
    ttl: timedelta | None = None
    wait: timedelta | None = None
    max_wait: timedelta | None = None

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InvalidArgument(f"unique mode must be one of {', '.join(MODES)}", field="unique", allowed=MODES)
        needed = {"for": ("ttl",), "debounce": ("wait", "max_wait")}.get(self.mode, ())
        for name in ("ttl", "wait", "max_wait"):
            value = getattr(self, name)
            if (value is None) != (name not in needed):
                verb = "needs" if name in needed else "takes no"
                raise InvalidArgument(f"unique mode {self.mode} {verb} {name}", field=name)
            if value is not None and not timedelta(milliseconds=1) <= value <= TTL_MAX:
                raise InvalidArgument(f"{name} must be from 1 ms to 24 hours, got {value}", field=name)
        if self.wait is not None and self.max_wait is not None and self.max_wait < self.wait:
            raise InvalidArgument(
                f"max_wait must be at least wait ({self.wait}), got {self.max_wait}", field="max_wait"
            )

    def key_of(self, args: Any, args_json: str) -> str:
        """The key that these arguments have. Raises InvalidArgument when it cannot be one."""
        if self.by is None:
            return f"args:{hashlib.sha256(args_json.encode()).hexdigest()}"
        if callable(self.by):
            return checked_key(str(self.by(args)), field="unique_key")
        fields = (self.by,) if isinstance(self.by, str) else self.by
        values = [str(getattr(args, field)) for field in fields]
        if len(values) == 1:
            return checked_key(values[0], field="unique_key")
        # Lengths, so that no two lists of values make one text.
        joined = "|".join(f"{len(value)}:{value}" for value in values)
        return joined if len(joined) <= KEY_MAX else f"by:{hashlib.sha256(joined.encode()).hexdigest()}"


def until_start(*, by: By = None) -> Unique:
    """One waiting job a key: whoever submits knows that a start comes after it."""
    return Unique("until_start", by)


def until_done(*, by: By = None) -> Unique:
    """One live job a key, through all its attempts."""
    return Unique("until_done", by)


def unique_for(ttl: timedelta, *, by: By = None) -> Unique:
    """One job a key in any `ttl` from the first submission, however it ends."""
    return Unique("for", by, ttl=ttl)


def debounce(wait: timedelta, *, max_wait: timedelta, by: By = None) -> Unique:
    """Runs when nothing has been submitted for `wait`, at the latest `max_wait` after the first; newest arguments."""
    return Unique("debounce", by, wait=wait, max_wait=max_wait)


def keep_latest(*, by: By = None) -> Unique:
    """One that runs and one that waits for its end; the waiting one has the newest arguments."""
    return Unique("keep_latest", by)


def by_problems(name: str, unique: Unique | None, *, fields: tuple[str, ...], is_durable: bool) -> list[str]:
    """What is wrong with a job's declaration."""
    if unique is None:
        return []
    problems = []
    if not is_durable:
        problems.append(f"unique of job {name} needs durable=True: its lock is a row beside the job's")
    named = (
        () if unique.by is None or callable(unique.by) else (unique.by,) if isinstance(unique.by, str) else unique.by
    )
    problems.extend(
        f"unique by {field!r} of job {name} is no field of its arguments; allowed: {', '.join(fields)}"
        for field in named
        if field not in fields
    )
    return problems


def checked_key(key: str, *, field: str) -> str:
    """A key as it may be kept. Raises InvalidArgument."""
    if not 1 <= len(key) <= KEY_MAX or not key.isprintable():
        raise InvalidArgument(f"{field} must have 1 to {KEY_MAX} printable characters", field=field)
    return key
