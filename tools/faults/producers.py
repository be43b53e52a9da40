"""Owns the producers of a run: every way a job can come in. They must never wait for a job."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from shared import clock
from shared.bootstrap import ServiceRuntime
from shared.jobs import submit, submit_many, submit_to
from tools.faults.acknowledgements import Acknowledgements
from tools.faults.assembly import NAME
from tools.faults.calls import Calls
from tools.faults.turns import Turn

BULK = 25
#: Later than a run of half an hour ends, and near enough to be in the index (rule 9): one row and one entry in the end.
FAR = timedelta(minutes=55)


class RolledBack(Exception):
    """Raised by a producer to leave its transaction."""


class Producers:
    """Submits, a job a turn. What was promised stands in the notebook, whatever happens to this process."""

    def __init__(self, runtime: ServiceRuntime, notebook: Acknowledgements, calls: Calls) -> None:
        self._jobs = runtime.jobs
        self._notebook = notebook
        self._calls = calls
        self.turns: tuple[Turn, ...] = (
            ("plain", self._plain, 0.08),
            ("transaction", self._transaction, 0.12),
            ("bulk", self._bulk, 1.2),
            ("grpc", self._grpc, 0.12),
            ("rest", self._rest, 0.15),
            ("single", self._single, 0.15),
            ("limited", self._limited, 0.15),
            ("message", self._message, 0.5),
            ("isolated", self._isolated, 1.5),
        )

    def _attempt(self, numbers: list[int], action: Callable[[], list[str]]) -> None:
        """Note what came of it. Whatever an answer of no certainty was, it is a `fail`: there may be a job."""
        try:
            ids = action()
        except RolledBack:
            for number in numbers:
                self._notebook.refused(number)
        except Exception as error:  # noqa: BLE001  # a producer outlives every fault; each kind is counted by name
            for number in numbers:
                self._notebook.failed(number, error)
        else:
            for number, job_id in zip(numbers, ids, strict=True):
                self._notebook.acked(number, job_id)

    def _plain(self, chance: random.Random, name: str) -> None:
        number = self._notebook.try_one(name)
        job, args = any_work(chance, number)
        due = None
        if chance.random() < 0.15:
            due = clock.now() + timedelta(seconds=chance.uniform(0.2, 6))
        elif chance.random() < 0.03:
            due = clock.now() + FAR
        self._attempt([number], lambda: [submit(self._jobs, job, args, scheduled_for=due).id])

    def _single(self, chance: random.Random, name: str) -> None:
        number = self._notebook.try_one(name)
        args = {"n": number, "run_ms": chance.randrange(1, 40)}
        priority = chance.choice((1, 3, 3, 3, 5))
        self._attempt([number], lambda: [submit(self._jobs, "single", args, priority=priority).id])

    def _limited(self, chance: random.Random, name: str) -> None:
        number = self._notebook.try_one(name)
        job = chance.choice(("gated", "gated", "gated", "paced", "paced"))
        args = {"n": number, "run_ms": chance.randrange(50, 400) if job == "gated" else 5}
        self._attempt([number], lambda: [submit(self._jobs, job, args).id])

    def _bulk(self, chance: random.Random, name: str) -> None:
        numbers = [self._notebook.try_one(name) for _ in range(BULK)]
        most = chance.choice((10, 30, 1_500))
        many: list[Any] = [{"n": number, "run_ms": chance.randrange(1, most)} for number in numbers]
        job = chance.choice(("note", "write"))
        self._attempt(numbers, lambda: [made.id for made in submit_many(self._jobs, job, many)])

    def _transaction(self, chance: random.Random, name: str) -> None:
        number = self._notebook.try_one(name)
        job, args = any_work(chance, number)
        is_wanted = chance.random() < 0.6

        def write() -> list[str]:
            with self._jobs.database.unit_of_work() as work:
                work.connection.execute(sa.text("INSERT INTO intent (n) VALUES (:n)"), {"n": number})
                made = submit(self._jobs, job, args, within=work)
                if not is_wanted:
                    raise RolledBack
            return [made.id]

        self._attempt([number], write)

    def _message(self, chance: random.Random, name: str) -> None:
        """By the outbox, to this service itself: its id is the peer's to give, so only the transaction is a promise."""
        number = self._notebook.try_one(name)
        is_wanted = chance.random() < 0.7

        def write() -> list[str]:
            with self._jobs.database.unit_of_work() as work:
                work.connection.execute(sa.text("INSERT INTO intent (n) VALUES (:n)"), {"n": number})
                job, args = any_work(chance, number)
                submit_to(self._jobs, NAME, job, args, key=f"message-{number}", within=work)
                if not is_wanted:
                    raise RolledBack
            return []

        self._attempt([number] if not is_wanted else [], write)

    def _isolated(self, chance: random.Random, name: str) -> None:
        number = self._notebook.try_one(name)
        args = {"n": number, "run_ms": chance.randrange(1, 500), "fails": chance.choice((0, 0, 1, 2))}
        self._attempt([number], lambda: [submit(self._jobs, "apart", args).id])

    def _grpc(self, chance: random.Random, name: str) -> None:
        number = self._notebook.try_one(name)
        self._attempt([number], lambda: [self._calls.by_grpc(number, *any_work(chance, number))])

    def _rest(self, chance: random.Random, name: str) -> None:
        number = self._notebook.try_one(name)
        self._attempt([number], lambda: [self._calls.by_rest(number, *any_work(chance, number))])


def any_work(chance: random.Random, number: int) -> tuple[str, dict[str, int]]:
    """A job of the mix and its arguments."""
    mix = {
        "note": 26,
        "write": 28,
        "stumble": 8,
        "nap": 7,
        "doomed": 5,
        "parent": 9,
        "weave": 8,
        "stage": 5,
        "charge": 6,
    }
    job = chance.choices(list(mix), list(mix.values()))[0]
    # Enough of them run long enough that a fault finds bodies to overtake; that is what fences are for.
    run_ms = chance.randrange(1, 60) if chance.random() < 0.75 else chance.randrange(300, 4_000)
    args = {"n": number, "run_ms": run_ms}
    if job == "stumble":
        args["fails"] = chance.randrange(1, 3)
    elif job in ("stage", "charge"):
        args["fails"] = chance.randrange(3)
    elif job == "nap":
        args["snooze_ms"] = chance.randrange(300, 2_500)
    return job, args
