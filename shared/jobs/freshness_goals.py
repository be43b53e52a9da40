"""Owns what may be declared of freshness: how old what a job brings may be, and who pays for bringing it. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import InvalidArgument
from shared.jobs.limits import NAME
from shared.jobs.providers import MAX_BUDGET, Budget

YOUNGEST, OLDEST = timedelta(seconds=1), timedelta(days=366)
BATCH_MAX = 500
TIERS = ("hot", "normal", "cold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """How old the data of each entity of a kind may be: at most `max_age`.

    Its planner submits `job` with {argument: entity}, or {argument: [entities]} of one lane when `batch` is above 1,
    when `lead` of that age has passed; the job tells by `fresh` what it brought. What was touched within `hot_for` may
    be at most `hot` old, what nobody touched for `cold_after` up to `cold`. Each job takes `cost` points of `budget`,
    which all goals that name it share; one that names none is spread evenly over its ages.
    """

    name: str
    job: str
    argument: str
    max_age: timedelta
    hot: timedelta | None = None
    hot_for: timedelta = timedelta(minutes=10)
    cold: timedelta | None = None
    cold_after: timedelta = timedelta(days=1)
    lead: float = 0.8
    batch: int = 1
    budget: str = ""
    cost: int = 1
    #: The circuit whose opening explains why nothing comes.
    breaker: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise InvalidArgument(f"goal name {self.name[:80]!r} must match {NAME.pattern}", field="name")
        if not self.argument.isidentifier() or len(self.argument) > 100:
            raise InvalidArgument(f"argument of goal {self.name} must be the name of a field", field="argument")
        check_ages(self.name, max_age=self.max_age, hot=self.hot, cold=self.cold)
        for field, value in (("hot_for", self.hot_for), ("cold_after", self.cold_after)):
            check_age(self.name, field, value)
        check_lead(self.name, self.lead)
        if not 1 <= self.batch <= BATCH_MAX:
            raise InvalidArgument(f"batch of goal {self.name} must be from 1 to {BATCH_MAX}", field="batch")
        if not 1 <= self.cost <= MAX_BUDGET:
            raise InvalidArgument(f"cost of goal {self.name} must be from 1 to {MAX_BUDGET:,}", field="cost")


def check_ages(name: str, *, max_age: timedelta, hot: timedelta | None, cold: timedelta | None) -> None:
    """Refuse ages that are out of range or out of order. Raises InvalidArgument."""
    check_age(name, "max_age", max_age)
    if hot is not None:
        check_age(name, "hot", hot)
        if hot > max_age:
            raise InvalidArgument(f"hot of goal {name} must not be above max_age, {max_age}", field="hot")
    if cold is not None:
        check_age(name, "cold", cold)
        if cold < max_age:
            raise InvalidArgument(f"cold of goal {name} must not be below max_age, {max_age}", field="cold")


def check_age(name: str, field: str, value: timedelta) -> None:
    """Refuse an age out of range. Raises InvalidArgument."""
    if not YOUNGEST <= value <= OLDEST:
        raise InvalidArgument(f"{field} of goal {name} must be from 1 s to 366 days, got {value}", field=field)


def check_lead(name: str, lead: float) -> None:
    """Refuse a lead that leaves no time, or asks all the time. Raises InvalidArgument."""
    if not 0.1 <= lead <= 0.95:
        raise InvalidArgument(f"lead of goal {name} must be from 0.1 to 0.95, got {lead}", field="lead")


def goals_by_name(
    service: str,
    goals: Iterable[Goal],
    named: tuple[Collection[str], Mapping[str, Budget], Collection[str]],
    problems: list[str],
) -> dict[str, Goal]:
    """What a service declares, by name; what it names and does not have is added to the problems."""
    known: dict[str, Goal] = {}
    jobs, budgets, breakers = named
    for goal in goals:
        if goal.name in known:
            problems.append(f"two goals of {service} have the name {goal.name}")
        known[goal.name] = goal
        if goal.job not in jobs:
            problems.append(f"goal {goal.name} of {service} submits {goal.job}, which is no job of it")
        if goal.breaker and goal.breaker not in breakers:
            problems.append(f"goal {goal.name} of {service} names breaker {goal.breaker}, which it does not declare")
        budget = budgets.get(goal.budget)
        if goal.budget and budget is None:
            problems.append(f"goal {goal.name} of {service} spends budget {goal.budget}, which it does not declare")
        if budget is not None and goal.cost > budget.points:
            problems.append(f"a job of goal {goal.name} costs more than budget {goal.budget} has")
    return known
