"""Owns the shapes of answers as the API description tells them.
It must never be used to build one; the tests hold both together."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from services.gateway.rest.times import TimesAnswer

StateWord = Literal[
    "scheduled", "blocked", "queued", "running", "retrying", "completed", "dead", "cancelled", "expired"
]
TIME = "RFC 3339, UTC, milliseconds."
DECIMAL = "Exact decimal as text."


class Problem(BaseModel):
    """RFC 9457."""

    type: str = Field(description="Stable URI of the kind of problem.")
    title: str
    status: int
    detail: str
    instance: str
    field: str | None = Field(None, description="The field that is wrong.")
    allowed: list[str] | None = Field(None, description="What would have been accepted.")
    error_id: str | None = Field(None, description="Finds an internal error in the log.")


class AcceptedJob(BaseModel):
    """A job that is durable from now on."""

    id: str
    state: StateWord
    queue: str
    name: str
    service: str
    already_existed: bool = Field(description="An idempotency key or a unique key means this job already.")


class JobProgress(BaseModel):
    """How far the current attempt is."""

    done: float
    total: float
    note: str
    stage: str | None = None
    eta: str | None = Field(None, description="When it may be done at the pace so far.")
    data: dict[str, Any] | None = None


class JobFailure(BaseModel):
    """Why the latest failed attempt failed; `reason` says why the job is dead, null while it is not."""

    type: str
    message: str
    reason: str | None
    traceback: str | None = None


class JobAnswer(BaseModel):
    """A job."""

    id: str
    service: str
    queue: str
    name: str
    state: StateWord
    priority: int = Field(description="1 critical to 5 batch.")
    attempts_made: int
    attempts_max: int
    generation: int = Field(description="Counts how often it was run again by a person, from 1.")
    crashes: int = Field(description="How often its process has died in this generation; that costs no attempt.")
    wait_reason: str | None = Field(description="Why a scheduled or blocked job waits, or what parks a queued one.")
    progress: JobProgress | None
    args: dict[str, Any]
    result: Any
    error: JobFailure | None
    created_at: str = Field(description=TIME)
    scheduled_for: str | None
    started_at: str | None
    finished_at: str | None
    request_id: str | None = Field(description="X-Request-Id of the call that led to it, also through other jobs.")
    times: TimesAnswer
    result_expires_at: str | None = Field(description="From then on its result is not told any more.")
    result_expired: bool = Field(description="It had a result whose time is over.")


class JobList(BaseModel):
    """Jobs, newest first."""

    items: list[JobAnswer]
    next_cursor: str | None
    unavailable: list[str] = Field(description="Services that did not answer; their jobs are missing.")


class QueueAnswer(BaseModel):
    """A queue's settings and counts now."""

    name: str
    service: str
    paused: bool
    paused_until: str | None
    slots: int = Field(description="Jobs one worker process runs at once.")
    max_running: int | None = Field(description="Limit over all processes.")
    rate_limit: int | None = Field(description="Starts in any window of rate_window_ms.")
    rate_window_ms: int | None
    group_max_running: int | None = Field(description="Limit of any one group over all processes.")
    age_ms: int = Field(description="A lower priority that waited so long gets a tenth of the starts.")
    queued: int
    scheduled: int
    retrying: int
    running: int
    oldest_queued_ms: int
    started_total: int
    completed_total: int
    retried_total: int
    dead_total: int
    jobs: list[str]


class QueueList(BaseModel):
    """Every service's queues."""

    items: list[QueueAnswer]
    next_cursor: None
    unavailable: list[str]


class PriceAnswer(BaseModel):
    """What a coin cost at one tick."""

    coin_id: int
    tick: str = Field(description=TIME)
    price_usd: str = Field(description=DECIMAL)
    provider: str
    pair_address: str | None
    liquidity_usd: str | None
    volume_24h_usd: str | None
    change_24h_fraction: str | None = Field(description="0.085 is +8.5 %.")
    fetched_at: str = Field(description=TIME)


class PriceAge(BaseModel):
    """How old what is known of a coin is; hot, normal and cold say how old it may be."""

    age_ms: int
    max_age_ms: int
    tier: str
    is_breached: bool
    reason: str


class CoinAnswer(BaseModel):
    """A coin with its newest price."""

    id: int
    symbol: str
    name: str
    chain: str
    address: str
    price_interval_seconds: int
    tracked: bool
    created_at: str
    updated_at: str
    latest_price: PriceAnswer | None
    price_age: PriceAge | None


class CoinList(BaseModel):
    """Coins by id."""

    items: list[CoinAnswer]
    next_cursor: str | None


class PriceList(BaseModel):
    """Prices, newest first."""

    items: list[PriceAnswer]
    next_cursor: str | None
