"""Owns the declaration of jobs and queues: what a job needs said before it may exist. It must never open a store."""

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    Protocol,
    TypeAlias,
    TypeVar,
    get_args,
    get_type_hints,
    overload,
)

import msgspec
import periodiq

from shared.errors import ConfigurationInvalid, InvalidArgument
from shared.jobs.adaptive import Adaptive
from shared.jobs.declared_crons import expression_of, schedule_problems
from shared.jobs.freshness_goals import Goal, goals_by_name
from shared.jobs.limits import MAX_RUNNING, NAME, Limiter, limit_problems
from shared.jobs.limits import Rate as Rate
from shared.jobs.providers import Breaker, Budget, by_name
from shared.jobs.retention import DEFAULT as DEFAULT_RETENTION
from shared.jobs.retention import Retention
from shared.jobs.retries import Backoff, exponential
from shared.jobs.times import NO_TIMES, Times
from shared.jobs.uniqueness import Unique, by_problems

if TYPE_CHECKING:
    from shared.jobs.context import JobContext

MAX_TIMEOUT = timedelta(hours=24)
#: Where a job runs: in a thread of the worker, or in a process of its own that can be killed.
Isolation = Literal["thread", "process"]
ISOLATIONS: tuple[str, ...] = get_args(Isolation)


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a job's typed arguments. Unknown fields are refused at submit; camelCase spellings are accepted."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Base of a job's typed result."""


A = TypeVar("A", bound=Arguments)
R = TypeVar("R")
#: A field of a job's arguments, or a function of them. Not Callable[[A], str]: that would bind A before the decorator.
Grouping: TypeAlias = str | Callable[[Any], str]


class Priority(IntEnum):
    """Lower starts first, as in document 002."""

    CRITICAL = 1
    HIGH = 2
    NORMAL = 3
    LOW = 4
    BATCH = 5


@dataclass(frozen=True, slots=True)
class Queue:
    """Where jobs of one purpose wait. `slots` = run at once by one worker process;

    `max_running` = over all processes; `retention` = how long its finished jobs are kept.
    """

    name: str
    slots: int
    rate: Rate | None = None
    max_running: int | None = None
    retention: Retention = DEFAULT_RETENTION
    #: At most this many of any one group at once.
    group_max_running: int | None = None
    #: A lower priority that has waited this long gets a tenth of the queue's starts.
    age: timedelta = timedelta(minutes=1)
    #: Groups take turns at a priority, one start a round; else jobs start in the order of their arrival.
    fair: bool = False
    #: Its slots follow what its jobs meet, within bounds; None: they stay as they are set.
    adaptive: Adaptive | None = None

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise InvalidArgument(f"queue name {self.name!r} must match {NAME.pattern}", field="name")
        if not 1 <= self.slots <= 1000:
            raise InvalidArgument(f"slots of {self.name} must be from 1 to 1,000, got {self.slots}", field="slots")
        if self.max_running is not None and self.max_running < 1:
            raise InvalidArgument(f"max_running of {self.name} must be at least 1", field="max_running")
        if self.group_max_running is not None and not 1 <= self.group_max_running <= MAX_RUNNING:
            raise InvalidArgument(
                f"group_max_running of {self.name} must be from 1 to {MAX_RUNNING:,}, got {self.group_max_running}",
                field="group_max_running",
            )
        if not timedelta(0) <= self.age <= timedelta(days=366):
            raise InvalidArgument(f"age of {self.name} must be from 0 to 366 days, got {self.age}", field="age")


@dataclass(frozen=True, slots=True)
class JobDefinition(Generic[A, R]):
    """One registered function. `attempts` and `backoff` are None where the service's settings decide."""

    name: str
    queue: Queue
    function: "Callable[[JobContext, A], R]"
    arguments: type[A]
    timeout: timedelta
    attempts: int | None
    backoff: Backoff | None
    priority: Priority
    #: Cron expression of the default schedule, UTC.
    schedule: str | None
    is_durable: bool
    isolation: Isolation = "thread"
    is_coroutine: bool = False
    #: A plain function in a thread with nothing around it: asked for each job, so it is stored.
    is_plain: bool = True
    #: At most so many of this name at once, over all processes; None for no limit.
    max_running: int | None = None
    #: The group of a submission that names none: a field of its arguments, or a function of them.
    group: Grouping | None = None
    #: Every start takes `cost` points of this limiter.
    limiter: Limiter | None = None
    cost: int = 1
    #: While its circuit is open no attempt begins.
    breaker: Breaker | None = None
    times: Times = NO_TIMES
    #: How its submissions are unique, unless they say otherwise.
    unique: Unique | None = None

    def group_of(self, args: A) -> str:
        """The group that these arguments belong to; empty for none."""
        if self.group is None:
            return ""
        value = getattr(args, self.group) if isinstance(self.group, str) else self.group(args)
        return "" if value is None else str(value)

    @property
    def summary(self) -> str:
        """First line of the function's docstring."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


class Declare(Protocol):
    """What @job(…) returns: it takes a function or a coroutine function and keeps its types."""

    @overload
    def __call__(self, function: "Callable[[JobContext, A], Coroutine[Any, Any, R]]", /) -> JobDefinition[A, R]: ...
    @overload
    def __call__(self, function: "Callable[[JobContext, A], R]", /) -> JobDefinition[A, R]: ...


def job(
    *,
    queue: Queue,
    name: str,
    timeout: timedelta,
    attempts: int | None = None,
    backoff: Backoff | None = None,
    priority: Priority = Priority.NORMAL,
    schedule: periodiq.CronSpec | str | None = None,
    durable: bool = True,
    isolation: Isolation = "thread",
    max_running: int | None = None,
    group: Grouping | None = None,
    limiter: Limiter | None = None,
    cost: int = 1,
    breaker: Breaker | None = None,
    times: Times = NO_TIMES,
    unique: Unique | None = None,
) -> Declare:
    """Declare a function as a job. It takes (ctx, args) and returns its result or raises a verdict.

    `async def` runs on the worker's event loop: await there, and give what blocks (a unit of work, a step, a driver) to
    `await ctx.off_loop(…)`. `isolation="process"` runs it in a process of its own, which is killed when the time limit,
    a cancel or a lost lease says so and the job does not end by itself. `group` names the field of the arguments, or
    the function of them, by which its jobs share limits and pauses; each start takes `cost` points of `limiter`.
    While the circuit of `breaker` is open it waits, at no cost; what its attempts raise opens and closes that.
    `schedule` is periodiq's `cron("…")`, or the text of an expression as schedules have it, such as "EVERY_5_MINUTES".
    `unique` says how many jobs of one key there may be, and what the key is made of (shared.jobs.uniqueness).

    Raises ConfigurationInvalid for a bad name, a timeout outside 1 ms to 24 h, untyped arguments, another isolation, or
    a wrong limit.
    """
    problems = []
    if not NAME.fullmatch(name):
        problems.append(f"job name {name!r} must match {NAME.pattern}")
    if not timedelta(milliseconds=1) <= timeout <= MAX_TIMEOUT:
        problems.append(f"timeout of job {name} must be from 1 ms to 24 hours, got {timeout}")
    if attempts is not None and not 1 <= attempts <= 100:
        problems.append(f"attempts of job {name} must be from 1 to 100, got {attempts}")
    if isolation not in ISOLATIONS:
        problems.append(f"isolation of job {name} must be one of {', '.join(ISOLATIONS)}, got {isolation!r}")
    problems.extend(times.problems(name, is_durable=durable))
    problems.extend(limit_problems(name, max_running=max_running, limiter=limiter, cost=cost))
    if problems:
        raise ConfigurationInvalid(problems)

    def declare(function: Callable[..., Any]) -> JobDefinition[Any, Any]:
        is_coroutine = inspect.iscoroutinefunction(function)
        arguments = _arguments_of(function, name)
        wrong = by_problems(name, unique, fields=arguments.__struct_fields__, is_durable=durable)
        wrong += schedule_problems(name, schedule, arguments)
        if wrong:
            raise ConfigurationInvalid(wrong)
        if isinstance(group, str) and group not in arguments.__struct_fields__:
            fields = ", ".join(arguments.__struct_fields__)
            raise ConfigurationInvalid(
                [f"group {group!r} of job {name} is no field of its arguments; allowed: {fields}"]
            )
        return JobDefinition(
            name=name,
            queue=queue,
            function=function,
            arguments=arguments,
            timeout=timeout,
            attempts=attempts,
            backoff=backoff,
            priority=priority,
            schedule=expression_of(schedule),
            is_durable=durable,
            isolation=isolation,
            is_coroutine=is_coroutine,
            is_plain=isolation == "thread" and not is_coroutine and breaker is None,
            max_running=max_running,
            group=group,
            limiter=limiter,
            cost=cost,
            breaker=breaker,
            times=times,
            unique=unique,
        )

    return declare


def _arguments_of(function: Callable[..., Any], name: str) -> Any:
    hints = get_type_hints(function)
    hints.pop("return", None)
    kinds = [hint for hint in hints.values() if isinstance(hint, type) and issubclass(hint, Arguments)]
    if len(kinds) != 1:
        raise ConfigurationInvalid([f"job {name} must take (ctx: JobContext, args: <subclass of Arguments>)"])
    return kinds[0]


class Catalogue:
    """The jobs and queues of one service, by name, with the service's defaults filled in."""

    def __init__(
        self,
        service: str,
        definitions: tuple[JobDefinition[Any, Any], ...],
        queues: tuple[Queue, ...],
        *,
        attempts: int = 3,
        backoff: Backoff | None = None,
        breakers: tuple[Breaker, ...] = (),
        budgets: tuple[Budget, ...] = (),
        freshness: tuple[Goal, ...] = (),
    ) -> None:
        self.service = service
        self.jobs = {definition.name: definition for definition in definitions}
        self.queues = {queue.name: queue for queue in queues}
        self._attempts = attempts
        self._backoff = backoff or exponential(2)
        problems = [
            f"job {definition.name} uses queue {definition.queue.name}, which {service} does not declare"
            for definition in definitions
            if definition.queue.name not in self.queues
        ]
        if len(self.queues) != len(queues):
            problems.append(f"two queues of {service} have the same name")
        if len(self.jobs) != len(definitions):
            problems.append(f"two jobs of {service} have the same name")
        self.limiters = by_name(service, (one.limiter for one in definitions), problems)
        self.breakers = by_name(service, (*breakers, *(one.breaker for one in definitions)), problems)
        self.budgets = by_name(service, budgets, problems)
        self.goals = goals_by_name(service, freshness, (self.jobs, self.budgets, self.breakers), problems)
        if problems:
            raise ConfigurationInvalid(problems)

    def attempts_of(self, definition: JobDefinition[Any, Any]) -> int:
        """Attempts in all: the job's own, else the service's default."""
        return definition.attempts or self._attempts

    def backoff_of(self, definition: JobDefinition[Any, Any]) -> Backoff:
        """The job's own backoff, else the service's default."""
        return definition.backoff or self._backoff
