"""Owns what PostgreSQL keeps of circuits: their rules, what people did to them, how they stood; the index has a copy.

It must never acknowledge what the index has not got (rule 14), and never let an older state replace a newer one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from shared import clock
from shared.db import UnitOfWork
from shared.errors import InvalidArgument, NotFound
from shared.jobs.definitions import Catalogue
from shared.jobs.gate_settings import checked_until
from shared.jobs.keys import circuit_keys
from shared.jobs.payloads import storable
from shared.jobs.providers import Breaker
from shared.jobs.submission import Jobs

log = structlog.get_logger(__name__)
MS = timedelta(milliseconds=1)
REASON_MAX = 500
_RULE = "failures, ratio, window_ms, cooldown_ms, cooldown_max_ms, probes, probe_ms"
_STANDING = "state, turn, opens_ms, since_ms, streak, reason"

_DECLARE = sa.text(f"""
INSERT INTO circuit (name, version, {_RULE})
VALUES (:name, 1, :failures, :ratio, :window_ms, :cooldown_ms, :cooldown_max_ms, :probes, :probe_ms)
ON CONFLICT (name) DO UPDATE
SET ({_RULE}) = ROW (excluded.failures, excluded.ratio, excluded.window_ms, excluded.cooldown_ms,
                     excluded.cooldown_max_ms, excluded.probes, excluded.probe_ms),
    version = circuit.version + 1
WHERE (circuit.failures, circuit.ratio, circuit.window_ms, circuit.cooldown_ms, circuit.cooldown_max_ms,
       circuit.probes, circuit.probe_ms)
      IS DISTINCT FROM (excluded.failures, excluded.ratio, excluded.window_ms, excluded.cooldown_ms,
                        excluded.cooldown_max_ms, excluded.probes, excluded.probe_ms)
""")  # noqa: S608  # constant columns

_READ = sa.text(f"SELECT name, version, forced, forced_until_ms, edited_ms, {_RULE}, {_STANDING} FROM circuit")  # noqa: S608  # constant columns

_RECORD = sa.text("""
UPDATE circuit SET state = :state, turn = :turn, opens_ms = :opens_ms, since_ms = :since_ms, streak = :streak,
                   reason = :reason
WHERE name = :name AND turn < :turn
""")

_FORCE = sa.text("""
UPDATE circuit SET version = version + 1, forced = :forced, forced_until_ms = :until_ms, reason = :reason,
                   edited_ms = greatest(edited_ms + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint),
                   state = CASE WHEN :forced = '' THEN 'closed' ELSE state END,
                   streak = CASE WHEN :forced = '' THEN 0 ELSE streak END
