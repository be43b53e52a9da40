"""The public face of the job runtime: what a service developer needs, and nothing that runs by itself."""

from periodiq import cron

from shared.jobs.adaptive import Adaptive
from shared.jobs.broker import Middleware, SkipMessage
from shared.jobs.context import JobContext
from shared.jobs.definitions import (
    Arguments,
    Catalogue,
    JobDefinition,
    Priority,
    Queue,
    Rate,
    Result,
    job,
)
from shared.jobs.dependencies import Dependency, Policy
from shared.jobs.durations import hours, minutes, seconds
from shared.jobs.effects import EffectUnknown, NothingHappened
from shared.jobs.exchange.outbox import MessageId, submit_to
from shared.jobs.flows.graphs import After, Node
from shared.jobs.flows.opening import submit_flow
from shared.jobs.flows.reads import Flow, ParentResult
from shared.jobs.freshness import Entity, Touches, fresh, read_ages, track, untrack
from shared.jobs.freshness import Reading as Freshness
from shared.jobs.freshness_goals import Goal
from shared.jobs.guards import Guards
from shared.jobs.ledger.records import Job, JobId
from shared.jobs.limits import Limiter
from shared.jobs.lock_keys import analysis_lock, similarity_lock, wallet_lock
from shared.jobs.outcomes import Cancel, Discard, RateLimited, Retry, Snooze, Unrecoverable
from shared.jobs.providers import Breaker, Budget
from shared.jobs.retention import Keep, Retention
from shared.jobs.retries import Backoff, computed, exponential, fixed, linear, table
from shared.jobs.schedules import Misfire, Overlap, Schedule, put_schedule, remove_schedule
from shared.jobs.submission import Jobs, submit, submit_many
from shared.jobs.times import Times
from shared.jobs.uniqueness import Unique, debounce, keep_latest, unique_for, until_done, until_start
from shared.jobs.waits import wait

__all__ = [
    "Adaptive",
    "After",
    "Arguments",
    "Backoff",
    "Breaker",
    "Budget",
    "Cancel",
    "Catalogue",
    "Dependency",
    "Discard",
    "EffectUnknown",
    "Entity",
    "Flow",
    "Freshness",
    "Goal",
    "Guards",
    "Job",
    "JobContext",
    "JobDefinition",
    "JobId",
    "Jobs",
    "Keep",
    "Limiter",
    "MessageId",
    "Middleware",
    "Misfire",
    "Node",
    "NothingHappened",
    "Overlap",
    "ParentResult",
    "Policy",
    "Priority",
    "Queue",
    "Rate",
    "RateLimited",
    "Result",
    "Retention",
    "Retry",
    "Schedule",
    "SkipMessage",
    "Snooze",
    "Times",
    "Touches",
    "Unique",
    "Unrecoverable",
    "analysis_lock",
    "computed",
    "cron",
    "debounce",
    "exponential",
    "fixed",
    "fresh",
    "hours",
    "job",
    "keep_latest",
    "linear",
    "minutes",
    "put_schedule",
    "read_ages",
    "remove_schedule",
    "seconds",
    "similarity_lock",
    "submit",
    "submit_flow",
    "submit_many",
    "submit_to",
    "table",
    "track",
    "unique_for",
    "until_done",
    "until_start",
    "untrack",
    "wait",
    "wallet_lock",
]
