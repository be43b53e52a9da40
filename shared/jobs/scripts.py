"""Owns the Lua scripts: loads them, one typed method a script. It must never decide policy;

that stands in its callers.
"""

import importlib.resources
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import msgspec
from redis.exceptions import NoScriptError

from shared import clock
from shared.errors import StoreUnavailable
from shared.jobs.connection import RedisClient, store_errors
from shared.jobs.entries import Entry, decode_entry
from shared.jobs.keys import Keys

#: A submitter may push without the row's lock for this long after it read Redis' clock (rule 5) …
PUSH_DEADLINE_MS = 10_000
#: … and every finished entry's tombstone outlives that.
TOMB_MS = 30_000
LEASE_MS = 30_000
#: An expired lease is taken back this much later, and a lease is refused this much after its job's time limit.
RECLAIM_GRACE_MS = 5_000
OVERTIME_MS = 60_000
CRASHES_MAX = 3
_EVERY = ("record", "events", "ends")
_PREAMBLES: dict[str, tuple[str, ...]] = {
    "claim": (*_EVERY, "tally", "gates"),
    **dict.fromkeys(("enqueue", "complete", "retry", "bury", "reclaim"), (*_EVERY, "tally")),
    "lock": (),
}
#: queues, arguments, further keys: what one script call is made of.
_Call: TypeAlias = tuple[Any, ...]
_pack = msgspec.msgpack.Encoder().encode


@cache
def source(name: str) -> str:
    """The text of one script with its preambles; whatever it returns, its events are told last."""
    folder = importlib.resources.files("shared.jobs") / "lua"
    *preambles, body = (
        (folder / f"{part}.lua").read_text(encoding="utf-8") for part in (*_PREAMBLES.get(name, _EVERY), name)
    )
    if not preambles:
        return body
    return "\n".join(
        (
            *preambles,
            f"local function transition()\n{body}\nend\nlocal answer = transition()",
            "tell()",
            "return answer",
        )
    )


class Push(msgspec.Struct, frozen=True):
    """One job on its way into the index. Times are Redis milliseconds; body is what messages.py writes."""

    id: str
    generation: int
    queue: str
    name: str
    priority: int
    due_ms: int
    attempts_max: int
    timeout_ms: int
    body: str
    attempts: int = 0
    crashes: int = 0
    must_check: bool = False
    is_durable: bool = True
    wait_reason: str = ""
    state: str = "scheduled"


class Held(msgspec.Struct, frozen=True):
    """The right to one running attempt: what every later write about it must show."""

    id: str
    generation: int
    token: str
    queue: str


