"""Owns what a lane knows of its runs: how long they take, and whether more threads would start them sooner.

It must never run or hold a job.
"""

from shared import clock

#: Runs that average below this are short.
SHORT_RUN_SECONDS = 0.005
#: Runs of a lane whose average says something.
PROOF_RUNS = 10
#: Runs that wait less than this on anything but the interpreter gain nothing from a second thread: there is one lock.
BLOCKED_SECONDS = 0.0001
#: One run counts as blocked for this long at most; a thread that lost the interpreter for a moment proves nothing.
_BLOCKED_MAX = 0.001
#: Weight of the newest run in the averages.
_WEIGHT = 0.1
_BLOCKED_WEIGHT = 0.05
#: The first so many runs of one thread are measured, and then every so manieth.
_SAMPLES = 8
#: How long a lane keeps all its threads before it tries again whether one does as well.
RETRY_SECONDS = 0.25


class Pace:
    """The averages of one lane. Guarded by the lane's lock where it matters; a lost update costs one sample."""

    def __init__(self) -> None:
        #: Starts long, so that a lane proves its runs short before it holds more than its slots.
        self.average = SHORT_RUN_SECONDS
        #: True while one thread runs everything: the runs are short and hardly ever wait.
        self.is_solo = False
        self._ends = 0
        self._blocked = 0.0
        self._runs = 0
        self._widened_at = 0.0

    @property
    def is_short(self) -> bool:
        """True while runs average below SHORT_RUN_SECONDS."""
        return self.average < SHORT_RUN_SECONDS

    def ends_within(self, seconds: float, *, running: int) -> int:
        """How many of so many runs end so soon, as they went so far; 0 before that is known."""
        return int(running * seconds / max(self.average, 1e-5)) if self._ends >= PROOF_RUNS else 0

    def is_measured(self) -> bool:
        """True when it is to be measured how long the run that begins waits: that asks the system twice."""
        if not self.is_solo:
            return False
        self._runs += 1
        return self._runs <= _SAMPLES or self._runs % _SAMPLES == 0

    def ended(self, seconds: float, blocked: float | None) -> bool:
        """One run took this long, and waited for so much of it; True when that ends the time of one thread."""
        self.average += (seconds - self.average) * _WEIGHT
        self._ends += 1
        if not self.is_solo:
            return False
        if blocked is not None:
            self._blocked += (min(blocked, _BLOCKED_MAX) - self._blocked) * _BLOCKED_WEIGHT
        if self.is_short and self._blocked < BLOCKED_SECONDS:
            return False
        self.widen()
        return True

    def held_up(self, seconds: float, *, running: int) -> None:
        """None of so many runs has ended for so long."""
        self.average = max(self.average, seconds * running)

    def widen(self) -> None:
        """All threads, for a while."""
        self.is_solo = False
        self._widened_at = clock.monotonic()

    def narrow(self) -> None:
        """Try one thread, when runs are short and the last try is a while ago."""
        if not self.is_solo and self.is_short and clock.monotonic() - self._widened_at >= RETRY_SECONDS:
            self._blocked, self._runs = 0.0, 0
            self.is_solo = True
