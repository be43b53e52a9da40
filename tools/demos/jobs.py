"""Owns the jobs of the demonstrations without PostgreSQL. They must never be found by a product's discovery."""

import threading
import time
from dataclasses import dataclass, field

from shared import clock
from shared.errors import UpstreamUnavailable
from shared.jobs import Arguments, Catalogue, JobContext, Queue, Unrecoverable, exponential, job, seconds
from shared.jobs.connection import RedisClient
from shared.jobs.scripts import Scripts
from shared.jobs.submission import Jobs
from tools.demos.identity import IdentityAlone

SERVICE = "demonstration"
QUEUE = Queue("demonstration", slots=1)


class Play(Arguments, frozen=True):
    """How often the job fails before it goes well, and whether at once for good."""

    number: int = 0
    failures: int = 0
    is_hopeless: bool = False


@dataclass(slots=True)
class Notebook:
    """Which attempts have started, and when (monotonic seconds); shared by the threads of one process."""

    starts: list[tuple[int, float]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, number: int) -> None:
        with self._changed:
            self.starts.append((number, clock.monotonic()))
            self._changed.notify_all()

    def wait_for(self, count: int, *, seconds: float) -> list[tuple[int, float]]:
        """The starts so far, once there are so many or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.starts) >= count, timeout=seconds)
            return list(self.starts)

    def begin_anew(self) -> float:
        """Forget the starts; the time from which the next ones count."""
        with self._changed:
            self.starts.clear()
        return time.monotonic()


def _perform(ctx: JobContext, args: Play) -> dict[str, int]:
    ctx.resource(Notebook).note(args.number)
    ctx.progress(50, note="half of it")
    if args.is_hopeless:
        raise Unrecoverable("no attempt can ever go well")
    if ctx.attempt <= args.failures:
        raise UpstreamUnavailable(f"attempt {ctx.attempt} fails on purpose")
    return {"number": args.number, "attempt": ctx.attempt}


@job(queue=QUEUE, name="play", timeout=seconds(10), attempts=3, backoff=exponential(2, jitter=0), durable=False)
def play(ctx: JobContext, args: Play) -> dict[str, int]:
    """Does what its arguments say; retries after 2 s, then 4 s. A second run is harmless: it changes nothing."""
    return _perform(ctx, args)


@job(queue=QUEUE, name="play-fast", timeout=seconds(10), attempts=3, backoff=exponential(0.4, jitter=0), durable=False)
def play_fast(ctx: JobContext, args: Play) -> dict[str, int]:
    """The same, with retries after 0.4 s, then 0.8 s. A second run is harmless: it changes nothing."""
    return _perform(ctx, args)


def catalogue() -> Catalogue:
    """The service of the demonstrations."""
    return Catalogue(SERVICE, (play, play_fast), (QUEUE,))


def jobs_of(scripts: Scripts, *, identity: str) -> Jobs:
    """Jobs on this index, with a ledger of one row."""
    return Jobs(catalogue(), IdentityAlone(identity), scripts)


def scripts_of(client: RedisClient) -> Scripts:
    """The real index."""
    return Scripts(client, SERVICE)
