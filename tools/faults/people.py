"""Owns the people of a run: they cancel, run again and change jobs. They must never change the same job twice."""

import random
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from shared import clock
from shared.bootstrap import ServiceRuntime
from shared.jobs import Job, submit
from shared.jobs.control.cancellations import cancel
from shared.jobs.control.changes import Change, change
from shared.jobs.control.requeues import requeue
from tools.faults.acknowledgements import Acknowledgements
from tools.faults.jobs import GATED, MIXED
from tools.faults.turns import Turn
from tools.faults.wishes import CANCEL, LATER, NOW, PRIORITY, QUEUE, REQUEUE, Wishes

#: A job is given so long to die before somebody runs it again.
DEAD_AFTER_SECONDS = 3.0
WAITING = 500


class People:
    """Each of them submits jobs of their own and changes their mind about them, a turn each."""

    def __init__(self, runtime: ServiceRuntime, notebook: Acknowledgements, wishes: Wishes) -> None:
        self._jobs = runtime.jobs
        self._notebook = notebook
        self._wishes = wishes
        self._dying: deque[tuple[float, str]] = deque(maxlen=WAITING)
        self.turns: tuple[Turn, ...] = (
            ("canceller", self._cancel, 0.4),
            ("reviver", self._revive, 0.5),
            ("changer", self._change, 0.4),
        )

    def _submit(self, name: str, job: str, *, run_ms: int = 5, after: float = 0.0) -> str | None:
        """A job to be of two minds about; None when nobody knows whether it is there."""
        number = self._notebook.try_one(name)
        due = clock.now() + timedelta(seconds=after) if after else None
        try:
            job_id = submit(self._jobs, job, {"n": number, "run_ms": run_ms}, scheduled_for=due).id
        except Exception as error:  # noqa: BLE001  # as a producer
            self._notebook.failed(number, error)
            return None
        self._notebook.acked(number, job_id)
        return job_id

    def _ask(self, verb: str, job_id: str, action: Callable[[], Job], detail: Callable[[Job], object]) -> None:
        self._wishes.asked(verb, job_id)
        try:
            job = action()
        except Exception:  # noqa: BLE001  # refused, or no answer: nothing was promised
            return
        self._wishes.granted(verb, job_id, detail(job))

    def _cancel(self, chance: random.Random, name: str) -> None:
        """Before it starts, while it runs, or as it ends."""
        job = chance.choice(("note", "write", "weave", "apart", "charge", "stage"))
        after, run_ms = chance.choice(((0.0, 5), (0.0, 800), (0.0, 3_000), (chance.uniform(0.5, 4), 5)))
        job_id = self._submit(name, job, run_ms=run_ms, after=after)
        if job_id is None:
            return
        time.sleep(chance.choice((0.0, chance.uniform(0, 0.3))))
        self._ask(CANCEL, job_id, lambda: cancel(self._jobs, job_id, reason="of two minds"), lambda job: job.generation)

    def _revive(self, chance: random.Random, name: str) -> None:
        job_id = self._submit(name, chance.choice(("revived", "revived", "doomed")))
        if job_id is not None:
            self._dying.append((time.monotonic() + DEAD_AFTER_SECONDS, job_id))
        while self._dying and self._dying[0][0] <= time.monotonic():
            _, dead = self._dying.popleft()
            self._ask(REQUEUE, dead, lambda dead=dead: requeue(self._jobs, dead), lambda job: job.generation)  # type: ignore[misc]  # a default binds it

    def _change(self, chance: random.Random, name: str) -> None:
        job_id = self._submit(name, chance.choice(("note", "write", "stage")), after=chance.uniform(1, 5))
        if job_id is None:
            return
        verb = chance.choice((PRIORITY, QUEUE, LATER, NOW))
        priority, queue = chance.choice((1, 2, 4, 5)), chance.choice((GATED, MIXED)).name
        later = clock.now() + timedelta(seconds=chance.uniform(0, 6))
        wanted = {
            PRIORITY: (Change(priority=priority), priority),
            QUEUE: (Change(queue=queue), queue),
            LATER: (Change(scheduled_for=later), "-"),
            NOW: (Change(is_now=True), "-"),
        }
        asked, detail = wanted[verb]
        self._ask(verb, job_id, lambda: change(self._jobs, job_id, asked), lambda _: detail)
