"""Owns the worker processes under one parent: started by exec, replaced, recycled in turn, ended together.

It must never start a thread, open a channel or touch a store: what could bring a child down must not bring it down.
"""

import os
import re
import selectors
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psutil  # type: ignore[import-untyped]  # it ships no types
import structlog

from shared import clock
from shared.jobs.pacemaker.process import Pulse

log = structlog.get_logger(__name__)
#: What a child says once a second while it is well, or is not, and when it wants to be replaced.
WELL, ILL, REPLACE_ME = b".", b"-", b"R"
#: What it says first: the longest time limit of its jobs, in seconds.
LONGEST = re.compile(rb"(\d{1,6})s")
#: A child that ended sooner than this has crashed at once; again and again, it waits longer and longer.
STEADY_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.5
LEAST_LIFE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 30.0
#: A child that has said nothing for this long is killed; one that boots may wait for its stores.
SILENT_SECONDS = 60.0
BOOT_SECONDS = 180.0
#: One that computes and can say nothing, since a job holds the interpreter's lock, is looked at so often instead.
COMPUTING_SECONDS = 5.0
#: Beyond its own grace a child gets this much to give back its jobs and close.
MARGIN_SECONDS = 5.0
LOOK_SECONDS = 0.5
EXIT_CONFIGURATION = 78

#: The command of child `number`, which reports through the inherited socket `descriptor`.
Command = Callable[[int, int], Sequence[str]]


@dataclass(slots=True, eq=False)
class Child:
    """One place for a worker process, and who has it."""

    number: int
    process: subprocess.Popen[bytes] | None = None
    reports: socket.socket | None = None
    started_at: float = 0.0
    silent_at: float = field(default=float("inf"))
    heard_at: float = 0.0
    longest_seconds: float = 0.0
    #: It has said that it is not well: it can speak, so no job holds it up.
    is_ill: bool = False
    #: What it has computed, from the first look after it had been silent for too long.
    pulse: Pulse | None = None
    kill_at: float = float("inf")
    start_at: float = 0.0
    quick_ends: int = 0
    is_ready: bool = False
    asked_at: float = float("inf")
    #: From the signal to the old one until the new one is ready.
    is_recycling: bool = False


