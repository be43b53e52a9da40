"""Owns what an attempt reports of itself: how far it is, in which stage, and when it may be done. Pure."""

import math
from dataclasses import dataclass
from typing import Any

import msgspec

from shared.errors import InvalidArgument
from shared.jobs.payloads import holds_nul, storable

INTERVAL_SECONDS = 0.2
NOTE_MAX = 200
DATA_MAX_BYTES = 4 * 1024
STAGES_MAX = 100


@dataclass(frozen=True, slots=True)
class Report:
    """How far one attempt is. `stage` and `data` are the job's own words."""

    done: float
    total: float
    note: str = ""
    stage: str = ""
    data: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.total) or self.total <= 0 or not 0 <= self.done <= self.total:
            message = f"progress must be 0 ≤ done ≤ total, got {self.done} of {self.total}"
            raise InvalidArgument(message, field="done")

    def encoded(self, *, began_ms: int, now_ms: int) -> str:
        """As it is stored and told; the end is estimated from the share that is done since the attempt began.

        Raises InvalidArgument for data that is no JSON or has more than 4 KiB.
        """
        report: dict[str, Any] = {
            "done": self.done, "total": self.total, "note": storable(self.note, NOTE_MAX)
        }  # fmt: skip
        if 0 < self.done < self.total and now_ms > began_ms:
            report["eta_ms"] = round(now_ms + (now_ms - began_ms) * (self.total - self.done) / self.done)
        if self.stage:
            report["stage"] = storable(self.stage, NOTE_MAX)
        if self.data is not None:
            report["data"] = _checked(self.data)
        return msgspec.json.encode(report).decode()


class Stages:
    """Named stages of equal weight that follow each other; each counts from 0 to its own total."""

    def __init__(self, names: tuple[str, ...]) -> None:
        if not 1 <= len(names) <= STAGES_MAX or len(set(names)) != len(names) or not all(names):
            raise InvalidArgument(
                f"stages must be 1 to {STAGES_MAX} different names, got {names!r:.200}", field="names"
            )
        self._names = names
        self._at = 0

    def report(self, stage: str, done: float, total: float, note: str) -> Report:
        """How far the whole is when `stage` is so far. Raises InvalidArgument for an unknown or an earlier stage."""
        if stage not in self._names[self._at :]:
            allowed = self._names[self._at :]
            raise InvalidArgument(f"stage {stage[:60]!r} is over or unknown", field="stage", allowed=allowed)
        within = Report(done, total)
        self._at = self._names.index(stage)
        whole = (self._at + within.done / within.total) / len(self._names) * 100
        return Report(min(whole, 100.0), 100.0, note, stage)


def _checked(data: dict[str, Any]) -> msgspec.Raw:
    try:
        encoded = msgspec.json.encode(data)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidArgument(f"data of a progress report is no JSON: {error}", field="data") from error
    if len(encoded) > DATA_MAX_BYTES:
        raise InvalidArgument(f"data of a progress report has {len(encoded):,} bytes, at most 4,096", field="data")
    if holds_nul(encoded):
        raise InvalidArgument("data of a progress report holds the NUL character", field="data")
    return msgspec.Raw(encoded)
