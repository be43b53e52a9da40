"""Owns the order of things: stages up, watching, ranks down. It must never know what the children do."""

import time
from collections.abc import Callable, Sequence

from tools.stores.waiting import tail
from tools.supervisor.children import Child, Phase
from tools.supervisor.wakeups import Wakeups

START_SECONDS = 120.0
GRACE_SECONDS = 8.0
RANK_SECONDS = 4.0
STORE_SECONDS = 20.0
CLOSE_SECONDS = 10.0
POLL_SECONDS = 0.03
WATCH_SECONDS = 1.0
BAD_CONFIGURATION = 78
INTERRUPTED = 130
EXITS_ALLOWED = 3
TAIL_LINES = 20


class StartFailed(Exception):
    """The product did not come up; the message holds the last log lines of what failed."""

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Supervision:
    """Starts the stages one after the other, restarts what ends, stops by rank."""

    def __init__(
        self,
        stages: Sequence[Sequence[Child]],
        *,
        wakeups: Wakeups,
        on_change: Callable[[], None],
        say: Callable[[str], None],
        start_seconds: float = START_SECONDS,
        closing: Child | None = None,
    ) -> None:
        """`closing` is a command for the time of a stop when only stores run any more."""
        self.stages = stages
        self._wakeups = wakeups
        self._on_change = on_change
        self._say = say
        self._start_seconds = start_seconds
        self._closing = closing
        self._deadline: float | None = None

    @property
    def children(self) -> list[Child]:
        return [child for stage in self.stages for child in stage]

    def start(self) -> None:
        """All stages up, or StartFailed with nothing stopped yet."""
        for stage in self.stages:
            self.start_stage(stage)

    def start_stage(self, stage: Sequence[Child]) -> None:
        """The children of one stage up; the time limit counts from the first stage on."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._start_seconds
        for child in stage:
            child.launch()
            if child.phase is Phase.PAUSING:
                raise StartFailed(f"{child.name} does not start: {child.reason}")
        self._on_change()
        while not all(child.phase is Phase.READY for child in stage):
            self._step_while_starting(stage, self._deadline)

    def watch(self, every: Callable[[], None] = lambda: None) -> None:
        """Until a stop is asked for."""
        while not self._wakeups.stop_requests:
            changed = False
            for child in self.children:
                before = child.phase
                if not child.once and child.step():
                    changed = True
                    self._tell(child, before)
            if changed:
                self._on_change()
            every()
            self._wakeups.sleep(self._pause())

    def stop(self) -> None:
        """By rank. Products get SIGTERM, then SIGKILL when the grace is over; stores are waited for."""
        asked = self._wakeups.stop_requests
        deadline = time.monotonic() + GRACE_SECONDS
        running = [child for child in self.children if child.is_running()]
        for rank in sorted({child.stop_rank for child in running if not child.store}):
            group = [child for child in running if child.stop_rank == rank and not child.store]
            for child in group:
                child.runnable.ask_to_stop()
            # The next rank does not wait for a slow one for ever, but the grace is one for all.
            self._wait(group, min(deadline, time.monotonic() + RANK_SECONDS), asked)
        products = [child for child in running if not child.store]
        self._wait(products, deadline, asked)
        for child in products:
            if child.is_running():
                self._say(f"{child.name} did not stop within {GRACE_SECONDS:.0f} s and is killed")
                child.runnable.force_stop()
        if self._closing is not None and any(child.store for child in running):
            self._close(self._closing, asked)
        for child in sorted((child for child in running if child.store), key=lambda child: child.stop_rank):
            child.runnable.ask_to_stop()
            self._wait([child], time.monotonic() + STORE_SECONDS, None)
            if child.is_running():
                self._say(f"{child.name} did not stop within {STORE_SECONDS:.0f} s and is forced")
                child.runnable.force_stop()
                self._wait([child], time.monotonic() + STORE_SECONDS, None)

    def _close(self, closing: Child, asked: int) -> None:
        """Let it run to its end; whoever asks for the stop once more, or a store that hangs, does not wait for it."""
        closing.launch()
        self._wait([closing], time.monotonic() + CLOSE_SECONDS, asked)
        if closing.is_running():
            closing.runnable.force_stop()
            self._wait([closing], time.monotonic() + RANK_SECONDS, None)

    def _step_while_starting(self, stage: Sequence[Child], deadline: float) -> None:
        if self._wakeups.stop_requests:
            raise StartFailed("stopped while starting", exit_code=INTERRUPTED)
        changed = False
        for child in self.children:
            before = child.phase
            if child.phase is not Phase.IDLE and not (child.once and child.phase is Phase.READY) and child.step():
                changed = True
                self._tell(child, before)
                self._refuse_hopeless(child)
        if changed:
            self._on_change()
        if time.monotonic() > deadline:
            late = next(child for child in stage if child.phase is not Phase.READY)
            raise StartFailed(f"{late.name} did not answer within {self._start_seconds:.0f} s{_ending(late)}")
        self._wakeups.sleep(POLL_SECONDS)

    def _refuse_hopeless(self, child: Child) -> None:
        if child.phase is not Phase.PAUSING:
            return
        if child.last_exit == BAD_CONFIGURATION:
            raise StartFailed(f"{child.name} refuses its configuration{_ending(child)}", exit_code=BAD_CONFIGURATION)
        if child.once or child.exits_while_starting >= EXITS_ALLOWED:
            how = child.reason or f"exit code {child.last_exit}"
            raise StartFailed(f"{child.name} does not start: {how}{_ending(child)}")

    def _tell(self, child: Child, before: Phase) -> None:
        if child.phase is Phase.READY:
            self._say(f"{child.name} ready after {child.seconds_since_launch():.1f} s")
        elif child.phase is Phase.PAUSING:
            how = child.reason or f"ended with exit code {child.last_exit} while {before.value}"
            self._say(f"{child.name}: {how}; next start in {child.pause_left():.0f} s")

    def _pause(self) -> float:
        starting = any(child.phase is Phase.STARTING for child in self.children)
        resumes = [child.pause_left() for child in self.children if child.phase is Phase.PAUSING]
        return POLL_SECONDS if starting else min([WATCH_SECONDS, *resumes])

    def _wait(self, group: Sequence[Child], deadline: float, asked: int | None) -> None:
        """Until all have ended, the time is up, or the user has asked once more (`asked` is how often he had)."""
        while any(child.is_running() for child in group):
            impatient = asked is not None and self._wakeups.stop_requests > asked
            if impatient or time.monotonic() > deadline:
                return
            self._wakeups.sleep(POLL_SECONDS)


def _ending(child: Child) -> str:
    lines = tail(child.runnable.log_file, TAIL_LINES)
    return f"; the end of {child.runnable.log_file}:\n{lines}" if lines else ""
