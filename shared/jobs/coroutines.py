"""Owns the event loop on which a process runs its coroutine jobs. It must never run a blocking call there."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

import structlog

from shared import metrics
from shared.errors import Transient
from shared.jobs.running import Interrupt, Running, Stopping

log = structlog.get_logger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
#: A cancelled coroutine may clean up for this long; then its slot goes to the next job, whatever it still does.
GRACE_SECONDS = 1.0
#: Threads that coroutines of one loop may use at once for what blocks.
OFF_LOOP_MAX = 64
#: Coroutines that were given up and still run: above it the process asks for its end.
ABANDONED_MAX = 100


class CancelledInside(Transient):
    """The coroutine ended by a cancellation that was not the platform's: an ordinary failure."""


class Coroutines:
    """One event loop in a thread of its own. `start` at boot; a loop that a job blocks is replaced, not waited for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turning: _Loop | None = None
        self._abandoned: list[Future[Any]] = []

    @classmethod
    def of(cls, resources: dict[type, object]) -> "Coroutines":
        """The process's own, made at boot; a bench without a boot gets one at its first coroutine."""
        found = resources.get(cls)
        if not isinstance(found, cls):
            found = resources[cls] = cls()
        return found

    def start(self) -> None:
        """Let the loop turn."""
        self._loop()

    def stop(self) -> None:
        """End the loop, after the last attempt has."""
        with self._lock:
            turning, self._turning = self._turning, None
        if turning is not None:
            turning.retire()

    def run(self, running: Running, make: Callable[[], Coroutine[Any, Any, T]], enter: Callable[..., None]) -> T:
        """Run a coroutine to its end while this thread waits, with this thread's context.

        Raises what it raises, or the interrupt that ended it; one that takes no notice of its cancellation is given up
        after the grace: it loses its slot, and what it writes later is refused as any write without a lease.
        """
        run = _Run(self._loop(), make, contextvars.copy_context())
        enter(stop=run.cancel)
        try:
            run.begin()
            run.changed.wait()
            if not wait([run.future], timeout=GRACE_SECONDS).done:
                self._give_up(run, running)
                raise _kind(running)("the coroutine took no notice of its cancellation and was given up")
            result: T = run.future.result()
            return result
        except asyncio.CancelledError as error:
            if running.interrupted_by is not None:
                raise running.interrupted_by from error
            raise CancelledInside("the coroutine was cancelled by its own doing") from error
        finally:
            running.leave()

    def trouble(self) -> str | None:
        """None while few coroutines have been given up, else that only a new process cures it."""
        left = self.abandoned()
        return None if left < ABANDONED_MAX else f"{left} coroutines ignore their cancellation; restart this process"

    def abandoned(self) -> int:
        """How many coroutines were given up and still run."""
        with self._lock:
            self._abandoned = [each for each in self._abandoned if not each.done()]
            return len(self._abandoned)

    async def off_loop(self, running: Running, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what blocks in a thread, with the caller's context. A cancellation interrupts it and awaits its end."""
        async with self._loop().permits:
            call = _Call(running, lambda: function(*args, **kwargs))
            threading.Thread(target=call.perform, name=f"off-loop-{running.job}", daemon=True).start()
            ended = asyncio.wrap_future(call.future)
            try:
                return await asyncio.shield(ended)
            except asyncio.CancelledError:
                call.inner.interrupt(_kind(running))
                await asyncio.wait([ended])
                raise

    def _loop(self) -> "_Loop":
        with self._lock:
            if self._turning is None:
                self._turning = _Loop()
                self._turning.start()
            return self._turning

    def _give_up(self, run: "_Run", running: Running) -> None:
        metrics.STUCK_ATTEMPTS.labels(queue=running.held.queue, job=running.job).inc()
        log.error(
            "coroutine given up", job=running.job, job_id=running.held.id, blocks_the_loop=not run.was_told,
            remedy="let CancelledError through; give what blocks to ctx.off_loop",
        )  # fmt: skip
        with self._lock:
            self._abandoned.append(run.future)
            if run.was_told or self._turning is not run.loop:
                return
            self._turning = None  # it blocks the loop itself: the next coroutine gets a fresh one
        run.loop.retire()


def _kind(running: Running) -> type[Interrupt]:
    return running.interrupted_by or Stopping


class _Loop:
    """One event loop and its thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.permits = asyncio.Semaphore(OFF_LOOP_MAX)

    def start(self) -> None:
        threading.Thread(target=self._turn, name="coroutines", daemon=True).start()

    def retire(self) -> None:
        """End once the last of its coroutines has; at once when there is none."""
        with suppress(RuntimeError):  # it has ended already
            self.loop.call_soon_threadsafe(self._end_when_empty)

    def _end_when_empty(self) -> None:
        if asyncio.all_tasks(self.loop):
            self.loop.call_later(GRACE_SECONDS, self._end_when_empty)
        else:
            self.loop.stop()

    def _turn(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        finally:
            self.loop.close()


class _Run:
    """One coroutine on the loop, and the thread that waits for it."""

    def __init__(self, loop: _Loop, make: Callable[[], Coroutine[Any, Any, Any]], context: contextvars.Context) -> None:
        self.loop = loop
        self.future: Future[Any] = Future()
        #: It has ended, or was asked to.
        self.changed = threading.Event()
        #: Its cancellation has reached it.
        self.was_told = False
        self._make = make
        self._context = context
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self.loop.loop.call_soon_threadsafe(self._start)

    def cancel(self, _by: type[Interrupt]) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it every coroutine
            self.loop.loop.call_soon_threadsafe(self._press)
        self.changed.set()

    def _start(self) -> None:
        self._task = self.loop.loop.create_task(self._perform(), context=self._context)
        self._task.add_done_callback(self._ended)
        if self.was_told:
            self._press()

    def _ended(self, _task: "asyncio.Task[None]") -> None:
        if not self.future.done():  # cancelled before its first step
            self.future.set_exception(asyncio.CancelledError())
        self.changed.set()

    def _press(self) -> None:
        """Cancel, and again for as long as it takes no notice; a second is left in between to clean up."""
        self.was_told = True
        if self._task is not None and not self.future.done():
            self._task.cancel()
            self.loop.loop.call_later(GRACE_SECONDS, self._press)

    async def _perform(self) -> None:
        try:
            result = await self._make()
        except KeyboardInterrupt as error:
            self.future.set_exception(CancelledInside(f"the coroutine raised {type(error).__name__}"))
        except BaseException as error:  # noqa: BLE001  # also what would end the loop: it belongs to the waiting thread
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class _Call:
    """One blocking call in a thread of its own, which can be interrupted apart from its job."""

    def __init__(self, running: Running, call: Callable[[], Any]) -> None:
        self.inner = Running(running.held)
        self.future: Future[Any] = Future()
        self._call = contextvars.copy_context().run
        self._function = call

    def perform(self) -> None:
        try:
            self.inner.enter()
            try:
                result = self._call(self._function)
            finally:
                self.inner.leave()
        except BaseException as error:  # noqa: BLE001  # belongs to the coroutine that waits
            self.future.set_exception(error)
        else:
            self.future.set_result(result)
