"""Owns what is kept of a run that broke a promise: per bad job everything known of it. It must never judge."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tools.faults.evidence import Evidence
from tools.faults.violations import Violation

MAX_JOBS = 40
MAX_LOG_LINES = 400


def write(folder: Path, evidence: Evidence, violations: Iterable[Violation]) -> None:
    """One file a bad job, and one with all violations."""
    folder.mkdir(exist_ok=True)
    found = list(violations)
    text = "\n".join(f"{each.kind}\t{each.job_id or '-'}\t{each.detail}" for each in found)
    (folder / "violations.txt").write_text(text + "\n")
    told = [*evidence.remains.turns, *evidence.remains.nodes, *evidence.noted]
    (folder / "labours.txt").write_text("\n".join(map(str, told)) + "\n")
    # Of every kind some, the rarest first: thousands that are stuck must not hide the one that was lost.
    rarest = Counter(each.kind for each in found)
    found.sort(key=lambda each: rarest[each.kind])
    for job_id in list(dict.fromkeys(each.job_id for each in found if each.job_id))[:MAX_JOBS]:
        (folder / f"{job_id}.txt").write_text(_story(evidence, found, job_id, folder.parent / "logs"))


def _story(evidence: Evidence, violations: list[Violation], job_id: str, logs: Path) -> str:
    parts: list[tuple[str, Iterable[object]]] = [
        ("violations", [each for each in violations if each.job_id == job_id]),
        ("row", [row for row in evidence.rows if row.id == job_id]),
        ("promised", [f"{n}: {acked}" for n, acked in evidence.promises.acked.items() if acked == job_id]),
        ("outcomes", [each for each in evidence.outcomes if each.job_id == job_id]),
        ("asked", [f"{verb} {count}" for (verb, job), count in evidence.wished.asked.items() if job == job_id]),
        ("effects", [each for each in evidence.effects if each[0] == job_id]),
        ("entry", [evidence.index.entries.get(job_id)]),
        ("events", [each for each in evidence.seen if each.job_id == job_id]),
        ("oracle", [line for line in evidence.lines if line.job_id == job_id]),
        ("losses", evidence.losses),
        ("logs", _log_lines(logs, job_id)),
    ]
    return "\n".join(f"{title}:\n" + "\n".join(f"  {each}" for each in content) for title, content in parts) + "\n"


def _log_lines(logs: Path, job_id: str) -> list[str]:
    found = []
    for log in sorted(logs.glob("*.log")):
        with log.open(errors="replace") as stream:
            found += [f"{log.stem}: {line.rstrip()}" for line in stream if job_id in line]
    return found[:MAX_LOG_LINES]
