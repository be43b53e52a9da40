"""Owns every metric: name, unit, labels, meaning and remedy, declared once. It must never carry an id in a label."""

# millrace: allow-file file-size because every metric stands in one place

import functools
import threading
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from shared.distributions import Distribution, Series

#: What one label set of a metric is.
M = TypeVar("M", bound=Counter | Gauge | Series)

REGISTRY = CollectorRegistry()
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
#: Label sets one metric may have; later ones are counted together as "other".
MAX_SERIES = 1_000

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_LONG = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a metric is; `remedy` says what to do when it moves. The dashboard's help text comes from here."""

    name: str
    kind: str
    unit: str
    labels: tuple[str, ...]
    meaning: str
    remedy: str


DECLARED: dict[str, Declaration] = {}


class Metric(Generic[M]):
    """A declared metric whose label sets are bounded: `JOB_ATTEMPTS.labels(service=…, queue=…, …).inc()`."""

    def __init__(self, declaration: Declaration, metric: Counter | Gauge | Distribution) -> None:
        if declaration.name in DECLARED:
            raise ValueError(f"metric {declaration.name} is declared twice")
        DECLARED[declaration.name] = declaration
        self.declaration = declaration
        self._metric = metric
        self._children: dict[tuple[str, ...], M] = {}
        self._lock = threading.Lock()

    def labels(self, **labels: str) -> M:
        """The series of these labels. Raises ValueError when a label is missing or unknown."""
        names = self.declaration.labels
        if labels.keys() != set(names):
            raise ValueError(f"{self.declaration.name} needs the labels {', '.join(names)}, got {', '.join(labels)}")
        key = tuple(labels[name] for name in names)
        child = self._children.get(key)
        return child if child is not None else self._open(key)

    def total(self) -> float:
        """The sum over all series of a counter."""
        samples = [sample for family in self._metric.collect() for sample in family.samples]
        return sum(sample.value for sample in samples if sample.name == self.declaration.name)

    def _open(self, key: tuple[str, ...]) -> M:
        with self._lock:
            if key not in self._children and len(self._children) >= MAX_SERIES:
                key = ("other",) * len(key)
            if key not in self._children:
                # A metric's children are of its own class.
                self._children[key] = cast("M", self._metric.labels(*key))
            return self._children[key]


def render() -> bytes:
    """All metrics of this process in Prometheus' text format."""
    _collect_process()
    return generate_latest(REGISTRY)


@functools.cache
def _collect_process() -> None:
    # They read /proc when made, which is work an import may not do.
    ProcessCollector(registry=REGISTRY)
    PlatformCollector(registry=REGISTRY)


def _counter(name: str, labels: str, meaning: str, remedy: str) -> Metric[Counter]:
    declaration = Declaration(f"{name}_total", "counter", "1", tuple(labels.split()), meaning, remedy)
    metric = Counter(name, f"{meaning} {remedy}", declaration.labels, registry=REGISTRY)
    return Metric(declaration, metric)


def _gauge(name: str, unit: str, labels: str, meaning: str, remedy: str) -> Metric[Gauge]:
    declaration = Declaration(name, "gauge", unit, tuple(labels.split()), meaning, remedy)
    metric = Gauge(name, f"{meaning} {remedy}", declaration.labels, registry=REGISTRY)
    return Metric(declaration, metric)


def _seconds(name: str, labels: str, meaning: str, remedy: str, *, buckets: tuple[float, ...]) -> Metric[Series]:
    declaration = Declaration(name, "histogram", "seconds", tuple(labels.split()), meaning, remedy)
    metric = Distribution(name, f"{meaning} {remedy}", declaration.labels, bounds=buckets, registry=REGISTRY)
    return Metric(declaration, metric)


