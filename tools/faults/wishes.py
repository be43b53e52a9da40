"""Owns what people asked of jobs and were told, one appended line each. It must never learn it from the stores."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ASKED, GRANTED = "asked", "granted"
CANCEL, REQUEUE, PRIORITY, QUEUE, LATER, NOW = "cancel", "requeue", "priority", "queue", "later", "now"


class Wishes:
    """The people's notebook. What is asked is noted before anything is sent, so that a lost answer leaves a trace."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def asked(self, verb: str, job_id: str) -> None:
        """Somebody asks for it now."""
        self._write(ASKED, verb, job_id, "-")

    def granted(self, verb: str, job_id: str, detail: object) -> None:
        """The platform said that it is so. `detail` = the generation, or what was changed to."""
        self._write(GRANTED, verb, job_id, str(detail))

    def _write(self, *words: str) -> None:
        os.write(self._file, (" ".join(words) + "\n").encode())


@dataclass(frozen=True, slots=True)
class Wished:
    """What the notebook says in the end, by job."""

    #: (verb, job) -> how often.
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Generations whose cancel was acknowledged.
    cancelled: frozenset[tuple[str, int]] = frozenset()
    #: The highest generation that somebody was promised.
    requeued: dict[str, int] = field(default_factory=dict)
    priorities: dict[str, int] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    granted: Counter[str] = field(default_factory=Counter)


def read(path: Path) -> Wished:
    """Read the notebook."""
    asked: Counter[tuple[str, str]] = Counter()
    counts: Counter[str] = Counter()
    cancelled, requeued, priorities, queues = set(), dict[str, int](), dict[str, int](), dict[str, str]()
    for text in path.read_text().splitlines() if path.exists() else ():
        kind, verb, job_id, detail = text.split()
        if kind == ASKED:
            asked[verb, job_id] += 1
            continue
        counts[verb] += 1
        match verb:
            case "cancel":
                cancelled.add((job_id, int(detail)))
            case "requeue":
                requeued[job_id] = max(int(detail), requeued.get(job_id, 0))
            case "priority":
                priorities[job_id] = int(detail)
            case "queue":
                queues[job_id] = detail
    return Wished(asked, frozenset(cancelled), requeued, priorities, queues, counts)
