"""Owns the command line of the nemesis. Exit code 1 = a promise was broken."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tools.faults.assembly import REAL
from tools.faults.clocks import HOUR, SKEWS, compiler
from tools.faults.injections import FAULTS
from tools.faults.nemesis import Plan, Verdict, run
from tools.faults.rolling import Rolling
from tools.faults.world import Size

EXIT_BROKEN = 1
SHOWN = 20


def main(arguments: list[str]) -> int:
    """Run and print the verdict."""
    parser = argparse.ArgumentParser(prog="tools/nemesis", description="Random faults, then an account of every job.")
    parser.add_argument("--seconds", type=float, default=60, help="how long faults go on (default 60)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="chooses the faults (default: the clock)")
    parser.add_argument("--faults", default="", metavar="A,B", help=f"only these; of {', '.join(FAULTS)}")
    parser.add_argument("--rolling", action="store_true", help="no faults: restart worker after worker for --seconds")
    parser.add_argument("--workers", type=int, default=6, choices=range(1, 17), metavar="N", help="default 6")
    parser.add_argument("--pace", type=int, default=1, choices=range(1, 101), metavar="N", help="an N-th of the load")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "millrace-nemesis-evidence")
    chosen = parser.parse_args(arguments)
    names = [name for name in chosen.faults.split(",") if name] or list(FAULTS)
    unknown = sorted(set(names) - set(FAULTS))
    if unknown or not 1 <= chosen.seconds <= 86_400:
        parser.error(
            f"--faults: unknown {', '.join(unknown)}; allowed: {', '.join(FAULTS)}"
            if unknown
            else "--seconds must be from 1 to 86400"
        )
    what = "restarts" if chosen.rolling else "faults"
    print(f"seed {chosen.seed}, {chosen.seconds:.0f} s of {what}", flush=True)
    if chosen.rolling:
        size = Size(workers=chosen.workers, grace_seconds=1, timings=REAL, pace=chosen.pace)
        plan = Plan(seconds=chosen.seconds, seed=chosen.seed, faults=(), keep=chosen.keep, size=size)
        return _told(run(plan, lambda text: print(text, flush=True), kind=Rolling), chosen.seconds)
    wrong = ", ".join(f"{name} {seconds / HOUR:+.0f} h" for name, seconds in SKEWS.items())
    print(f"clocks: {wrong}" if compiler() else "clocks: all right, since there is no C compiler", flush=True)
    size = Size(workers=chosen.workers, pace=chosen.pace)
    plan = Plan(seconds=chosen.seconds, seed=chosen.seed, faults=names, keep=chosen.keep, size=size)
    return _told(run(plan, lambda text: print(text, flush=True)), chosen.seconds)


def _told(verdict: Verdict, seconds: float) -> int:
    _print(verdict, seconds)
    return EXIT_BROKEN if verdict.violations else 0


def _print(verdict: Verdict, seconds: float) -> None:
    done = sum(count for name, count in verdict.faults.items() if name != "in vain")
    print(f"faults: {done} ({done / seconds * 60:.0f} a minute): {_counts(verdict.faults)}")
    print(f"acknowledged: {verdict.acked}; rows: {verdict.rows}; {_counts(Counter(verdict.figures))}")
    if not verdict.violations:
        print("verdict: every promise kept")
        return
    print(f"verdict: BROKEN: {_counts(Counter(each.kind for each in verdict.violations))}")
    for each in verdict.violations[:SHOWN]:
        print(f"  {each.kind}: {each.job_id or '-'}: {each.detail}")
    print(f"evidence: {verdict.folder}")


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
