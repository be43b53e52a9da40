"""Owns the demonstration without any store: real submit, run and settle on an index in memory. Never a connection."""

from dataclasses import dataclass
from datetime import timedelta

from shared import clock, logs
from shared.errors import PlatformError
from shared.jobs import Priority, submit
from shared.jobs.attempts import Attempt, run_attempt
from shared.jobs.broker import MillraceBroker
from shared.jobs.ledger.records import Job
from shared.jobs.running import Running
from shared.jobs.submission import Jobs
from tools.demos.jobs import SERVICE, Notebook, jobs_of, play
from tools.demos.memory import MemoryScripts
from tools.demos.telling import Telling

TITLE = """Millrace without any store: the real definitions, admission, attempts, backoff and states, and an index that
is a dict in this process. Each line says what would be written where. Nothing waits: time is skipped."""
LATER = timedelta(minutes=10)


@dataclass(slots=True)
class Stage:
    """The jobs of this process, and the words of the scene so far."""

    telling: Telling
    words: list[str]
    scripts: MemoryScripts
    jobs: Jobs
    notebook: Notebook

    @classmethod
    def opened(cls, telling: Telling) -> "Stage":
        words: list[str] = []

        def tell(word: str, text: str) -> None:
            words.append(f"retrying {text.split()[2]} s" if word == "retrying" else word)
            telling.line(word, text)

        scripts = MemoryScripts(SERVICE, tell)
        return cls(telling, words, scripts, jobs_of(scripts, identity="memory"), Notebook())

    def submit(self, priority: int = Priority.NORMAL, *, later: timedelta | None = None, **args: int | bool) -> Job:
        at = None if later is None else clock.now() + later
        return submit(self.jobs, play, dict(args), priority=priority, scheduled_for=at)

    def run_all(self) -> None:
        """Until nothing waits any more."""
        broker = MillraceBroker(self.jobs.catalogue)
        while True:
            claimed = self.scripts.claim_next()
            if claimed is not None:
                resources: dict[type, object] = {Notebook: self.notebook}
                attempt = Attempt(self.jobs, broker, resources, "memory", claimed, Running(claimed.held))
                run_attempt(attempt)
            elif not self.scripts.skip():
                return

    def seen(self, name: str, announced: str) -> None:
        """Compare the words of the scene with what was announced, and begin the next."""
        self.telling.step(name, announced=announced, seen=", ".join(self.words))
        self.words.clear()


RUN = "submitted, queued, started, progress"


def main() -> int:
    logs.configure("error", "console", process="demo")
    telling = Telling(TITLE)
    stage = Stage.opened(telling)
    for scene in (_goes_well, _fails_twice, _fails_for_good, _is_hopeless, _runs_later, _is_cancelled, _is_first):
        try:
            scene(stage)
        except Exception as error:  # noqa: BLE001  # whatever it is, the scene did not come out as announced
            telling.step(scene.__name__.strip("_"), announced="no error", seen=f"{type(error).__name__}: {error}")
            stage.words.clear()
    _is_refused(stage)
    return telling.end()


def _goes_well(stage: Stage) -> None:
    stage.telling.scene("1. A job that goes well")
    stage.submit(number=1)
    stage.run_all()
    stage.seen("goes well", f"{RUN}, completed")


def _fails_twice(stage: Stage) -> None:
    stage.telling.scene("2. A job whose first two attempts fail: exponential backoff, 2 s then 4 s")
    stage.submit(number=2, failures=2)
    stage.run_all()
    again = "queued, started, progress"
    stage.seen(
        "fails twice, then goes well",
        f"{RUN}, failed, retrying 2 s, {again}, failed, retrying 4 s, {again}, completed",
    )


def _fails_for_good(stage: Stage) -> None:
    stage.telling.scene("3. A job that fails three times of three: a dead letter")
    job = stage.submit(number=3, failures=3)
    stage.run_all()
    again = "queued, started, progress, failed"
    stage.seen("dead after 3 attempts", f"{RUN}, failed, retrying 2 s, {again}, retrying 4 s, {again}, dead")
    stage.telling.step("attempts made", announced="3", seen=str(stage.scripts.kept[job.id].attempts))


def _is_hopeless(stage: Stage) -> None:
    stage.telling.scene("4. A job that says that no retry can help (Unrecoverable)")
    stage.submit(number=4, is_hopeless=True)
    stage.run_all()
    stage.seen("dead at once", f"{RUN}, failed, dead")


def _runs_later(stage: Stage) -> None:
    stage.telling.scene("5. A job for later: in ten minutes")
    stage.submit(number=5, later=LATER)
    stage.run_all()
    stage.seen("waits for its time", "submitted, scheduled, queued, started, progress, completed")


def _is_cancelled(stage: Stage) -> None:
    stage.telling.scene("6. A job that is cancelled while it waits")
    job = stage.submit(number=6)
    stage.scripts.cancel(job.id)
    stage.run_all()
    stage.seen("cancelled, never started", "submitted, queued, cancelled")


def _is_first(stage: Stage) -> None:
    stage.telling.scene("7. A critical job overtakes one of low priority that came before it")
    stage.notebook.begin_anew()
    stage.submit(Priority.LOW, number=71)
    stage.submit(Priority.CRITICAL, number=72)
    stage.run_all()
    stage.words.clear()
    order = ", ".join(str(number) for number, _ in stage.notebook.starts)
    stage.telling.step("order of the starts", announced="72, 71", seen=order)


def _is_refused(stage: Stage) -> None:
    stage.telling.scene("8. Arguments that are wrong: refused before anything is written")
    before = len(stage.scripts.kept)
    try:
        submit(stage.jobs, play, {"number": 8, "colour": "red"})
        refusal = "accepted"
    except PlatformError as error:
        stage.telling.line("refused", str(error))
        refusal = type(error).__name__
    stage.telling.step("unknown argument", announced="InvalidArgument", seen=refusal)
    stage.telling.step("entries written", announced="0", seen=str(len(stage.scripts.kept) - before))
