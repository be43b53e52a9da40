"""Owns the threads in which labours take their turns, and their door to jobs. It must never wait for a job."""

import random
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from shared.bootstrap import ServiceRuntime
from shared.jobs import Job, submit
from tools.faults.acknowledgements import Acknowledgements
from tools.faults.backlog import Backlog

#: Name, what is done each time, and the mean pause between two times in seconds.
Turn: TypeAlias = tuple[str, Callable[[random.Random, str], None], float]


class Turns:
    """Takes each turn in a thread of its own until told to stop, or only while a backlog is not full."""

    def __init__(self, turns: Sequence[Turn], backlog: Backlog | None, *, seed: int, pace: int = 1) -> None:
        self._stopping = threading.Event()
        self._backlog = backlog
        self._threads = [
            threading.Thread(target=self._loop, args=(name, turn, pause * pace, seed + number), name=name)
            for number, (name, turn, pause) in enumerate(turns)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the turns that run."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)

    def _loop(self, name: str, turn: Callable[[random.Random, str], None], pause: float, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311  # a seeded load, not a secret
        while not self._stopping.wait(pause * chance.uniform(0.5, 1.5)):
            if self._backlog is None or not self._backlog.is_full():
                turn(chance, name)


class Door:
    """Submits, and notes what was promised."""

    def __init__(self, runtime: ServiceRuntime, notebook: Acknowledgements) -> None:
        self.jobs = runtime.jobs
        self._notebook = notebook

    def submit(self, producer: str, job: str, args: dict[str, Any], **options: Any) -> tuple[int, Job | None]:
        """The number of a submission, and its job; None when nobody knows whether it is there."""
        number = self._notebook.try_one(producer)
        try:
            made = submit(self.jobs, job, {"n": number, **args}, **options)
        except Exception as error:  # noqa: BLE001  # a labour outlives every fault
            self._notebook.failed(number, error)
            return number, None
        self._notebook.acked(number, made.id)
        return number, made
