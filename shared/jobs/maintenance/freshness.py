"""Owns how often goals are planned and watched. A service without goals has no loop for them."""

import functools

from shared.jobs.freshness.planning import plan_once
from shared.jobs.freshness.watching import COUNT_SECONDS, count_once, watch_once
from shared.jobs.maintenance.loop import Loop
from shared.jobs.submission import Jobs

#: An edit of a goal or a budget holds at the next turn.
PLAN_SECONDS, WATCH_SECONDS = 0.5, 1.0


def freshness_loops(jobs: Jobs, *, plans: bool) -> list[Loop]:
    """Without `plans` nothing is submitted; what becomes too old is seen all the same."""
    if not jobs.catalogue.goals:
        return []
    loops = [
        Loop(f"{jobs.service}-freshness-watch", functools.partial(watch_once, jobs), interval_seconds=WATCH_SECONDS),
        Loop(f"{jobs.service}-freshness-count", functools.partial(count_once, jobs), interval_seconds=COUNT_SECONDS),
    ]
    if plans:
        plan = functools.partial(plan_once, jobs)
        loops.append(Loop(f"{jobs.service}-freshness", plan, interval_seconds=PLAN_SECONDS))
    return loops
