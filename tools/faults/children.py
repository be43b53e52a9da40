"""Owns the processes of a run: started, signalled by identity, started again. It must never signal others."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tools.stores.ports import HOST
from tools.stores.spawning import Launch, spawn

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 60.0
PROBE_SECONDS = 3.0
#: A process that ends at boot because a store is away tries again after this long.
AGAIN_SECONDS = 0.5
EXIT_UNAVAILABLE = 69


#: How a process ends at its second SIGTERM.
FORCED_EXIT = 1


class Child:
    """One process by role and number; a new one takes its place whenever it ends. Use it from the main thread alone."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.role = name.partition("-")[0]
        self.is_stopped = False
        #: How often it was started.
        self.starts = 0
        #: Exit codes that no signal of ours and no store that was away explains.
        self.surprises: list[int] = []
        self._command = command
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._again_at = 0.0
        self._expected = frozenset({EXIT_UNAVAILABLE})

    @property
    def is_running(self) -> bool:
        """It is there, though it may be frozen."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it now."""
        self.is_stopped, self._expected = False, frozenset({EXIT_UNAVAILABLE})
        self.starts += 1
        self._process = spawn(
            Launch(
                command=[sys.executable, *self._command],
                cwd=ROOT,
                log=self._log,
                environment=self._environment,
                when_orphaned=signal.SIGKILL,
            )
        )

    def tend(self) -> None:
        """Start it again when it has ended."""
        if self.is_running:
            return
        if self._process is not None:
            code = self._process.returncode
            if code not in self._expected:
                self.surprises.append(code)
            self._process, self._again_at = None, time.monotonic() + AGAIN_SECONDS
        elif time.monotonic() >= self._again_at:
            self.start()

    def send(self, number: signal.Signals) -> bool:
        """Signal it; False when it is not running."""
        if self._process is None or self._process.poll() is not None:
            return False
        # A process that is told to end before it listens for that ends by the signal; told twice, it ends at once.
        forced = {FORCED_EXIT} if 0 in self._expected else set()
        self._expected |= {signal.SIGTERM: {0, -number, *forced}, signal.SIGKILL: {-number}}.get(number, set())
        self._process.send_signal(number)
        self.is_stopped = (self.is_stopped or number == signal.SIGSTOP) and number != signal.SIGCONT
        return True

    def stop(self) -> None:
        """Ask it to end; end it when it does not."""
        self.send(signal.SIGCONT)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.send(number) or self._process is None:
                return
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            return

    def wake(self) -> None:
        """End a freeze; harmless at any time."""
        self.send(signal.SIGCONT)

    def tell_stacks(self) -> None:
        """Have it write what each of its threads does now into its log."""
        self.send(signal.SIGUSR1)

    def dead_threads(self) -> list[str]:
        """Threads that ended by an exception, by its log; a process can look well without one of them."""
        with self._log.open(errors="replace") as log:
            return [line.split()[3].rstrip(":") for line in log if line.startswith("Exception in thread ")]

    def trouble(self) -> str | None:
        """None when it says that it is ready, else what it says."""
        url = f"http://{HOST}:{self._environment['HEALTH_PORT']}/readyz"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(url, timeout=PROBE_SECONDS):
                return None
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")[:2000]
        except OSError as error:
            return f"{self.name} does not answer: {error}"