class Claimed(msgspec.Struct, frozen=True):
    """One leased job as the claim handed it out: its record as it stands now, and its body."""

    held: Held
    entry: Entry
    body: bytes
    received: float

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return self.entry.attempts

    @property
    def crashes(self) -> int:
        """How many of its processes have died."""
        return self.entry.crashes

    @property
    def must_check(self) -> bool:
        """True when the row decides whether there is still something to run."""
        return bool(self.entry.check)

    @property
    def enqueued_ms(self) -> int:
        """When it came into the index."""
        return self.entry.enqueued

    @property
    def started_ms(self) -> int:
        """When this attempt was claimed."""
        return self.entry.started

    def now_ms(self) -> int:
        """Redis' clock as this process can tell it: the time of the claim plus what has passed since."""
        return self.entry.started + int((clock.monotonic() - self.received) * 1000)


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim: jobs, and per queue the ms until it may have more (None = an enqueue decides)."""

    is_closed: bool
    now_ms: int
    jobs: tuple[Claimed, ...]
    waits: dict[str, int | None]


class Completion(msgspec.Struct, frozen=True):
    """One attempt that ended well. `outcome` is the encoded record for the settler; empty when it is settled."""

    held: Held
    outcome: str
    is_settled: bool


class Scripts:
    """The transitions of one service's jobs in Redis; each method is one atomic call and safe to repeat."""

    def __init__(self, client: RedisClient, service: str) -> None:
        self.client = client
        self.keys = Keys(service)
        self._base = self.keys.base()
        self._blocks: dict[str, list[str]] = {}
        self._registered: dict[str, Any] = {}

    def _wire(self, queues: Sequence[str], arguments: Sequence[object], *extra_keys: str) -> tuple[list[str], bytes]:
        keys = [*self._base]
        for queue in queues:
            keys.extend(self._queue_keys(queue))
        keys.extend(extra_keys)
        return keys, _pack(arguments)

    def _queue_keys(self, queue: str) -> list[str]:
        known = self._blocks.get(queue)
        if known is None:
            known = self._blocks[queue] = self.keys.queue(queue)
        return known

    def _run(self, name: str, queues: Sequence[str], arguments: Sequence[object], *extra_keys: str) -> Any:
        keys, packed = self._wire(queues, arguments, *extra_keys)
        with store_errors():
            return self._script(name)(keys=keys, args=[packed])

    def _script(self, name: str) -> Any:
        script = self._registered.get(name)
        if script is None:
            script = self._registered[name] = self.client.register_script(source(name))
        return script

    def enqueue(self, pushes: Sequence[Push], *, deadline_ms: int) -> list[int]:
        """Push jobs. 1 pushed, 0 already there, -1 past `deadline_ms` (0 = none), -2 an older generation runs."""
        queues = sorted({push.queue for push in pushes})
        jobs = [
            [push.id, push.generation, queues.index(push.queue) + 1, push.queue, push.name, push.priority, push.due_ms,
             push.attempts_max, push.attempts, push.crashes, int(push.must_check), int(push.is_durable),
             push.timeout_ms, push.body, push.wait_reason, push.state]
            for push in pushes
        ]  # fmt: skip
        return list(self._run("enqueue", queues, [deadline_ms, jobs]))

    def claim(self, wants: dict[str, int], *, identity: str, request: str, worker: str) -> Claim:
        """Lease up to `wants[queue]` jobs of each queue. The same `request` (128 random bits) gets the same answer."""
        return self._claim_of(list(wants), self._run("claim", *self._claim_call(wants, identity, request, worker)))

    def complete(self, completions: Sequence[Completion]) -> list[bool]:
        """End attempts well; False for each whose lease was not held any more."""
        return [status == 1 for status in self._run("complete", *self._complete_call(completions))]

    def complete_and_claim(
        self, completions: Sequence[Completion], wants: dict[str, int], *, identity: str, request: str, worker: str
    ) -> tuple[list[bool], Claim]:
        """Both in one round trip, in this order; each is atomic, the two together are not and need not be."""
        ended = self._complete_call(completions)
        claimed = self._claim_call(wants, identity, request, worker)
        with store_errors():
            pipeline = self.client.pipeline(transaction=False)
            for name, call in (("complete", ended), ("claim", claimed)):
                keys, arguments = self._wire(*call)
                pipeline.evalsha(self._script(name).sha, len(keys), *keys, arguments)
            try:
                statuses, answer = pipeline.execute()
            except NoScriptError:
                statuses, answer = self._run("complete", *ended), self._run("claim", *claimed)
        return [status == 1 for status in statuses], self._claim_of(list(wants), answer)

    def _claim_call(self, wants: dict[str, int], identity: str, request: str, worker: str) -> _Call:
        arguments = [identity, request, worker, LEASE_MS, list(wants.values())]
        return list(wants), arguments, self.keys.claim(request)

    def _claim_of(self, queues: list[str], answer: Any) -> Claim:
        status, now_ms, jobs, waits = answer
        return Claim(
            is_closed=status == b"closed",
            now_ms=now_ms,
            jobs=tuple(_claimed(queues, jobs)),
            waits={queue: None if wait < 0 else wait for queue, wait in zip(queues, waits, strict=False)},
        )

    def _complete_call(self, completions: Sequence[Completion]) -> _Call:
        queues = sorted({done.held.queue for done in completions})
        attempts = [
            [done.held.id, done.held.generation, done.held.token, queues.index(done.held.queue) + 1,
             int(done.is_settled), done.outcome]
            for done in completions
        ]  # fmt: skip
        return queues, [TOMB_MS, attempts]

    def bury(self, held: Held, *, state: str, outcome: str, error: str) -> bool:
        """End an attempt as dead or cancelled; False when the lease was not held any more."""
        arguments = [held.id, held.generation, held.token, state, outcome, error]
        return bool(self._run("bury", [held.queue], arguments) == 1)

    def retry(
        self, held: Held, *, state: str, delay_ms: int, counts: bool, wait_reason: str, kind: str, error: str = ""
    ) -> bool:
        """Move a running job to its next time; False when the lease was not held any more."""
        arguments = [
            held.id, held.generation, held.token, state, delay_ms, int(counts), wait_reason, kind, error, TOMB_MS
        ]  # fmt: skip
        return bool(self._run("retry", [held.queue], arguments) > 0)

    def release(self, held: Held) -> bool:
        """Give a job back to its old position, no attempt spent; False when the lease was not held any more."""
        return bool(self._run("release", [held.queue], [held.id, held.generation, held.token, TOMB_MS]) > 0)

    def extend(self, attempts: Sequence[Held]) -> list[int]:
        """The heartbeat. Statuses: 1 extended, 0 lost, 2 doomed, 3 past its time limit."""
        queues = sorted({held.queue for held in attempts})
        named = [[held.id, held.generation, held.token, queues.index(held.queue) + 1] for held in attempts]
        return list(self._run("extend", queues, [LEASE_MS, OVERTIME_MS, named]))

    def reclaim(self, queue: str, *, limit: int = 100) -> tuple[int, int]:
        """Take expired leases of a queue back: (put back, buried)."""
        reclaimed, buried = self._run("reclaim", [queue], [RECLAIM_GRACE_MS, CRASHES_MAX, limit, TOMB_MS])
        return reclaimed, buried

    def settle(self, entries: Sequence[tuple[str, int, str]]) -> int:
        """Remove (id, generation, state) entries that PostgreSQL has; returns how many left."""
        return int(self._run("settle", [], [TOMB_MS, entries]))

    def drop(self, job_id: str, queue: str, *, generation: int, token: str = "") -> int:
        """Remove an entry whose row is final or gone: 1 dropped, 2 doomed, 0 nothing to do."""
        return int(self._run("drop", [queue], [job_id, generation, token, TOMB_MS]))

    def progress(self, held: Held, report: str, *, done: float) -> int:
        """Store progress: 1 stored, 0 lease lost, -1 lower than before."""
        return int(self._run("progress", [], [held.id, held.generation, held.token, report, done]))

    def configure(
        self,
        queue: str,
        *,
        version: int,
        is_paused: bool,
        max_running: int,
        rate: int,
        window_ms: int,
        is_full: bool = False,
    ) -> bool:
        """Copy a queue's settings into the index; False when something newer is there.

        `is_full` begins the rate's window as if it had been used up now: what was started before is not known.
        """
        arguments = [version, int(is_paused), max_running, rate, window_ms, int(is_full)]
        return bool(self._run("configure", [queue], arguments) == 1)

    def mark_rebuild(self, prefix: str, mark: str) -> str:
        """Close claims for a rebuild; returns the mark that stands, another's when one with this prefix is at it."""
        return str(self._run("rebuild", [], [prefix, mark]).decode())

    def adopt(self, mark: str, identity: str) -> bool:
        """Open claims; False when the index was lost again, or adopted by another, since `mark` was set."""
        return bool(self._run("adopt", [], [mark, identity]) == 1)

    def lock(self, verb: str, name: str, *, token: str, ttl_ms: int) -> bool:
        """Take, renew or free a named lock; False when another holds it."""
        with store_errors():
            return bool(self._script("lock")(keys=[self.keys.lock(name)], args=[verb, token, ttl_ms]) == 1)

    def ping(self) -> str | None:
        """None when Redis answers, else why not; for health checks."""
        try:
            self.time_ms()
        except StoreUnavailable as error:
            return str(error)
        return None

    def time_ms(self) -> int:
        """Redis' clock in milliseconds."""
        with store_errors():
            seconds, micros = self.client.time()
        return int(seconds) * 1000 + int(micros) // 1000


def _claimed(queues: Sequence[str], flat: Sequence[Any]) -> Iterator[Claimed]:
    received = clock.monotonic()
    for at in range(0, len(flat), 4):
        job_id, entry = flat[at + 1].decode(), decode_entry(flat[at + 2])
        held = Held(job_id, entry.generation, entry.token, queues[flat[at] - 1])
        yield Claimed(held, entry, flat[at + 3] or b"", received)
