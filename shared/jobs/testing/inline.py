"""Owns inline mode: a submission runs at once, in the caller's thread. It must never run a job of an open transaction:

the row is committed and pushed first, as always.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from shared.jobs.pushing import Pushing
from shared.jobs.scripts import Push, Scripts
from shared.jobs.testing.drain import Drained, Ran, Runtime, drain


class Inline:
    """What ran in an inline block so far."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._ran: list[Ran] = []
        self._is_draining = False

    @property
    def drained(self) -> Drained:
        """Every attempt, in the order they ran."""
        return Drained(tuple(self._ran))

    def on_pushed(self) -> None:
        """Something came into the index; what a running job submits waits until that job has ended."""
        if self._is_draining:
            return
        self._is_draining = True
        try:
            self._ran.extend(drain(self._runtime).ran)
        finally:
            self._is_draining = False


class _InlineScripts(Scripts):
    """The real scripts; told of every push."""

    def __init__(self, real: Scripts, service: str, inlined: Inline) -> None:
        super().__init__(real.client, service)
        self._inlined = inlined

    def enqueue(self, pushes: Sequence[Push], *, deadline_ms: int) -> list[int]:
        """As always; then what may start runs, unless relay or reconciler pushed, who hold the rows."""
        statuses = super().enqueue(pushes, deadline_ms=deadline_ms)
        if 1 in statuses and not any(push.must_check for push in pushes):
            self._inlined.on_pushed()
        return statuses

    def enqueue_ahead(self, batches: Iterable[Sequence[Push]], *, deadline_ms: int) -> int:
        """The same, with answers that can be told."""
        statuses = [status for batch in batches for status in self.enqueue(batch, deadline_ms=deadline_ms)]
        return sum(1 for status in statuses if status < 0)


@contextmanager
def inline(runtime: Runtime) -> Iterator[Inline]:
    """In this block a submission returns after its job has run, with all that may start then, as `drain` runs it.

    Inside a unit of work that is after its commit. A failing job does not raise: the submission was accepted. Jobs due
    later, and retries, wait for `drain(with_scheduled=True)`. For one thread; the Job that submit returns is the row as
    it was accepted.
    """
    jobs = runtime.jobs
    real = jobs.scripts, jobs.pushing
    jobs.settle()
    inlined = Inline(runtime)
    jobs.scripts = _InlineScripts(jobs.scripts, jobs.service, inlined)
    jobs.pushing = Pushing(jobs.database, jobs.scripts, lingers=False)
    try:
        yield inlined
    finally:
        jobs.scripts, jobs.pushing = real
