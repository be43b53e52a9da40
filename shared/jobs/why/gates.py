"""Owns which gates keep a job from starting, in the order in which a claim asks them. Pure."""

from collections.abc import Iterator

from shared.jobs.why.causes import Cause, Reason, at, ending, instant
from shared.jobs.why.sight import GateSight, QueueSight, Sight

_PAUSED = {"job": Reason.JOB_PAUSED, "group": Reason.GROUP_PAUSED}
_LIMIT = {"job": Reason.JOB_LIMIT, "group": Reason.GROUP_LIMIT}


def of_queue(queue: QueueSight) -> Iterator[Cause]:
    """What lets nothing of the queue start now."""
    if queue.paused_until_ms:
        text = f"queue {queue.name} is paused {ending(queue.paused_until_ms)}"
        yield Cause(reason=Reason.QUEUE_PAUSED, text=text, until=instant(queue.paused_until_ms))
    if queue.closed_until_ms:
        text = f"a provider asked queue {queue.name} to wait until {at(queue.closed_until_ms)}"
        yield Cause(reason=Reason.QUEUE_CLOSED, text=text, until=instant(queue.closed_until_ms))
    if not queue.workers:
        text = f"no live worker asks for jobs of queue {queue.name}; start one"
        yield Cause(reason=Reason.NO_WORKER, text=text)
    if 0 < queue.max_running <= queue.running:
        text = f"limit of queue {queue.name}: {queue.running} of {queue.max_running} running"
        yield Cause(reason=Reason.QUEUE_LIMIT, text=text, running=queue.running, limit=queue.max_running)
    if queue.rate_opens_ms:
        text = (
            f"rate of queue {queue.name}: {queue.rate} starts in any {queue.window_ms:,} ms are used up; "
            f"the next start is possible at {at(queue.rate_opens_ms)}"
        )
        yield Cause(reason=Reason.QUEUE_RATE, text=text, until=instant(queue.rate_opens_ms), limit=queue.rate)


def of_job(sight: Sight) -> Iterator[Cause]:
    """What keeps this job from starting while others of its queue may."""
    for gate in sight.gates:
        yield from _of_gate(gate, sight.now_ms)
    yield from _of_limiter(sight)


def _of_gate(gate: GateSight, now_ms: int) -> Iterator[Cause]:
    if gate.until_ms == -1 or gate.until_ms > now_ms:
        text = f"{gate.kind} {gate.name} is paused {ending(gate.until_ms)}"
        yield Cause(reason=_PAUSED[gate.kind], text=text, until=instant(gate.until_ms))
    if 0 < gate.limit <= gate.running:
        text = f"limit of {gate.kind} {gate.name}: {gate.running} of {gate.limit} running"
        yield Cause(reason=_LIMIT[gate.kind], text=text, running=gate.running, limit=gate.limit)


def _of_limiter(sight: Sight) -> Iterator[Cause]:
    limiter, name = sight.limiter, sight.limiter_name
    if limiter is None or (limiter.opens_ms == 0 and limiter.points):
        return
    if limiter.paused_until_ms:
        text = f"limiter {name} is paused {ending(limiter.paused_until_ms)}"
        yield Cause(reason=Reason.LIMITER_PAUSED, text=text, until=instant(limiter.paused_until_ms))
    if limiter.closed_until_ms:
        text = f"a provider closed limiter {name} until {at(limiter.closed_until_ms)}"
        yield Cause(reason=Reason.LIMITER_CLOSED, text=text, until=instant(limiter.closed_until_ms))
    if limiter.free < sight.cost:
        spent = "has no budget yet: no scheduler has declared it" if not limiter.points else (
            f"has {limiter.free} of {limiter.points} points left in its {limiter.window_ms:,} ms, and this job "
            f"costs {sight.cost}; more may come at {at(limiter.opens_ms)}"
        )  # fmt: skip
        until = instant(limiter.opens_ms)
        yield Cause(reason=Reason.LIMITER_SPENT, text=f"limiter {name} {spent}", until=until, limit=limiter.points)
