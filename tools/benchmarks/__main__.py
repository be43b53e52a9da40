"""Owns the command line of tools/bench. It must never hold a figure of its own."""

import argparse
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.benchmarks.arena import open_ground
from tools.benchmarks.campaign import Plan, carry_out
from tools.benchmarks.engines import Engine, find_engines
from tools.benchmarks.machine import machine, own_versions
from tools.benchmarks.report import Report, as_json, as_text
from tools.benchmarks.rows import ROWS
from tools.stores import StoreFailed
from tools.stores.binaries import postgres_programs, valkey_program

ROUNDS = 3
PERSISTENCE = (
    "Valkey appendonly everysec, PostgreSQL fsync and synchronous_commit on; fresh stores for every measurement"
)


def main(arguments: Sequence[str]) -> int:
    """Measure and report. 0 = the report is complete, whatever its verdicts; 1 = the stores did not start."""
    chosen = parsed(arguments)
    if sys.platform != "linux":
        sys.stderr.write("millrace: tools/bench reads CPU times from /proc and so needs Linux\n")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows = [
        row for row in ROWS if (row.name in chosen.rows if chosen.rows else chosen.million or not row.needs_million)
    ]
    engines = find_engines(with_peers=not chosen.no_peers)
    plan = Plan(
        rows=rows, engines=engines, rounds=chosen.rounds, is_quick=chosen.quick,
        has_million=chosen.million, seed=chosen.seed,
    )  # fmt: skip
    facts = machine()
    try:
        versions = {
            **own_versions(),
            "Valkey": valkey_program().described,
            "PostgreSQL": postgres_programs(None).version,
            **{name: engine.version for name, engine in engines.items() if isinstance(engine, Engine)},
        }
        with open_ground() as ground:
            results = carry_out(plan, ground)
    except StoreFailed as failure:
        sys.stderr.write(f"millrace: {failure}\n")
        return 1
    options = {"rounds": str(plan.rounds), "seed": str(plan.seed), "quick": str(plan.is_quick), "stores": PERSISTENCE}
    report = Report(facts, versions, options, results)
    print(as_text(report))
    if chosen.json is not None:
        chosen.json.write_text(as_json(report) + "\n")
    return 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The options, checked."""
    parser = argparse.ArgumentParser(prog="tools/bench", description="Millrace and its peers doing the same work.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows to run: " + ", ".join(row.name for row in ROWS))
    parser.add_argument("--rounds", type=int, help=f"rounds of everything, 1 to 20 (default {ROUNDS}; --quick: 1)")
    parser.add_argument("--quick", action="store_true", help="few jobs and one round: does it run, not how fast")
    parser.add_argument("--million", action="store_true", help="also the row with one million waiting jobs")
    parser.add_argument("--no-peers", action="store_true", help="Millrace alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every round's figures here")
    parser.add_argument("--seed", type=int, help="of the order in which things are run")
    chosen = parser.parse_args(arguments)
    known = [row.name for row in ROWS]
    unknown = [name for name in chosen.rows if name not in known]
    if unknown:
        parser.error(f"ROW must be one of {', '.join(known)}; got {', '.join(unknown)}")
    chosen.rounds = chosen.rounds if chosen.rounds is not None else (1 if chosen.quick else ROUNDS)
    if not 1 <= chosen.rounds <= 20:
        parser.error(f"--rounds must be from 1 to 20, got {chosen.rounds}")
    if chosen.json is not None and not chosen.json.absolute().parent.is_dir():
        parser.error(f"--json must name a file in a folder that exists, got {chosen.json}")
    chosen.million = chosen.million or "million" in chosen.rows
    chosen.seed = chosen.seed if chosen.seed is not None else secrets.randbelow(10**6)
    return chosen


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