WHERE name = :name
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a circuit stands now; times are milliseconds, 0 = never or without end."""

    name: str
    state: str
    turn: int
    opens_ms: int
    since_ms: int
    streak: int
    reason: str
    now_ms: int
    probes: int
    forced: str
    forced_until_ms: int

    @property
    def is_forced(self) -> bool:
        """True while a person holds it open."""
        return bool(self.forced) and (not self.forced_until_ms or self.forced_until_ms > self.now_ms)

    @property
    def word(self) -> str:
        """closed, open or half_open."""
        if self.is_forced:
            return "open"
        if self.state == "open" and self.opens_ms <= self.now_ms:
            return "half_open"
        return self.state


def declare_circuits(work: UnitOfWork, catalogue: Catalogue) -> None:
    """Bring the declared rules into the table."""
    for one in sorted(catalogue.breakers.values(), key=lambda one: one.name):
        work.connection.execute(_DECLARE, {"name": one.name, **_rule_of(one)})


def read_circuits(jobs: Jobs) -> list[Standing]:
    """Every circuit this service declares, by name, as it stands in the index."""
    return [copy_circuit(jobs, name) for name in sorted(jobs.catalogue.breakers)]


def copy_circuits(jobs: Jobs) -> None:
    """Make table and index agree, both ways, the newer one of each; after a loss that is the table."""
    read_circuits(jobs)


def copy_circuit(jobs: Jobs, name: str, *, is_edit: bool = False) -> Standing:
    """Make table and index agree about one circuit; the standing that holds after that."""
    with jobs.database.unit_of_work() as work:
        row = work.connection.execute(sa.text(f"{_READ.text} WHERE name = :name"), {"name": name}).mappings().first()
    said = _said(jobs, jobs.catalogue.breakers[name], row)
    answer = jobs.scripts.run_alone("circuit_configure", circuit_keys(name), {**said, "is_edit": int(is_edit)})
    texts: list[Any] = [value.decode(errors="replace") if isinstance(value, bytes) else value for value in answer]
    standing = Standing(
        name, state=texts[1], turn=texts[0], opens_ms=texts[2], since_ms=texts[3], streak=texts[4], reason=texts[5],
        now_ms=texts[6], probes=texts[7], forced=texts[8], forced_until_ms=texts[9],
    )  # fmt: skip
    if row is not None and standing.turn > row["turn"]:
        record(jobs, standing)
    return standing


def record(jobs: Jobs, standing: Standing) -> None:
    """Keep how a circuit stands, unless something newer is kept."""
    values = {
        "name": standing.name, "state": standing.state, "turn": standing.turn, "opens_ms": standing.opens_ms,
        "since_ms": standing.since_ms, "streak": standing.streak, "reason": storable(standing.reason, REASON_MAX),
    }  # fmt: skip
    with jobs.database.unit_of_work() as work:
        work.connection.execute(_RECORD, values)


def open_circuit(jobs: Jobs, name: str, *, until: datetime | None = None, reason: str = "") -> Standing:
    """Let nobody call, until that time or until it is closed by hand; holds for all services when this returns.

    Raises NotFound, InvalidArgument; StoreUnavailable: repeat it.
    """
    ends = checked_until(until)
    return _force(jobs, name, forced="open", until_ms=clock.epoch_ms(ends) if ends else 0, reason=reason)


def close_circuit(jobs: Jobs, name: str, *, reason: str = "") -> Standing:
    """Let everybody call now; from then on failures decide again. Raises as open_circuit does."""
    return _force(jobs, name, forced="", until_ms=0, reason=reason)


def _force(jobs: Jobs, name: str, *, forced: str, until_ms: int, reason: str) -> Standing:
    if name not in jobs.catalogue.breakers:
        raise NotFound(f"{jobs.service} has no circuit {name[:60]!r}")
    if len(reason) > REASON_MAX:
        raise InvalidArgument(f"reason must be at most {REASON_MAX} characters", field="reason")
    with jobs.database.unit_of_work() as work:
        values = {"name": name, "forced": forced, "until_ms": until_ms, "reason": storable(reason, REASON_MAX)}
        if work.connection.execute(_FORCE, values).rowcount == 0:
            raise NotFound(f"{jobs.service} has not written circuit {name[:60]!r} yet; start its scheduler")
    standing = copy_circuit(jobs, name, is_edit=True)
    log.warning("circuit set by hand", service=jobs.service, circuit=name, state=standing.word, reason=reason)
    return standing


def _rule_of(one: Breaker) -> dict[str, Any]:
    return {
        "failures": one.failures, "ratio": one.ratio, "window_ms": one.window // MS, "cooldown_ms": one.cooldown // MS,
        "cooldown_max_ms": one.cooldown_max // MS, "probes": one.probes, "probe_ms": one.probe_time // MS,
    }  # fmt: skip


def _said(jobs: Jobs, breaker: Breaker, row: Any) -> dict[str, Any]:
    """What this service says of a circuit: its row, or the declaration until a scheduler has written one."""
    said = dict(row) if row is not None else {
        "version": 0, "forced": "", "forced_until_ms": 0, "edited_ms": 0, "state": "closed", "turn": 0, "opens_ms": 0,
        "since_ms": 0, "streak": 0, "reason": "", **_rule_of(breaker),
    }  # fmt: skip
    rule = {
        "failures": said["failures"], "ratio": said["ratio"], "window": said["window_ms"],
        "cooldown": said["cooldown_ms"], "cooldown_max": said["cooldown_max_ms"], "probes": said["probes"],
        "probe": said["probe_ms"],
    }  # fmt: skip
    return {
        "service": jobs.service, "version": said["version"], "rule": rule, "forced": said["forced"],
        "forced_until": said["forced_until_ms"], "edited_ms": said["edited_ms"], "state": said["state"],
        "turn": said["turn"], "opens": said["opens_ms"], "since": said["since_ms"], "streak": said["streak"],
        "reason": said["reason"],
    }  # fmt: skip