RPC_SERVER_SECONDS = _seconds(
    "millrace_rpc_server_handled_seconds",
    "service method code",
    "Time from the start of a gRPC handler to its status; streams count until they end.",
    "Slow with code OK: look at the database of that service. Many UNAVAILABLE: a store does not answer, see /readyz.",
    buckets=_FAST,
)
RPC_CLIENT_SECONDS = _seconds(
    "millrace_rpc_client_seconds",
    "service method code",
    "Time a call to the named peer took, retries included.",
    "Many UNAVAILABLE or DEADLINE_EXCEEDED: the peer is down or overloaded; look at its server metrics.",
    buckets=_FAST,
)
JOB_ATTEMPTS = _counter(
    "millrace_job_attempts",
    "service queue job outcome",
    "Attempts that ended, by outcome (done, again, buried, cancelled, released, lost, obsolete).",
    "More again (retries) or buried (dead) than usual: read the errors of the dead jobs of that queue.",
)
JOB_RUN_SECONDS = _seconds(
    "millrace_job_run_seconds",
    "service queue job",
    "Time one attempt ran.",
    "Near the job's timeout: raise it or split the job. Growing: look at the provider or the database it uses.",
    buckets=_LONG,
)
JOB_WAIT_SECONDS = _seconds(
    "millrace_job_wait_seconds",
    "service queue job",
    "Time from when a job was due until its attempt started.",
    "Growing: add workers or slots, or raise the queue's rate, unless the queue is paused.",
    buckets=_LONG,
)
STALE_WRITES = _counter(
    "millrace_stale_writes",
    "service",
    "Writes refused because their lease had been lost; none of them changed anything.",
    "Rare after a kill or a deploy. Steady: workers stall longer than the lease; look at their CPU and pauses.",
)
STUCK_ATTEMPTS = _counter(
    "millrace_stuck_attempts",
    "queue job",
    "Attempts that took no notice of their interrupt and were ended without their thread or coroutine.",
    'Each holds memory until it returns. Give the job timeouts on what it calls, or isolation="process".',
)
ISOLATED_DEATHS = _counter(
    "millrace_isolated_deaths",
    "queue job cause",
    "Processes of isolated jobs that did not survive their job, by cause (killed by us, signal, exit).",
    "signal: read the job's error for the signal; SIGKILL that is not ours is usually the kernel out of memory.",
)
QUEUE_DEPTH = _gauge(
    "millrace_queue_depth",
    "jobs",
    "service queue state",
    "Jobs in a queue by live state (queued, scheduled, retrying, running).",
    "queued grows while running stays at its limit: add workers, or raise slots, max_running or the rate.",
)
OLDEST_QUEUED_SECONDS = _gauge(
    "millrace_oldest_queued_seconds",
    "seconds",
    "service queue",
    "Age of the oldest job that may start now; 0 when none waits.",
    "Above a minute with a running queue: workers are missing, paused or blocked. The best signal to scale on.",
)
SLOT_DECISIONS = _counter(
    "millrace_slot_decisions",
    "service queue way",
    "Changes of the slots of queues that adapt, by way (up, down).",
    "down again and again: a provider or the database is the limit; lower max_slots; the decisions say which.",
)
RELAY_PUSHED = _counter(
    "millrace_relay_pushed",
    "service",
    "Jobs the relay pushed because their submitter had not.",
    "Rises after crashes and Redis outages. Steady: submitters fail between commit and push; read their logs.",
)
RECONCILE_FIXED = _counter(
    "millrace_reconcile_fixed",
    "service kind",
    "Differences between PostgreSQL and Redis that the reconciler repaired, by kind.",
    "Rises after a Redis loss, then stops. Steady: report a bug with the kind and the logs around it.",
)
JOBS_SWEPT = _counter(
    "millrace_jobs_swept",
    "service queue state rule",
    "Finished jobs deleted by retention, by how they had ended and by the rule (age, count).",
    "state=dead: nobody has looked at them in time, or they are too many. Requeue them, or raise <QUEUE>_KEEP_DEAD_….",
)
LOG_LINES_LOST = _counter(
    "millrace_job_log_lines_lost",
    "service",
    "Log lines of jobs that could not be kept; the process's own log has them.",
    "Rises: PostgreSQL was away for longer than lines can wait, or refused them; the worker's log says which.",
)
OUTBOX_MESSAGES = _counter(
    "millrace_outbox_messages",
    "service peer outcome",
    "Messages to other services, by outcome of a try (sent, retried, failed).",
    "retried: the peer is down or refuses, see its health. failed: read the outbox's errors; nothing tries them again.",
)
SCHEDULE_FIRED = _counter(
    "millrace_schedule_fired",
    "service",
    "Ticks of schedules that submitted their job.",
    "Stops: no scheduler process runs, or ENABLE_SCHEDULED_JOBS is off.",
)
SCHEDULE_TICKS = _counter(
    "millrace_schedule_ticks",
    "service outcome",
    "Ticks of schedules, by what became of them (fired, coalesced, skipped, buffered, missed, refused).",
    "refused: read the schedule's last_error. skipped: its jobs take longer than its rhythm. missed: see _missed.",
)
SCHEDULES_MISSED = _gauge(
    "millrace_schedules_missed",
    "schedules",
    "service",
    "Schedules whose tick has been due for more than 45 s and has not been fired.",
    "Above 0: no scheduler fires; look at the scheduler processes, ENABLE_SCHEDULED_JOBS and PostgreSQL.",
)
SCHEDULE_LAG_SECONDS = _gauge(
    "millrace_schedule_lag_seconds",
    "seconds",
    "service",
    "How long the most overdue schedule has been due; 0 when none is.",
    "Above a few seconds: schedulers are missing or PostgreSQL is slow.",
)
FRESHNESS_JOBS = _counter(
    "millrace_freshness_jobs",
    "service goal",
    "Jobs that goals of freshness submitted.",
    "Stops: no scheduler plans, the goal is paused or refused, or its budget is spent; see /api/v1/freshness/goals.",
)
FRESHNESS_ENTITIES = _gauge(
    "millrace_freshness_entities",
    "entities",
    "service goal",
    "Entities that a goal of freshness is kept for.",
    "Informs; with the ages it says how many jobs a minute a goal needs.",
)
FRESHNESS_BREACHED = _gauge(
    "millrace_freshness_breached",
    "entities",
    "service goal",
    "Entities whose data is older than their goal allows.",
    "Above 0: /api/v1/freshness/entities?breached=true names them, their breaches the reason.",
)
FRESHNESS_WORST_RATIO = _gauge(
    "millrace_freshness_worst_ratio",
    "ratio",
    "service goal",
    "Age of the most overdue entity's data, as a multiple of the age allowed.",
    "Above 1: see the breached ones. All alike above 1: the budget gives less than the ages ask for.",
)
HTTP_REQUEST_SECONDS = _seconds(
    "millrace_http_request_seconds",
    "route method status",
    "Time one HTTP request took; route is the pattern, never the path.",
    "5xx: read the gateway's log by error id. Slow: see the client metrics of the service behind the route.",
    buckets=_FAST,
)
UPSTREAM_REQUESTS = _counter(
    "millrace_upstream_requests",
    "provider outcome",
    "Requests to outside providers, by outcome (ok, rate_limited, unavailable, garbage, timeout).",
    "rate_limited: lower that provider's rate or add a key. unavailable or garbage: the fall-back answers meanwhile.",
)
CIRCUIT_CHANGES = _counter(
    "millrace_circuit_changes",
    "circuit state",
    "Circuits of providers that opened or closed.",
    "open: its reason tells what failed; jobs wait meanwhile. Opens and closes again and again: raise its cooldown.",
)
CIRCUIT_REFUSED = _counter(
    "millrace_circuit_refused",
    "circuit",
    "Calls that were not made because their circuit was open.",
    "Falls when the provider is back. If it is and the circuit is not, close it by hand.",
)
BUDGET_CALLS = _counter(
    "millrace_budget_calls",
    "budget outcome",
    "Calls that asked a provider's budget, by outcome (spent, refused).",
    "refused: jobs wait until the window turns. Buy more and raise the budget, or call less often.",
)
BUDGET_SOFT = _counter(
    "millrace_budget_soft",
    "budget",
    "Windows in which a budget went past its soft cap.",
    "The reading says when it will be gone: lower the rate of what spends it, or raise the budget.",
)
UPSTREAM_SECONDS = _seconds(
    "millrace_upstream_seconds",
    "provider",
    "Time one request to an outside provider took.",
    "Near the timeout: the provider is slow; jobs hold their slots longer, so watch the queue's wait.",
    buckets=_FAST,
)
