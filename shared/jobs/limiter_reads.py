"""Owns what people may see of shared limiters: what holds over all services, and when the next points come.

It must never lease a point.
"""

from dataclasses import dataclass

from shared.jobs.connection import store_errors
from shared.jobs.keys import limiter_keys
from shared.jobs.scripts import Scripts

#: Grants looked at from the oldest one on, as lua/limiter_lease.lua does.
LOOKS = 100


@dataclass(frozen=True, slots=True)
class LimiterNow:
    """A limiter as all services together see it; times are Redis milliseconds. `points` 0: nobody has declared it."""

    points: int
    window_ms: int
    #: Points that could be leased now.
    free: int
    #: When the points that were asked about may be leased; 0 = now, -1 = when somebody ends the pause.
    opens_ms: int
    #: 0 open, -1 paused without an end.
    paused_until_ms: int
    #: Until when a provider has closed it; 0 = it has not.
    closed_until_ms: int


def limiter_now(scripts: Scripts, limiter: str, *, cost: int = 1) -> LimiterNow:
    """One limiter, and when `cost` points may be had. Raises StoreUnavailable."""
    log, conf = limiter_keys(limiter)
    with store_errors():
        pipeline = scripts.client.pipeline()
        pipeline.hmget(conf, "points", "window_ms", "used", "closed_until", "paused_until")
        pipeline.lrange(log, -LOOKS, -1)
        pipeline.time()
        fields, grants, (seconds, micros) = pipeline.execute()
    points, window_ms, used, closed, paused = (int(field or 0) for field in fields)
    now_ms = seconds * 1000 + micros // 1000
    kept_ms = window_ms + min(1000, window_ms // 10)
    free, opens_ms = _free(points - used, [tuple(map(int, grant.split())) for grant in grants], kept_ms, now_ms, cost)
    closed = closed if closed > now_ms else 0
    paused = paused if paused == -1 or paused > now_ms else 0
    opens_ms = -1 if paused == -1 else max(opens_ms, closed, paused)
    return LimiterNow(points, window_ms, max(0, free), opens_ms, paused, closed)


def _free(free: int, grants: list[tuple[int, ...]], kept_ms: int, now_ms: int, cost: int) -> tuple[int, int]:
    """Points free now, and when `cost` of them are: grants come back, oldest first, when their window has passed."""
    later, opens_ms = free, 0
    for _, last, points in reversed(grants):
        gone_ms = last + kept_ms
        if gone_ms <= now_ms:
            free, later = free + points, later + points
            continue
        if later >= cost:
            break
        later, opens_ms = later + points, gone_ms
    return free, 0 if free >= cost else opens_ms
