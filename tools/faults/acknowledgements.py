"""Owns what producers were promised, one appended line each. It must never learn it from the stores."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path


class Acknowledgements:
    """The producers' notebook. Every submission has a number of its own, which its job carries in its arguments."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._next = 0

    def try_one(self, producer: str) -> int:
        """A new number; noted before anything is sent, so that an answer that is lost leaves a trace."""
        with self._lock:
            number, self._next = self._next, self._next + 1
        self._write("try", number, producer)
        return number

    def acked(self, number: int, job_id: str) -> None:
        """The platform said that it has this job."""
        self._write("ack", number, job_id)

    def refused(self, number: int) -> None:
        """Rolled back by us, or refused without an effect: there must never be such a job."""
        self._write("void", number, "-")

    def failed(self, number: int, error: BaseException) -> None:
        """No answer, or one that says nothing: there may be a job, once, or none."""
        self._write("fail", number, type(error).__name__)

    def _write(self, kind: str, number: int, detail: str) -> None:
        os.write(self._file, f"{kind} {number} {detail}\n".encode())


@dataclass(frozen=True, slots=True)
class Promises:
    """What the notebook says in the end: by number, the id acknowledged; the numbers tried; those that must not be."""

    acked: dict[int, str] = field(default_factory=dict)
    tried: dict[int, str] = field(default_factory=dict)
    void: frozenset[int] = frozenset()


def read(path: Path) -> Promises:
    """Read the notebook."""
    acked, tried, void = {}, {}, set()
    for text in path.read_text().splitlines() if path.exists() else ():
        kind, number, detail = text.split()
        if kind == "ack":
            acked[int(number)] = detail
        elif kind == "try":
            tried[int(number)] = detail
        elif kind == "void":
            void.add(int(number))
    return Promises(acked, tried, frozenset(void))
