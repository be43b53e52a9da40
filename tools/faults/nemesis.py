"""Owns one run: start, faults for so many seconds, heal, drain, account. It must never end while its processes live."""

import heapq
import itertools
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from redis.exceptions import RedisError

from shared.db.engine import psycopg_url
from tools.faults import acknowledgements, assembly, oracle, records, report, wishes
from tools.faults.assembly import NAME
from tools.faults.checker import check
from tools.faults.children import Child
from tools.faults.evidence import Evidence, read_index, read_ledger
from tools.faults.figures import figures_of
from tools.faults.injections import FAULTS, Hand, choose
from tools.faults.jobs import QUEUES, SINGLE
from tools.faults.replay import Rules, replay
from tools.faults.unasked import unasked
from tools.faults.violations import Violation
from tools.faults.watch import Watch
from tools.faults.world import Size, World
from tools.stores.errors import StoreFailed
from tools.stores.temporary import temporary_folder

TURN_SECONDS = 0.05
READY_SECONDS = 60.0
LOOK_SECONDS = 1.0
#: What time alone still changes: worth waiting for until the drain's window is over.
PASSING = frozenset({"stuck", "index", "unwell"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run does. The same seed chooses the same faults; what they hit is up to the machine."""

    seconds: float
    seed: int
    faults: Sequence[str]
    drain_seconds: float = 150.0
    size: Size = field(default_factory=Size)
    keep: Path | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it. `folder` holds the evidence when something is wrong."""

    faults: Counter[str]
    acked: int
    rows: int
    figures: dict[str, int]
    violations: list[Violation]
    folder: Path | None


def run(plan: Plan, say: Callable[[str], None], *, kind: "type[Nemesis] | None" = None) -> Verdict:
    """One run, from nothing to its verdict; everything it started has ended when it returns."""
    with temporary_folder("millrace-nemesis-") as folder:
        nemesis = (kind or Nemesis)(plan, folder, say)
        try:
            nemesis.prepare()
            nemesis.torment()
            evidence, violations = nemesis.account()
        finally:
            nemesis.end()
        kept = None
        if violations and plan.keep is not None:
            report.write(folder / "bad", evidence, violations)
            kept = plan.keep / f"seed-{plan.seed}-{time.strftime('%H%M%S')}"
            shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("postgres", "valkey"))
        figures = figures_of(evidence)
        return Verdict(nemesis.faults, len(evidence.promises.acked), len(evidence.rows), figures, violations, kept)


class Nemesis:
    """The parts of one run and its clock. Everything happens in the main thread but the watch."""

    def __init__(self, plan: Plan, folder: Path, say: Callable[[str], None]) -> None:
        self.faults: Counter[str] = Counter()
        self._plan = plan
        self._folder = folder
        self._say = say
        self._world = World(folder, seed=plan.seed, size=plan.size)
        self._watch = Watch(self._world.valkey, folder / "events.jsonl")
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._log = (folder / "faults.log").open("a", buffering=1)

    def prepare(self) -> None:
        """Everything runs and is ready; producers begin."""
        self._world.start()
        self._watch.start()
        until = time.monotonic() + READY_SECONDS
        while any(child.trouble() for child in self._world.children):
            if time.monotonic() > until:
                raise StoreFailed(f"the processes are not ready: {[c.trouble() for c in self._world.children]}")
            self._turn()
        self._world.start_producing()
        while not acknowledgements.read(self._world.promises_file).acked:
            if time.monotonic() > until:
                raise StoreFailed("the producers do not produce")
            self._turn()

    def torment(self) -> None:
        """Faults, one every 0.4 to 1 s."""
        chance = random.Random(self._plan.seed)  # noqa: S311  # a seeded fault, not a secret
        hand = Hand(self._world, chance, self._do_later)
        until = next_at = time.monotonic()
        until += self._plan.seconds
        while time.monotonic() < until:
            if time.monotonic() >= next_at:
                next_at += chance.uniform(0.4, 1.0)
                self._inject(hand, choose(chance, self._plan.faults))
            self._turn()

    def _inject(self, hand: Hand, name: str) -> None:
        try:
            is_done = FAULTS[name][1](hand)
            text = "" if is_done else "nothing to do it to"
        except (psycopg.Error, RedisError, OSError) as error:
            is_done, text = False, f"{type(error).__name__}: {str(error)[:100]}"
        self.faults[name if is_done else "in vain"] += 1
        self._log.write(f"{time.time_ns() // 1_000_000} {name} {text}\n")

    def account(self) -> tuple[Evidence, list[Violation]]:
        """Heal, let schedules tick once more, stop what makes jobs, wait for quiet, judge."""
        self._heal()
        healed_ms = time.time_ns() // 1_000_000
        until = time.monotonic() + self._plan.drain_seconds
        while not self._have_ticked(healed_ms) and time.monotonic() < until:
            self._turn()
        self._world.stop_producing()
        self._command("UPDATE schedule SET is_enabled = FALSE")
        while True:
            evidence = self._evidence()
            violations = self.judge(evidence)
            if not any(each.kind in PASSING for each in violations) or time.monotonic() > until:
                break
            look_at = time.monotonic() + LOOK_SECONDS
            while time.monotonic() < look_at:
                self._turn()
        for child in self._world.children:
            if child.name in evidence.unwell:
                child.tell_stacks()
        self._say(f"drained {time.time() - healed_ms / 1000:.1f} s after the last fault")
        return evidence, violations + replay(evidence.seen, evidence.losses, _rules(evidence))

    def judge(self, evidence: Evidence) -> list[Violation]:
        """What is wrong with it."""
        return check(evidence)

    def end(self) -> None:
        """Stop everything that was started."""
        self._later.clear()
        try:
            self._watch.stop()
        finally:
            self._world.stop()
            self._log.close()

    def _turn(self) -> None:
        self._world.tend()
        while self._later and self._later[0][0] <= time.monotonic():
            heapq.heappop(self._later)[2]()
        threading.Event().wait(TURN_SECONDS)

    def _do_later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._numbers), action))

    def _heal(self) -> None:
        self._later.clear()
        self._world.heal()
        until = time.monotonic() + READY_SECONDS
        while not self._world.is_up():
            if time.monotonic() > until:
                raise StoreFailed("a store did not come back")
            self._turn()
        self._world.heal()

    def _have_ticked(self, since_ms: int) -> bool:
        """Those that fire whatever else is live; others may wait for their jobs for as long as the load lasts."""
        last = read_ledger(self._world.direct_database_url())["last_runs"]
        free = [at_ms for name, at_ms in last.items() if name.startswith(assembly.FREE)]
        return bool(free) and min(free) > since_ms

    def _command(self, statement: str) -> None:
        url, options = psycopg_url(self._world.direct_database_url()), f"-c search_path={NAME}"
        with psycopg.connect(url, autocommit=True, options=options, connect_timeout=5) as connection:
            connection.execute(statement.encode())

    def _evidence(self) -> Evidence:
        unwell = {child.name: trouble for child in self._world.children if (trouble := child.trouble())}
        with self._world.valkey.client() as client:
            index = read_index(client)
        return Evidence(
            promises=acknowledgements.read(self._world.promises_file),
            wished=wishes.read(self._world.wishes_file),
            noted=records.read(self._world.records_file),
            index=index,
            lines=tuple(oracle.read(self._world.oracle_file)),
            seen=tuple(self._watch.seen),
            losses=tuple(self._world.valkey.losses),
            kills=tuple(self._world.valkey.kills),
            unasked=unasked(self._folder / "logs"),
            unwell=unwell,
            deaths={child.name: ends for child in self._world.everyone if (ends := _ends(child))},
            **read_ledger(self._world.direct_database_url()),
        )


def _ends(child: Child) -> tuple[str, ...]:
    codes = [f"exit code {code}" for code in child.surprises]
    return (*codes, *(f"thread {name} ended by an exception" for name in child.dead_threads()))


def _rules(evidence: Evidence) -> Rules:
    return Rules(
        max_running={queue.name: queue.max_running for queue in QUEUES if queue.max_running},
        rates={q.name: (q.rate.starts, int(q.rate.per.total_seconds() * 1000)) for q in QUEUES if q.rate},
        ordered=frozenset({SINGLE.name}),
        priorities={row.id: row.priority for row in evidence.rows},
        kills=evidence.kills,
    )
