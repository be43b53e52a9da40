"""Owns the labours on keys: unique jobs of every mode, lines, groups, rooms. It must never reuse a line's order."""

import random
import time

from tools.faults.keyed_jobs import UNIQUE
from tools.faults.records import LINE, Records
from tools.faults.records import UNIQUE as UNIQUE_RECORD
from tools.faults.turns import Door, Turn

KEYS = 4
#: Modes in which one thread asks for all keys, so that everybody knows which submission was the last one.
ORDERED = ("only-quiet", "only-latest")


class KeyedPeople:
    """They ask again and again for the same few keys."""

    def __init__(self, door: Door, records: Records) -> None:
        self._door = door
        self._records = records
        self.turns: tuple[Turn, ...] = (
            ("unique", self._unique, 0.4),
            ("unique-too", self._unique, 0.4),
            ("latest", self._latest, 0.35),
            ("line", self._line, 0.7),
            ("group", self._group, 0.6),
            ("room", self._room, 0.6),
        )

    def _unique(self, chance: random.Random, name: str) -> None:
        self._ask(chance, name, chance.choice([job for job in UNIQUE if job not in ORDERED]))

    def _latest(self, chance: random.Random, name: str) -> None:
        self._ask(chance, name, chance.choice(ORDERED))

    def _ask(self, chance: random.Random, name: str, job: str) -> None:
        key, asked_ns = f"k{chance.randrange(KEYS)}", time.monotonic_ns()
        args = {"key": key, "run_ms": chance.choice((5, 5, 300, 1_500))}
        number, made = self._door.submit(name, job, args)
        said = {"job": job, "key": key, "number": number, "asked_ns": asked_ns}
        if made is None:
            self._records.note(UNIQUE_RECORD, id=None, is_fresh=False, **said)
        else:
            self._records.note(UNIQUE_RECORD, id=made.id, is_fresh=not made.already_existed, **said)

    def _line(self, chance: random.Random, name: str) -> None:
        line = f"line-{chance.randrange(KEYS)}"
        args = {"key": line, "run_ms": chance.choice((5, 50, 400)), "fails": chance.choice((0, 0, 0, 1, 2))}
        number, _ = self._door.submit(name, "in-line", args, sequence=line)
        self._records.note(LINE, line=line, number=number)

    def _group(self, chance: random.Random, name: str) -> None:
        group = f"g{chance.choice((0, 0, 0, 1, 2))}"
        self._door.submit(name, "grouped", {"key": group, "run_ms": chance.randrange(20, 500)})

    def _room(self, chance: random.Random, name: str) -> None:
        room = f"r{chance.randrange(2)}"
        self._door.submit(name, "locked", {"key": room, "run_ms": chance.choice((20, 200, 700))})
