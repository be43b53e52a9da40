"""Owns one queue's share of this process: its slots, its threads, how much it may hold.

It must never talk to a store.
"""

import threading
from collections import deque
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from shared.jobs.pace import Pace

if TYPE_CHECKING:
    from shared.jobs.attempts import Attempt

#: While runs are short a lane may hold what starts within START_WITHIN_SECONDS, at most HOLD_MAX jobs.
START_WITHIN_SECONDS = 0.05
HOLD_MAX = 100
#: Per cent of what it may hold at which a lane of short runs asks for more.
REFILL = 66
_REFILL_MAX = HOLD_MAX * REFILL // 100
#: Whose runs are not short may hold what starts so soon: a slot that frees before an answer comes counts as free.
SOON_SECONDS = 0.01
#: Ends after which a lane that a limit held back tries again to hold more than its slots.
TRY_AGAIN_ENDS = 100
#: Looks in a row that see no end, after which what waits behind these runs is given back: START_WITHIN_SECONDS.
PATIENCE_LOOKS = 10


class Lane:
    """Runs at most `size` attempts of one queue at once, each in a thread of its own.

    While runs are short and do not wait, one thread runs them all: more would only hand the interpreter's lock around.
    """

    def __init__(self, queue: str, size: int, run: "Callable[[Lane, Attempt], None]", *, name: str) -> None:
        self.queue = queue
        self.size = size
        self.pace = Pace()
        #: True while a limit on running jobs held the last claim back, so that an end of ours may open it.
        self.is_held_back = False
        self._run = run
        self._name = name
        self._lock = threading.Lock()
        self._waiting: deque[Attempt] = deque()
        self._threads: list[threading.Thread] = []
        #: Of each thread that has nothing to do: the lock it sleeps on.
        self._asleep: list[threading.Lock] = []
        #: Threads that run an attempt or are about to take one.
        self._awake = 0
        self._in_hand = 0
        #: Slots promised to claims under way, and to one that waits while this lane may refill beside it.
        self._asked = 0
        self._awaited = 0
        self._ends = 0
        self._ends_seen = 0
        self._looks_in_vain = 0
        #: How many ends there must have been before more is held than there are slots.
        self._ahead_from = 0
        #: Ends since the last claim was sent.
        self._freed = 0
        #: As many as the last claim left in hand, when it gave less than was asked.
        self._attainable = HOLD_MAX
        self._is_closed = False

    @property
    def in_hand(self) -> int:
        """Jobs claimed and not yet ended."""
        return self._in_hand

    @property
    def is_promised(self) -> bool:
        """True while a claim under way may bring jobs for this lane."""
        return self._asked + self._awaited > 0

    @property
    def is_behind(self) -> bool:
        """True while jobs wait for a thread of this lane."""
        return bool(self._waiting)

    @property
    def is_end_near(self) -> bool:
        """True while jobs wait here, and the end that lets one of them start comes within a moment."""
        return bool(self._waiting) and (self.pace.is_short or self._soon_free() > 0)

    @property
    def is_full(self) -> bool:
        """True while every slot runs something and takes a while: its end is early enough to ask for more."""
        return not self.pace.is_short and self._in_hand >= self.size

    @property
    def may_open(self) -> bool:
        """True while a limit holds this lane back, and the end of a job of its own is the next chance to pass it."""
        return self.is_held_back and self._in_hand + self._asked > 0

    def wants(self, *, ahead: bool = False) -> int:
        """How many more jobs to claim now, besides those that claims under way may bring; 0 while it holds enough.

        With `ahead` slots count that are about to be free.
        """
        if self.pace.is_solo and self.may_open:
            return min(HOLD_MAX - self._in_hand, self._freed + 1) if self._freed else 0
        if self._in_hand + self._asked > max(_REFILL_MAX, self.size):
            return 0  # whatever the window; asked at every end
        window = self._window(ahead=ahead)
        if self._in_hand + self._asked > self._refill_at(window):
            return 0
        return max(0, window - self._in_hand - self._asked - self._awaited)

    def reserve(self, *, waits: bool = False, ahead: bool = False) -> int:
        """Promise slots to a claim that is about to be sent: as many as it is to ask for, none once the lane is closed.

        One that `waits` in Redis until there is something keeps a part of a lane held back by a limit, and the lane may
        refill beside it: the ends of its own jobs open the limit.
        """
        with self._lock:
            wanted = 0 if self._is_closed else self.wants(ahead=ahead)
            if waits and self.is_held_back and wanted:
                wanted = max(1, wanted // 2)
                self._awaited = wanted
            else:
                self._asked += wanted
            self._freed = 0
        return wanted

    def answered(self, wanted: int, *, waited: bool = False) -> None:
        """The claim these slots were kept for is over; what it brought has been put."""
        with self._lock:
            if waited and self._awaited:
                self._awaited = 0
            else:
                self._asked -= wanted

    def _refill_at(self, window: int) -> int:
        # A lane of short runs refills when a third is gone, one claim for many jobs, but never lets a slot stand idle.
        if window > self.size and not self.pace.is_short:
            return self.size  # when nothing waits any more
        left = min(window, self._attainable) * REFILL // 100
        return left if self.pace.is_solo and not self.may_open else max(left, self.size - 1)

    def _window(self, *, ahead: bool) -> int:
        if not self.pace.is_short:
            return self.size + (self._soon_free() if ahead and self._ends >= self._ahead_from else 0)
        startable = int(self._width() * START_WITHIN_SECONDS / max(self.pace.average, 1e-5))
        return max(self.size, min(HOLD_MAX, startable))

    def _soon_free(self) -> int:
        return min(self.size, self.pace.ends_within(SOON_SECONDS, running=self.size))

    def _width(self) -> int:
        return 1 if self.pace.is_solo else self.size

    def resize(self, size: int) -> None:
        """Run this many at once from now on; what runs beyond it ends first."""
        with self._lock:
            self.size = size
            self._fill()

    def put(self, attempts: "Collection[Attempt]", *, keeps: bool = False) -> bool:
        """Run them in the next free slots; True when some wait for a thread that runs something else before.

        With `keeps` the caller is a thread of this lane and takes one itself.
        """
        with self._lock:
            self._in_hand += len(attempts)
            self._waiting.extend(attempts)
            return self._fill(besides=int(keeps)) + keeps < len(self._waiting)

    def was_given(self, given: int, *, asked: int) -> None:
        """What a claim brought, after it was put."""
        self._attainable = HOLD_MAX if given >= asked else max(1, self._in_hand)
        if self.is_held_back:
            self._ahead_from = self._ends + TRY_AGAIN_ENDS

    def ended(self, seconds: float, blocked: float | None = None) -> None:
        """One attempt has ended after so long, of which its thread waited for so much, when that was measured."""
        with self._lock:
            self._in_hand -= 1
            self._ends += 1
            self._freed += 1
            if self.pace.ended(seconds, blocked):
                self._fill()

    def look(self) -> bool:
        """Called every few milliseconds while runs are short: nothing may wait behind a slow one. True when it did."""
        with self._lock:
            is_stuck = self._ends == self._ends_seen and bool(self._waiting)
            self._ends_seen = self._ends
            self._looks_in_vain = self._looks_in_vain + 1 if is_stuck else 0
            if self.pace.is_solo and is_stuck:
                self.pace.widen()
                self._fill()
                return True
            self.pace.narrow()
            return False

    def take_overdue(self) -> "deque[Attempt]":
        """What waits although no run has ended for PATIENCE_LOOKS looks; it is the caller's to give back."""
        with self._lock:
            if self._looks_in_vain < PATIENCE_LOOKS:
                return deque()
            self._looks_in_vain = 0
            self.pace.held_up(START_WITHIN_SECONDS, running=self.size)
            return self._take_waiting()

    def _take_waiting(self) -> "deque[Attempt]":
        waiting, self._waiting = self._waiting, deque()
        self._in_hand -= len(waiting)
        return waiting

    def step_aside(self) -> None:
        """The calling thread of this lane does something else for a moment; another may run meanwhile."""
        with self._lock:
            self._awake -= 1
            self._fill()

    def step_back(self) -> None:
        """The calling thread runs attempts again."""
        with self._lock:
            self._awake += 1

    def fill(self) -> None:
        """See that whatever may run has a thread."""
        with self._lock:
            self._fill()

    def _fill(self, *, besides: int = 0) -> int:
        """Wake threads for what waits; returns how many."""
        needed = min(len(self._waiting), self._width() - self._awake) - besides
        for woken in range(needed):
            if self._asleep:
                self._asleep.pop().release()
            elif len(self._threads) <= self.size:
                self._spawn()
            else:
                return woken
            self._awake += 1
        return max(0, needed)

    def _spawn(self) -> None:
        thread = threading.Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> "deque[Attempt]":
        """End the threads after what they run now; returns what had not started."""
        with self._lock:
            self._is_closed = True
            for bed in self._asleep:
                bed.release()
                self._awake += 1
            self._asleep.clear()
            return self._take_waiting()

    def without(self, thread: int) -> "Lane":
        """Leave a thread that does not come back to itself; another takes its place."""
        with self._lock:
            self._threads = [each for each in self._threads if each.ident != thread]
            self._awake -= 1
            self._fill()
        return self

    def _work(self) -> None:
        bed = threading.Lock()
        bed.acquire()
        while (attempt := self._next(bed)) is not None:
            self._run(self, attempt)
            if attempt.running.is_abandoned:
                return

    def _next(self, bed: threading.Lock) -> "Attempt | None":
        """What the calling thread runs next, when there is something; None when it is not needed any more."""
        while True:
            with self._lock:
                is_surplus = len(self._threads) > self.size + 1
                if not is_surplus and self._waiting and self._awake <= self._width():
                    return self._waiting.popleft()
                self._awake -= 1
                if is_surplus or self._is_closed:
                    self._threads.remove(threading.current_thread())
                    return None
                self._asleep.append(bed)
            bed.acquire()
