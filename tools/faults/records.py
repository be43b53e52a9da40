"""Owns what the labours of a run asked for beyond a job: one appended JSON line each. Never learnt from the stores."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: A flow is asked for, and is there; a job waits for others; a unique job was asked for; a line; an end was told.
FLOW, FLOW_ACKED, WAIT, UNIQUE, LINE, TOLD = "flow", "flow-acked", "wait", "unique", "line", "told"


class Records:
    """The labours' notebook. A plan is noted before it is sent, what came of it afterwards."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, what: str, **said: Any) -> None:
        """One line, whole or not at all."""
        text = json.dumps({"what": what, "at_ns": time.monotonic_ns(), **said}, separators=(",", ":"))
        os.write(self._file, text.encode() + b"\n")


@dataclass(frozen=True, slots=True)
class Record:
    """One line; times are the machine's monotonic nanoseconds."""

    what: str
    at_ns: int
    said: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.said[name]


def read(path: Path) -> tuple[Record, ...]:
    """Every line, in the order in which they were written."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines]
    return tuple(Record(one.pop("what"), one.pop("at_ns"), one) for one in found)
