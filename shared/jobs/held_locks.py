"""Owns the locks that an attempt holds. It must never free one before what was written under it is committed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING

from shared import clock
from shared.db import UnitOfWork
from shared.jobs import locks
from shared.jobs.ledger.records import JobId
from shared.jobs.lock_renewal import HeldLock
from shared.jobs.scripts import OVERTIME_MS
from shared.jobs.submission import Jobs

if TYPE_CHECKING:
    from shared.jobs.running import Running


class HoldsLocks:
    """What a job's context offers of named locks."""

    id: JobId
    sleep: Callable[[float], None]
    _jobs: Jobs
    _running: "Running"
    _final: UnitOfWork | None
    _kept_locks: list[HeldLock]

    def lock(self, key: str, *, ttl: timedelta, wait: timedelta = timedelta(0)) -> AbstractContextManager[None]:
        """Hold a named lock of this service for a block; it is renewed: `ttl` only counts when this process dies.

        If unit_of_work() was used by the end of the block, the lock is kept until that has committed, or is undone.
        LockHeld after `wait`, or LockLost at the end of the block, makes the job snooze, not fail.
        """
        running, last = self._running, self._running.deadline + OVERTIME_MS / 1000
        return locks.held(
            self._jobs.renewals, key, owner=f"job {self.id}", ttl=ttl, wait=wait, pause=self.sleep,
            is_wanted=lambda: not running.is_abandoned and clock.monotonic() < last, keeps=self._keep_lock,
        )  # fmt: skip

    def _keep_lock(self, mine: HeldLock) -> bool:
        """True when somebody else would read what is not committed yet."""
        if self._final is None:
            return False
        self._kept_locks.append(mine)
        return True

    def free_locks(self) -> None:
        """The final transaction is over: for the runtime to say."""
        kept, self._kept_locks = self._kept_locks, []
        for mine in kept:
            locks.give_back(self._jobs.renewals, mine)
