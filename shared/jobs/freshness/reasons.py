"""Owns why the data of an entity is too old, as people are told. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from shared.jobs.states import FINAL, State

REASON_MAX = 300
SECOND = timedelta(seconds=1)
CODES = (
    "goal_paused", "goal_refused", "circuit_open", "queue_paused", "running", "waiting", "failing", "budget",
    "unplanned", "unnoticed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an entity whose data is too old, and of whatever brings it."""

    job: str
    queue: str
    budget: str
    breaker: str
    is_goal_paused: bool = False
    goal_error: str = ""
    is_circuit_open: bool = False
    is_queue_paused: bool = False
    state: State | None = None
    wait_reason: str = ""
    error: str = ""
    failures: int = 0
    #: The pace had no points for something that was due, and how many it has a minute.
    is_short: bool = False
    per_minute: float = 0.0


def reason_of(facts: Facts) -> tuple[str, str]:
    """A code, and a sentence; of several causes the one that must be mended first."""
    code, sentence = _cause(facts)
    return code, sentence[:REASON_MAX]


def _cause(facts: Facts) -> tuple[str, str]:
    if facts.is_goal_paused:
        return "goal_paused", "the goal is paused"
    if facts.goal_error:
        return "goal_refused", f"its job cannot be submitted: {facts.goal_error}"
    if facts.is_circuit_open:
        return "circuit_open", f"the circuit of {facts.breaker} is open"
    if facts.is_queue_paused:
        return "queue_paused", f"queue {facts.queue} is paused"
    if facts.state is not None and facts.state not in FINAL:
        return _under_way(facts)
    if facts.failures or facts.state is not None:
        last = f", the last one: {facts.error}" if facts.error else ""
        return "failing", f"{max(1, facts.failures)} of its jobs {facts.job} in a row brought nothing{last}"
    if facts.is_short:
        what = f"the budget of {facts.budget}" if facts.budget else "the pace of its goal"
        return "budget", f"{what} allows {facts.per_minute:.4g} points a minute, and more are asked for"
    return "unplanned", "it was due, and no scheduler submitted its job in time"


def _under_way(facts: Facts) -> tuple[str, str]:
    if facts.state is State.RUNNING:
        return "running", f"its job {facts.job} is running"
    why = f" ({facts.wait_reason})" if facts.wait_reason else ""
    if facts.state is State.RETRYING and facts.error:
        return "failing", f"its job {facts.job} is retried: {facts.error}"
    return "waiting", f"its job {facts.job} waits in queue {facts.queue}{why}"
