"""Owns which instants a cron expression means in a zone. Pure: it must never read a clock.

What states times of the day (minute and hour do not begin with *) runs once for each such time of each day: one that a
spring change skips runs at the first instant after the gap, one that an autumn change repeats runs the first time.
Anything else runs at every instant whose local time fits: those of a gap do not exist, those of a repeated hour come
twice. These are cronsim's rules, kept for six fields as for five.
"""

import functools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.errors import InvalidArgument
from shared.jobs.cron_expressions import keeps_wall_time, next_local

SECOND = timedelta(seconds=1)
#: A change of offset concerns no local time further away than this.
_REACH = timedelta(hours=25)
_JUST_BEFORE = timedelta(microseconds=1)


@functools.lru_cache(1024)
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises InvalidArgument."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"unknown time zone {name[:60]!r}; an IANA name such as Europe/Berlin is needed"
        raise InvalidArgument(message, field="timezone") from error


def next_instant(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first instant after `after`, UTC; None when none comes within 50 years."""
    if zone.key == "UTC":
        local = next_local(cron, after.astimezone(UTC).replace(tzinfo=None))
        return None if local is None else local.replace(tzinfo=UTC)
    if keeps_wall_time(cron):
        return _next_wall_time(cron, zone, after)
    found = _next_fitting(cron, zone, _local(after, zone), after)
    back = _fall_back(zone, after)
    if back is not None and (found is None or back <= found):
        again = _next_fitting(cron, zone, _local(back, zone) - SECOND, back - _JUST_BEFORE)
        found = again if found is None or again is None else min(found, again)
    return found


def _next_wall_time(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    local = next_local(cron, _local(after, zone))
    while local is not None:
        instant = _instant(local, zone, fold=0)
        if _local(instant, zone) != local:
            instant = _gap_end(local, zone)
        if instant > after:  # else it is a repeated time, which has had its run
            return instant
        local = next_local(cron, local)
    return None


def _next_fitting(cron: str, zone: ZoneInfo, local: datetime, after: datetime) -> datetime | None:
    following = next_local(cron, local)
    while following is not None:
        both = [_instant(following, zone, fold=fold) for fold in (0, 1)]
        later = [one for one in both if one > after and _local(one, zone) == following]
        if later:
            return min(later)
        if _local(both[0], zone) != following:  # nothing of the gap exists: go on at its end
            following = max(following, _local(_gap_end(following, zone), zone) - SECOND)
        following = next_local(cron, following)
    return None


def _fall_back(zone: ZoneInfo, after: datetime) -> datetime | None:
    """The instant of a change soon after `after` by which local time goes back."""
    until = after + _REACH
    if _offset(until, zone) >= _offset(after, zone):
        return None
    return _change(zone, after, until)


def _gap_end(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant after the gap in which a local time lies."""
    return _change(zone, _instant(local, zone, fold=1), _instant(local, zone, fold=0))


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The second in (low, high] from which the offset of `high` holds."""
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    wanted = _offset(high, zone)
    while high - low > SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if _offset(middle, zone) == wanted:
            high = middle
        else:
            low = middle
    return high


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _instant(local: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    return local.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)
