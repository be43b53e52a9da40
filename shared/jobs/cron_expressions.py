"""Owns cron expressions: their names, their fields, what is wrong with one. Pure: it must never know a zone."""

import copy
import functools
from datetime import datetime

from cronsim import CronSim, CronSimError

from shared.errors import InvalidArgument

MAX_CHARACTERS = 200
#: The named expressions of document 002.
NAMED = {
    "EVERY_MINUTE": "* * * * *", "EVERY_5_MINUTES": "*/5 * * * *", "EVERY_15_MINUTES": "*/15 * * * *",
    "EVERY_30_MINUTES": "*/30 * * * *", "EVERY_HOUR": "0 * * * *", "EVERY_2_HOURS": "0 */2 * * *",
    "EVERY_6_HOURS": "0 */6 * * *", "DAILY_MIDNIGHT": "0 0 * * *", "DAILY_3AM": "0 3 * * *",
    "WEEKLY_MONDAY": "0 0 * * 1", "MONTHLY_FIRST": "0 0 1 * *",
}  # fmt: skip
#: What periodiq's cron() takes beside fields and cronsim does not.
ALIASES = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
#: cronsim's word for each field, in the order of six, and what it takes beside lists, steps and *.
_FIELDS = {
    "second": "0-59", "minute": "0-59", "hour": "0-23", "day-of-month": "1-31, L, LW", "month": "1-12, JAN-DEC",
    "day-of-week": "0-7, SUN-SAT, 1#2, 5L",
}  # fmt: skip
_SOME_DAY = datetime(2024, 1, 1)  # noqa: DTZ001  # a wall clock, of no zone


def fields_of(cron: str) -> list[str]:
    """The five or six fields a name, an alias or an expression stands for."""
    return NAMED.get(cron, ALIASES.get(cron, cron)).upper().split()


def keeps_wall_time(cron: str) -> bool:
    """True for what runs at stated times of the day; else it runs at every instant whose local time fits."""
    minute, hour = fields_of(cron)[-5:-3]
    return not minute.startswith("*") and not hour.startswith("*")


def check_cron(cron: str) -> None:
    """Raise InvalidArgument naming the field of the expression and its value, or that it never comes."""
    if _first(cron) is None:
        raise _refusal(cron, "no day of the next 50 years fits it")


def next_local(cron: str, local: datetime) -> datetime | None:
    """The first wall-clock time after `local` that fits, seconds apart; None when none does in 50 years."""
    iterator = copy.copy(_parsed(cron))
    iterator.dt = local.replace(microsecond=0)
    try:
        found: datetime = next(iterator)
    except (StopIteration, OverflowError):
        return None
    return found


@functools.lru_cache(4096)
def _first(cron: str) -> datetime | None:
    return next_local(cron, _SOME_DAY)


@functools.lru_cache(4096)
def _parsed(cron: str) -> CronSim:
    if len(cron) > MAX_CHARACTERS:
        raise _refusal(cron, f"it has {len(cron):,} characters, at most {MAX_CHARACTERS} are allowed")
    parts = fields_of(cron)
    try:
        return CronSim(" ".join(parts), _SOME_DAY)
    except (CronSimError, AssertionError) as error:
        if len(parts) not in (5, 6):
            names = ", ".join(NAMED)
            detail = f"it needs 5 or 6 fields, one of {', '.join(ALIASES)}, or one of {names}; it has {len(parts)}"
            raise _refusal(cron, detail) from error
        field = str(error).removeprefix("Bad ")
        value = (["0"] if len(parts) == 5 else []) + parts
        place = list(_FIELDS).index(field) if field in _FIELDS else len(_FIELDS) - 1
        name = list(_FIELDS)[place]
        raise _refusal(cron, f"{name} {value[place][:60]!r}; allowed: {_FIELDS[name]}", allowed=name) from error


def _refusal(cron: str, detail: str, *, allowed: str = "") -> InvalidArgument:
    values = tuple(_FIELDS[allowed].split(", ")) if allowed else ()
    return InvalidArgument(f"bad cron expression {cron[:100]!r}: {detail}", field="cron", allowed=values)
