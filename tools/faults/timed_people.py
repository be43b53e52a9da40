"""Owns the labours that clocks and providers have a say in: calls, points, walks, expiries, and waits for an end."""

import random
from datetime import timedelta

from shared.jobs import wait
from tools.faults.records import TOLD, Records
from tools.faults.turns import Door, Turn

WAIT_SECONDS = 3


class TimedPeople:
    """They use what is limited, and ask how it ended."""

    def __init__(self, door: Door, records: Records) -> None:
        self._door = door
        self._records = records
        self.turns: tuple[Turn, ...] = (
            ("guarded", self._guarded, 1.2),
            ("metered", self._metered, 0.5),
            ("walk", self._walk, 0.9),
            ("hasty", self._hasty, 0.5),
            ("hurried", self._hurried, 1.2),
            ("told", self._told, 0.5),
        )

    def _guarded(self, chance: random.Random, name: str) -> None:
        self._door.submit(name, "guarded", {"run_ms": chance.choice((5, 50, 300))})

    def _metered(self, chance: random.Random, name: str) -> None:
        self._door.submit(name, "metered", {"run_ms": chance.choice((0, 5))})

    def _walk(self, chance: random.Random, name: str) -> None:
        self._door.submit(
            name, "walk", {"run_ms": chance.choice((20, 600, 3_000)), "fails": chance.choice((0, 0, 1, 2))}
        )

    def _hasty(self, chance: random.Random, name: str) -> None:
        self._door.submit(name, "hasty", {"run_ms": chance.choice((5, 400, 1_500))})

    def _hurried(self, chance: random.Random, name: str) -> None:
        self._door.submit(name, "hurried", {"fails": chance.choice((0, 1, 3, 40))})

    def _told(self, chance: random.Random, name: str) -> None:
        """Submits, waits for the end, and notes which one it was told."""
        _, made = self._door.submit(name, chance.choice(("note", "write")), {"run_ms": chance.choice((5, 400))})
        if made is None:
            return
        try:
            seen = wait(self._door.jobs, made.id, timeout=timedelta(seconds=WAIT_SECONDS))
        except Exception:  # noqa: BLE001  # nothing was told
            return
        self._records.note(TOLD, id=made.id, state=str(seen.state))
