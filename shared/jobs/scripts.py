"""Owns the Lua scripts: loads them, one typed method a script. It must never decide policy;

that stands in its callers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from shared.errors import StoreUnavailable
from shared.jobs.asked import Asked
from shared.jobs.connection import RedisClient, store_errors
from shared.jobs.grants import Claim as Claim
from shared.jobs.grants import Claimed as Claimed
from shared.jobs.grants import Completion as Completion
from shared.jobs.grants import Credits as Credits
from shared.jobs.grants import GateCopy as GateCopy
from shared.jobs.grants import Held as Held
from shared.jobs.grants import Push as Push
from shared.jobs.grants import Wanted as Wanted
from shared.jobs.index_ids import to_index
from shared.jobs.keys import Keys
from shared.jobs.script_calls import ScriptCalls, finished
from shared.jobs.sent_ahead import SentAhead

#: A submitter may push without the row's lock for this long after it read Redis' clock (rule 5) …
PUSH_DEADLINE_MS = 10_000
#: … and every finished entry's tombstone outlives that.
TOMB_MS = 30_000
LEASE_MS = 30_000
#: An expired lease is taken back this much later, and a lease is refused this much after its job's time limit.
RECLAIM_GRACE_MS = 5_000
OVERTIME_MS = 60_000
CRASHES_MAX = 3
#: A lower priority that has waited this long gets a tenth of a queue's starts, unless its queue says otherwise.
AGE_MS = 60_000
#: Beginnings of calls kept: a transition and the queues it is about, which are ever the same few.
BEGUN_MAX = 1000
_pack = msgspec.msgpack.Encoder().encode


class Scripts:
    """The transitions of one service's jobs in Redis; each method is one atomic call and safe to repeat."""

    def __init__(self, client: RedisClient, service: str) -> None:
        self.client = client
        self.keys = Keys(service)
        #: Queues whose groups take turns.
        self.fair: frozenset[str] = frozenset()
        self._base = self.keys.base()
        self._begun: dict[tuple[str, ...], bytes] = {}
        self._calls = ScriptCalls(client)
        self._ahead = SentAhead(self._calls)

    def _wire(self, name: str, queues: Sequence[str], arguments: Sequence[object], *extra_keys: str) -> bytes:
        begun = self._begun.get((name, *queues))
        if begun is None:
            begun = self._begin(name, queues, more=len(extra_keys))
        return finished(begun, *map(str.encode, extra_keys), _pack(arguments))

    def _begin(self, name: str, queues: Sequence[str], *, more: int) -> bytes:
        keys = [*self._base, *(key for queue in queues for key in self.keys.queue(queue))]
        begun = self._calls.begun(name, keys, more=more)
        if len(self._begun) >= BEGUN_MAX:
            self._begun.clear()
        self._begun[(name, *queues)] = begun
        return begun

    def _run(self, name: str, queues: Sequence[str], arguments: Sequence[object], *extra_keys: str) -> Any:
        wired = self._wire(name, queues, arguments, *extra_keys)
        with store_errors():
            return self._calls.run(wired)

    def function(self, name: str) -> str:
        """What the server knows a transition by."""
        return self._calls.name(name)

    def enqueue(self, pushes: Sequence[Push], *, deadline_ms: int) -> list[int]:
        """Push jobs. 1 pushed, 0 already there, -1 past `deadline_ms` (0 = none), -2 an older generation runs."""
        with store_errors():
            return list(self._calls.run(self._enqueue_call(pushes, deadline_ms)))

    def enqueue_ahead(self, batches: Iterable[Sequence[Push]], *, deadline_ms: int) -> int:
        """Push jobs without waiting for the answers; how many of earlier calls turn out to be left to the relay."""
        wired = ((self._enqueue_call(batch, deadline_ms), len(batch)) for batch in batches)
        with store_errors():
            return self._ahead.send(wired)

    def settle_ahead(self) -> int:
        """Wait until what was pushed ahead is in the index; how many jobs are left to the relay."""
        return self._ahead.settle()

    def _enqueue_call(self, pushes: Sequence[Push], deadline_ms: int) -> bytes:
        queues = sorted({push.queue for push in pushes})
        jobs = [
            [to_index(push.id), push.generation, queues.index(push.queue) + 1, push.queue, push.name, push.priority,
             push.due_ms, push.attempts_max, push.attempts, push.crashes, int(push.must_check), int(push.is_durable),
             push.timeout_ms, push.body, push.wait_reason, push.state, push.group,
             push.created_ms]
            for push in pushes
        ]  # fmt: skip
        if self.fair:
            for push, job in zip(pushes, jobs, strict=True):
                job.extend((1,) * (push.queue in self.fair))
        return self._wire("enqueue", queues, (deadline_ms, jobs))

    def claim(
        self,
        wants: dict[str, int],
        *,
        identity: str,
        request: str,
        worker: str,
        block: tuple[Sequence[str], float] | None = None,
        leased: Credits | None = None,
    ) -> Claim:
        """Lease up to `wants[queue]` jobs of each queue. The same `request` (128 random bits) gets the same answer.

        `block` waits first, in the same round trip, until one of some lists has an element or seconds have passed.
        `leased` are points leased from shared limiters; what this claim does not spend of them is gone.
        """
        return self.ask(wants, identity=identity, request=request, worker=worker, block=block, leased=leased).receive()[
            1
        ]

    def complete(self, completions: Sequence[Completion]) -> list[bool]:
        """End attempts well; False for each whose lease was not held any more."""
        with store_errors():
            return [status == 1 for status in self._calls.run(self._complete_call(completions))]

    def ask(
        self,
        wants: dict[str, int],
        completions: Sequence[Completion] = (),
        *,
        identity: str,
        request: str,
        worker: str,
        block: tuple[Sequence[str], float] | None = None,
        leased: Credits | None = None,
    ) -> Asked:
        """Send a claim, and with it the ends of attempts that are to be written first; both are one step.

        Only a claim alone can `block`.
        """
        queues = [*wants, *sorted({done.held.queue for done in completions} - set(wants))]
        arguments: list[object] = [identity, request, worker, LEASE_MS, list(wants.values())]
        is_fair = not self.fair.isdisjoint(wants)
        if completions:
            ends = (TOMB_MS, _ended(completions, queues), [queue in wants for queue in queues])
            arguments += [leased or {}, ends]
        elif is_fair:
            arguments += [leased or {}, 0]
        elif leased:
            arguments.append(leased)
        if is_fair:
            arguments.append([int(queue in self.fair) for queue in wants])
        name = "exchange" if completions else "claim"
        wired = self._wire(name, queues, arguments, self.keys.claim(request))
        after = None if block is None else ("BLPOP", *block[0], block[1])
        with store_errors():
            return Asked(self._calls.send(wired, after=after), list(wants), has_ends=bool(completions))

    def _complete_call(self, completions: Sequence[Completion]) -> bytes:
        queues = sorted({done.held.queue for done in completions})
        return self._wire("complete", queues, (TOMB_MS, _ended(completions, queues), [False] * len(queues)))

    def bury(self, held: Held, *, state: str, outcome: str, error: str) -> bool:
        """End an attempt as dead or cancelled; False when the lease was not held any more."""
        arguments = [*_named(held), state, outcome, error]
        return bool(self._run("bury", [held.queue], arguments) == 1)

    def retry(
        self, held: Held, *, state: str, delay_ms: int, counts: bool, wait_reason: str, kind: str, error: str = ""
    ) -> bool:
        """Move a running job to its next time; False when the lease was not held any more."""
        arguments = [*_named(held), state, delay_ms, int(counts), wait_reason, kind, error, TOMB_MS]
        return bool(self._run("retry", [held.queue], arguments) > 0)

    def release(self, held: Held) -> bool:
        """Give a job back to its old position, no attempt spent; False when the lease was not held any more."""
        return bool(self._run("release", [held.queue], [*_named(held), TOMB_MS]) > 0)

    def extend(self, attempts: Sequence[Held]) -> list[int]:
        """The heartbeat. Statuses: 1 extended, 0 lost, 2 doomed, 3 past its time limit."""
        queues = sorted({held.queue for held in attempts})
        named = [[*_named(held), queues.index(held.queue) + 1] for held in attempts]
        return list(self._run("extend", queues, [LEASE_MS, OVERTIME_MS, named]))

    def reclaim(self, queue: str, *, limit: int = 100) -> tuple[int, int]:
        """Take expired leases of a queue back: (put back, buried)."""
        reclaimed, buried = self._run("reclaim", [queue], [RECLAIM_GRACE_MS, CRASHES_MAX, limit, TOMB_MS])
        return reclaimed, buried

    def settle(self, entries: Sequence[tuple[str, int, str]]) -> int:
        """Remove (id, generation, state) entries that PostgreSQL has; returns how many left."""
        return int(self._run("settle", [], [TOMB_MS, [(to_index(one[0]), *one[1:]) for one in entries]]))

    def drop(self, job_id: str, queue: str, *, generation: int, token: str = "") -> int:
        """Remove an entry whose row is final or gone: 1 dropped, 2 doomed, 0 nothing to do."""
        return int(self._run("drop", [queue], [to_index(job_id), generation, token, TOMB_MS]))

    def progress(self, held: Held, report: str, *, done: float) -> int:
        """Store progress: 1 stored, 0 lease lost, -1 lower than before."""
        return int(self._run("progress", [], [*_named(held), report, done]))

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
        paused_until_ms: int = 0,
        group_max: int = 0,
        age_ms: int = AGE_MS,
    ) -> bool:
        """Copy a queue's settings into the index; False when something newer is there.

        `is_full` begins the rate's window as if it had been used up now: what was started before is not known.
        """
        arguments = [
            version, int(is_paused), max_running, rate, window_ms, int(is_full), paused_until_ms, group_max, age_ms
        ]  # fmt: skip
        return bool(self._run("configure", [queue], arguments) == 1)

    def configure_gates(self, queue: str, gates: Sequence[GateCopy]) -> list[bool]:
        """Copy settings of jobs and groups of a queue, at most 200; False where something newer is."""
        settings = [(one.gate, one.version, one.until_ms, one.max_running, one.limiter, one.cost) for one in gates]
        return [status == 1 for status in self._run("configure_gates", [queue], [settings])]

    def mark_rebuild(self, prefix: str, nonce: str, *, known: str) -> str:
        """Close claims for a rebuild; returns the mark that stands, another's when one with this prefix is at it."""
        return str(self._run("rebuild", [], [prefix, nonce, known]).decode())

    def close_index(self) -> bool:
        """End claims, so that a restart of Redis forgets no start; False when there is nothing open to close."""
        return bool(self._run("close_index", [], []) == 1)

    def adopt(self, mark: str, identity: str) -> bool:
        """Open claims; False when the index was lost again, or adopted by another, since `mark` was set."""
        return bool(self._run("adopt", [], [mark, identity]) == 1)

    def lock(self, verb: str, name: str, *, token: str, ttl_ms: int, owner: str = "") -> bool:
        """Take, renew, free or break a named lock; False when another holds it, or nobody."""
        keys = [self.keys.lock(name), self.keys.locks()]
        return bool(self.run_alone("lock", keys, [verb, token, ttl_ms, owner, name]) == 1)

    def run_alone(self, name: str, keys: Sequence[str], arguments: Sequence[object] | Mapping[str, object]) -> Any:
        """A script that has nothing to do with the index, by its file's name."""
        with store_errors():
            return self._calls.run(finished(self._calls.begun(name, keys), _pack(arguments)))

    def close(self, queue: str, *, closed_ms: int) -> None:
        """Start nothing of a queue for so long."""
        self._run("close", [queue], [closed_ms])

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


def _named(held: Held) -> tuple[str, int, str]:
    return held.index_id or to_index(held.id), held.generation, held.token


def _ended(completions: Sequence[Completion], queues: Sequence[str]) -> list[tuple[object, ...]]:
    places = {queue: place for place, queue in enumerate(queues, 1)}
    return [(*_named(done.held), places[done.held.queue], int(done.is_settled), done.outcome) for done in completions]
