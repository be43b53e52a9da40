"""Owns the verb status: what runs and how it is, for people, shells and programs. It must never change anything."""

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tools.supervisor import memory, probes, run_record
from tools.supervisor.run_record import ProcessRecord, RunRecord
from tools.supervisor.state import StateFolder

NOT_RUNNING = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One process as it is now."""

    process: str
    pid: int
    memory_mb: float
    uptime_seconds: int
    restarts: int
    health: str


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/status", description="Show the processes; exit code 3 when none runs.")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--env", action="store_true", help='shell lines, for eval "$(tools/status --env)"')
    form.add_argument("--json", action="store_true", help="for programs")
    chosen = parser.parse_args(arguments)
    record = run_record.load(StateFolder().run)
    if not record.supervisor_runs():
        print("Millrace is not running; start it with tools/up", file=sys.stderr)
        if chosen.json:
            print(json.dumps({"state": run_record.STOPPED, "processes": []}))
        return NOT_RUNNING
    if chosen.env:
        print("\n".join(f"{name}={shlex.quote(value)}" for name, value in record.connections.items()))
    elif chosen.json:
        print(json.dumps(as_json(record), indent=2))
    else:
        print(as_table(record))
    return 0


def look(record: RunRecord) -> list[Line]:
    found = dict(record.processes)
    if record.supervisor is not None:
        found["supervisor"] = record.supervisor
    return [_line(name, process) for name, process in found.items()]


def as_json(record: RunRecord) -> dict[str, object]:
    lines = look(record)
    return {
        "state": record.state,
        "topology": record.topology,
        "memory_mb": round(sum(line.memory_mb for line in lines), 1),
        "ports": record.ports,
        "processes": [asdict(line) for line in lines],
    }


def as_table(record: RunRecord) -> str:
    lines = look(record)
    head = f"{'process':<24}{'pid':>8}{'PSS MB':>9}{'uptime':>10}{'restarts':>10}  health"
    rows = [
        f"{line.process:<24}{line.pid:>8}{line.memory_mb:>9.1f}{_duration(line.uptime_seconds):>10}"
        f"{line.restarts:>10}  {line.health}"
        for line in lines
    ]
    total = f"{'in all':<24}{'':>8}{sum(line.memory_mb for line in lines):>9.1f}"
    return "\n".join([f"Millrace is {record.state} ({record.topology})", head, *rows, total])


def _line(name: str, process: ProcessRecord) -> Line:
    running = process.identity.is_running()
    # The supervisor's children are in lines of their own.
    size = memory.own_megabytes(process.pid) if name == "supervisor" else memory.megabytes(process.pid)
    well = not process.health or probes.answers(process.health)
    health = "gone" if not running else "well" if well else "not ready"
    return Line(name, process.pid, round(size, 1), int(time.time() - process.since), process.restarts, health)


def _duration(seconds: int) -> str:
    hours, rest = divmod(max(0, seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