class Children:
    """The parent's whole work. `run` until told to stop; `step` is one look at everybody."""

    def __init__(self, command: Command, count: int, *, grace_seconds: float) -> None:
        self.children = [Child(number) for number in range(count)]
        self._command = command
        self._grace = grace_seconds
        self._selector = selectors.DefaultSelector()
        self._is_stopping = False
        self._signals = 0
        self._exit_code = 0

    def run(self) -> int:
        """Until SIGTERM or SIGINT has ended every child; returns the exit code. A second signal reaches them too."""
        woken, waker = socket.socketpair()
        for end in (woken, waker):
            end.setblocking(False)
        self._selector.register(woken, selectors.EVENT_READ)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._count_signal())
        asked = 0
        while not self.is_over():
            if self._signals > asked:
                asked = self._signals
                self.ask_stop()
            self.step()
        log.info("stopped", role="worker-parent")
        return self._exit_code

    def _count_signal(self) -> None:
        self._signals += 1

    def is_over(self) -> bool:
        """True once it was asked to stop and every child has ended."""
        return self._is_stopping and all(child.process is None for child in self.children)

    def ask_stop(self) -> None:
        """Ask every child to drain; whoever outlives the grace is killed."""
        self._is_stopping = True
        log.info("stopping", role="worker-parent")
        for child in self.children:
            self._ask(child)

    def step(self) -> None:
        """Start, hear, recycle, kill and bury, as each child needs it; then wait until something may have changed."""
        for child in self.children:
            self._tend(child)
        if self.is_over():
            return
        for key, _ in self._selector.select(LOOK_SECONDS):
            if isinstance(key.data, Child):
                self._hear(key.data)
            elif isinstance(key.fileobj, socket.socket):
                key.fileobj.recv(4096)

    def _tend(self, child: Child) -> None:
        if child.process is not None and (code := child.process.poll()) is not None:
            self._bury(child, code)
        at = clock.monotonic()
        if child.process is None:
            if not self._is_stopping and at >= child.start_at:
                self._start(child)
        elif at >= child.silent_at and at < child.kill_at and self._computes(child, at):
            child.silent_at = at + COMPUTING_SECONDS
        elif at >= child.kill_at or at >= child.silent_at:
            log.error("worker killed", number=child.number, pid=child.process.pid, is_silent=at >= child.silent_at)
            child.process.kill()
            child.kill_at = child.silent_at = float("inf")
        elif self._may_recycle(child, at):
            child.is_recycling = True
            self._ask(child)

    def _computes(self, child: Child, at: float) -> bool:
        """A job may hold its interpreter's lock, for as long as a job of it may run; whoever is at rest has hung."""
        is_due = not child.is_ready or child.is_ill or at >= child.heard_at + child.longest_seconds
        if is_due or child.process is None:
            return False
        if child.pulse is None:
            child.pulse = Pulse(psutil.Process(child.process.pid), 0.0)
            log.warning("worker is silent; looking whether it computes", number=child.number, pid=child.process.pid)
        return child.pulse.is_felt()

    def _may_recycle(self, child: Child, at: float) -> bool:
        """One at a time, who asked first; and not a moment after its start, or a limit too low would only restart."""
        others = [each for each in self.children if each is not child]
        is_first = all(child.asked_at <= each.asked_at for each in others)
        is_alone = not any(each.is_recycling for each in self.children)
        return child.asked_at <= at and is_first and is_alone and at >= child.started_at + LEAST_LIFE_SECONDS

    def _start(self, child: Child) -> None:
        ours, theirs = socket.socketpair()
        try:
            command = [*self._command(child.number, theirs.fileno())]
            child.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),))
        finally:
            theirs.close()
        ours.setblocking(False)
        child.reports = ours
        child.started_at = clock.monotonic()
        child.silent_at = child.started_at + BOOT_SECONDS
        child.kill_at = float("inf")
        child.is_ready = child.is_ill = False
        child.longest_seconds, child.pulse = 0.0, None
        child.asked_at = float("inf")
        self._selector.register(ours, selectors.EVENT_READ, child)
        log.info("worker started", number=child.number, pid=child.process.pid)

    def _hear(self, child: Child) -> None:
        if child.reports is None:
            return
        try:
            said = child.reports.recv(4096)
        except OSError:
            said = b""
        if not said:
            self._selector.unregister(child.reports)  # it ends; SIGCHLD says when
            child.reports.close()
            child.reports = None
            return
        self._understand(child, said, clock.monotonic())

    def _understand(self, child: Child, said: bytes, at: float) -> None:
        if longest := LONGEST.search(said):
            child.longest_seconds = float(longest[1])
        is_ill = ILL in said and WELL not in said and REPLACE_ME not in said
        if is_ill and (child.is_ill or not child.is_ready):
            return  # its time runs from when it first said so, or from its start
        child.is_ill, child.heard_at, child.silent_at, child.pulse = is_ill, at, at + SILENT_SECONDS, None
        if not child.is_ready:
            child.is_ready, child.is_recycling = True, False
        if REPLACE_ME in said:
            child.asked_at = min(child.asked_at, at)

    def _ask(self, child: Child) -> None:
        if child.process is not None and child.process.poll() is None:
            child.process.send_signal(signal.SIGTERM)
            child.kill_at = min(child.kill_at, clock.monotonic() + self._grace + MARGIN_SECONDS)
            child.silent_at = float("inf")

    def _bury(self, child: Child, code: int) -> None:
        lasted = clock.monotonic() - child.started_at
        if child.reports is not None:
            self._selector.unregister(child.reports)
            child.reports.close()
        child.process = child.reports = None
        child.is_ready = False
        is_expected = self._is_stopping or child.is_recycling
        child.quick_ends = 0 if is_expected or lasted >= STEADY_SECONDS else child.quick_ends + 1
        pause = _pause(child.quick_ends)
        child.start_at = clock.monotonic() + pause
        say = log.info if is_expected else log.error
        say("worker ended", number=child.number, ended=_ending(code), lasted_seconds=round(lasted, 1), again_in=pause)
        if code == EXIT_CONFIGURATION and not is_expected:  # none of them could start: as without a parent
            self._exit_code = code
            self.ask_stop()


def _pause(quick_ends: int) -> float:
    """None for the first that ends at once, then a half second, doubling up to half a minute, never giving up."""
    return 0.0 if quick_ends < 2 else min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(quick_ends - 2, 10))


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def parent_socket(descriptor: int) -> socket.socket:
    """A child's end of the line to its parent; no program that a job starts shall inherit it."""
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)
