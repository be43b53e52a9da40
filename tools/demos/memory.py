"""Owns an index in this process' memory that tells what the real one would write. It must never open a connection.

Time is its own: `skip` moves it, so that nobody waits for a backoff.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from shared import clock
from shared.jobs.connection import connect
from shared.jobs.entries import Entry
from shared.jobs.scripts import Claimed, Completion, Held, Push, Scripts
from shared.jobs.states import FINAL, State, is_allowed

#: Never connected to.
NOWHERE = "redis://127.0.0.1:1/0"
Tell = Callable[[str, str], None]


class TransitionRefused(Exception):
    """A job was to go where shared/jobs/states.py does not let it."""


@dataclass(slots=True)
class Kept:
    """One job here; `due_ms` is 0 when it may start now."""

    push: Push
    order: int
    state: State
    due_ms: int
    attempts: int = 0
    token: str = ""


class MemoryScripts(Scripts):
    """What submit, run and settle call of the real index, kept in a dict; `tell` hears each step."""

    def __init__(self, service: str, tell: Tell) -> None:
        super().__init__(connect(NOWHERE, name=service), service)
        self._tell = tell
        self.kept: dict[str, Kept] = {}
        self._now_ms = clock.epoch_ms(clock.now())

    def enqueue(self, pushes: Sequence[Push], *, deadline_ms: int) -> list[int]:  # noqa: ARG002  # the real one's signature
        """Push jobs: 1 pushed, 0 already there."""
        return [self._push(push) for push in pushes]

    def claim_next(self) -> Claimed | None:
        """The first job that may start now, leased; None when none may."""
        ready = [kept for kept in self.kept.values() if kept.state is State.QUEUED]
        if not ready:
            return None
        kept = min(ready, key=lambda each: (each.push.priority, each.order))
        kept.attempts += 1
        kept.token = secrets.token_hex(16)
        lease = f"claim.lua gives a lease of 30 s, attempt {kept.attempts} of {kept.push.attempts_max}"
        self._move(kept, State.RUNNING, "started", f"{lease}; it would be taken back after a crash")
        held = Held(kept.push.id, kept.push.generation, kept.token, kept.push.queue)
        return Claimed(held, self._entry(kept), kept.push.body.encode(), clock.monotonic())

    def progress(self, held: Held, report: str, *, done: float) -> int:  # noqa: ARG002  # the real one's signature
        """1 stored, 0 lease lost."""
        if self._holder(held) is None:
            return 0
        self._tell("progress", f"progress.lua stores {report} under the lease and adds an event to the stream")
        return 1

    def complete(self, completions: Sequence[Completion]) -> list[bool]:
        """End attempts well."""
        return [self._complete(each.held) for each in completions]

    def retry(
        self,
        held: Held,
        *,
        state: str,
        delay_ms: int,
        counts: bool,  # noqa: ARG002  # the real one's signature
        wait_reason: str,
        kind: str,
        error: str = "",
    ) -> bool:
        """Move a running job to its next time."""
        kept = self._holder(held)
        if kept is None:
            return False
        failure = msgspec.json.decode(error) if error else {"type": wait_reason, "message": kind}
        self._tell("failed", f"{failure['type']}: {failure['message']}")
        kept.due_ms = self._now_ms + delay_ms
        text = f"retry in {delay_ms / 1000:g} s (skipped here); retry.lua moves running -> delayed in one step"
        self._move(kept, State(state), "retrying", text)
        return True

    def bury(self, held: Held, *, state: str, outcome: str, error: str) -> bool:  # noqa: ARG002  # the real one's signature
        """End an attempt as dead or cancelled."""
        kept = self._holder(held)
        if kept is None:
            return False
        record = msgspec.json.decode(outcome)
        self._tell("failed", f"{record['error_type']}: {record['error_message']}")
        text = f"bury.lua, reason {record['reason']}; the row keeps error, traceback, arguments, and admins are told"
        self._move(kept, State(state), state, text)
        return True

    def cancel(self, job_id: str) -> bool:
        """Take a waiting job out; a person's cancel is committed to the row first (rule 15)."""
        kept = self.kept[job_id]
        if kept.state in FINAL or kept.state is State.RUNNING:
            return False
        self._move(kept, State.CANCELLED, "cancelled", "UPDATE the row, commit, then cancel.lua drops the entry")
        return True

    def skip(self) -> bool:
        """Let the time of the next waiting job come; False when none waits."""
        waiting = [kept for kept in self.kept.values() if kept.state in (State.SCHEDULED, State.RETRYING)]
        if not waiting:
            return False
        self._now_ms = max(self._now_ms, min(kept.due_ms for kept in waiting))
        for kept in waiting:
            if kept.due_ms <= self._now_ms:
                self._move(kept, State.QUEUED, "queued", "its time has come: delayed -> ready, at its old priority")
        return True

    def _push(self, push: Push) -> int:
        if push.id in self.kept:
            return 0
        self._tell("submitted", f"{push.name} {push.id[-8:]}: INSERT job INTO PostgreSQL, commit, then enqueue.lua")
        kept = Kept(push, len(self.kept), State.SCHEDULED if push.due_ms > self._now_ms else State.QUEUED, push.due_ms)
        self.kept[push.id] = kept
        waits = f"delayed until {clock.from_epoch_ms(push.due_ms):%H:%M:%S}" if kept.due_ms else "ready"
        self._tell(kept.state, f"priority {push.priority}, {waits}, in the sorted set of {push.queue}")
        return 1

    def _complete(self, held: Held) -> bool:
        kept = self._holder(held)
        if kept is None:
            return False
        text = "complete.lua leaves the outcome; the settler commits it to the row, then the entry goes"
        self._move(kept, State.COMPLETED, "completed", text)
        return True

    def _holder(self, held: Held) -> Kept | None:
        kept = self.kept.get(held.id)
        return kept if kept is not None and kept.state is State.RUNNING and kept.token == held.token else None

    def _move(self, kept: Kept, state: State, word: str, text: str) -> None:
        if not is_allowed(kept.state, state):
            raise TransitionRefused(f"{kept.state} -> {state} is not in shared/jobs/states.py")
        kept.state = state
        self._tell(word, text)

    def _entry(self, kept: Kept) -> Entry:
        push = kept.push
        return Entry(
            push.generation, kept.state, push.queue, push.name, push.priority, attempts=kept.attempts,
            attempts_max=push.attempts_max, token=kept.token, started=self._now_ms, enqueued=self._now_ms,
            durable=int(push.is_durable), timeout=push.timeout_ms, worker="memory",
        )  # fmt: skip
