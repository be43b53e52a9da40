"""Owns what the end of a job means for those that wait for it. It must never touch a store."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from shared.errors import InvalidArgument
from shared.jobs.states import State

#: Jobs that one job may wait for.
PARENTS_MAX = 1_000


class Policy(StrEnum):
    """What a job that did not end well (dead, cancelled, expired) does to one that waits for it."""

    #: That one ends as well, at once: cancelled after a cancelled one, else dead.
    FAIL_PARENT = "fail_parent"
    #: That one starts at once, whatever else it waits for.
    CONTINUE = "continue"
    #: It counts as over; that one sees its state among its results.
    IGNORE = "ignore"
    #: It counts as over, and neither among the results nor in the ratio.
    REMOVE = "remove"
    #: Callbacks only: that one is cancelled, whatever the end was called.
    CANCEL = "cancel"
    #: Callbacks only: that one starts at the first dead or expired one, and is cancelled when there was none.
    ON_DEATH = "on_death"


#: What callers may ask for.
POLICIES = (Policy.FAIL_PARENT, Policy.CONTINUE, Policy.IGNORE, Policy.REMOVE)


@dataclass(frozen=True, slots=True)
class Dependency:
    """One job that has to end first."""

    job_id: str
    policy: Policy = Policy.FAIL_PARENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a waiting job has learnt so far of those it waits for: its row in `job_wait`."""

    open: int
    succeeded: int = 0
    #: Not well, and counted in the ratio.
    failed: int = 0
    #: Not well, by a policy that starts the job.
    starting: int = 0
    #: Not well, by a policy that ends the job as dead, or as cancelled.
    killing: int = 0
    cancelling: int = 0
    min_success_ratio: Decimal | None = None
    #: Waits for a death, and not for everything to end.
    is_death_watch: bool = False

    @property
    def is_out_of_reach(self) -> bool:
        """True when the ratio cannot be had any more, even if all that is open ends well."""
        if self.min_success_ratio is None:
            return False
        best = self.succeeded + self.open
        return best < self.min_success_ratio * (best + self.failed)


class Verdict(StrEnum):
    """What is to become of a waiting job."""

    WAIT = "wait"
    START = "start"
    DEAD = "dead"
    CANCELLED = "cancelled"


def verdict(tally: Tally) -> Verdict:
    """Decide by all that is known; the first verdict but WAIT stands, for the job is no longer blocked then."""
    if tally.killing:
        return Verdict.DEAD
    if tally.cancelling:
        return Verdict.CANCELLED
    if tally.starting:
        return Verdict.START
    if tally.is_out_of_reach:
        return Verdict.DEAD
    if tally.open:
        return Verdict.WAIT
    return Verdict.CANCELLED if tally.is_death_watch else Verdict.START


def effect_of(policy: Policy, outcome: State) -> str:
    """Which count of the Tally one end adds to; "removed" for none."""
    if policy is Policy.ON_DEATH:
        return "starting" if outcome in (State.DEAD, State.EXPIRED) else "removed"
    if outcome is State.COMPLETED:
        return "succeeded"
    match policy:
        case Policy.CONTINUE:
            return "starting"
        case Policy.IGNORE:
            return "failed"
        case Policy.REMOVE:
            return "removed"
        case Policy.CANCEL:
            return "cancelling"
        case _:
            return "cancelling" if outcome is State.CANCELLED else "killing"


def checked_dependencies(wanted: Sequence[Dependency | str]) -> list[Dependency]:
    """What a caller gave as depends_on: ids, or ids with a policy. Raises InvalidArgument."""
    if len(wanted) > PARENTS_MAX:
        raise InvalidArgument(f"at most {PARENTS_MAX:,} jobs to wait for, got {len(wanted):,}", field="depends_on")
    found: dict[str, Dependency] = {}
    for each in wanted:
        given = Dependency(each) if isinstance(each, str) else each
        job_id = _checked_id(given.job_id)
        if job_id in found:
            raise InvalidArgument(f"depends_on names {job_id} twice", field="depends_on")
        found[job_id] = Dependency(job_id, checked_policy(given.policy, field="depends_on"))
    return list(found.values())


def checked_policy(word: str, *, field: str) -> Policy:
    """A policy that callers may ask for. Raises InvalidArgument naming all."""
    if word not in POLICIES:
        allowed = [str(policy) for policy in POLICIES]
        raise InvalidArgument(f"{field}: no policy {word[:40]!r}", field=field, allowed=allowed)
    return Policy(word)


def checked_ratio(ratio: float | Decimal | None, *, field: str = "min_success_ratio") -> Decimal | None:
    """A share of jobs that must end well, from 0 to 1; kept to four places. Raises InvalidArgument."""
    if ratio is None:
        return None
    exact = Decimal(str(ratio))
    if not exact.is_finite() or not 0 <= exact <= 1:
        raise InvalidArgument(f"{field} must be from 0 to 1, got {ratio}", field=field)
    return round(exact, 4)


def _checked_id(text: str) -> str:
    try:
        canonical = str(UUID(text))
    except ValueError as error:
        raise InvalidArgument(f"depends_on: {text[:40]!r} is no job id", field="depends_on") from error
    if canonical != text.lower():
        raise InvalidArgument(f"depends_on: {text[:40]!r} is no job id of 36 characters", field="depends_on")
    return canonical
