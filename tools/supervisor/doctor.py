"""Owns the verb doctor: one verdict a line about this machine and this clone. It must never change anything."""

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]  # it ships no types
import psycopg

from tools.environment import Action, Environment
from tools.stores import accounts, binaries, ports
from tools.stores.errors import StoreFailed
from tools.supervisor import probes, run_record, wiring
from tools.supervisor.run_record import RunRecord
from tools.supervisor.state import StateFolder

FREE_BYTES_NEEDED = 1024**3
EARLIEST_SANE = 1_750_000_000
OUR_MODULES = ("shared.bootstrap", "tools.sandbox", "tools.supervisor")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`well` None is a remark: neither good nor bad."""

    well: bool | None
    subject: str
    text: str

    def __str__(self) -> str:
        mark = {True: "ok", False: "BAD", None: "note"}[self.well]
        return f"{mark:<5}{self.subject:<14}{self.text}"


def main(arguments: Sequence[str]) -> int:
    argparse.ArgumentParser(prog="tools/doctor", description="Check this machine and this clone.").parse_args(arguments)
    state = StateFolder()
    record = run_record.load(state.run)
    bad = 0
    for check in (environment, machine, programs, port_numbers, running, leftovers):
        for verdict in told(check, state, record):
            bad += verdict.well is False
            print(verdict, flush=True)
    print("Everything is well." if not bad else f"{bad} {'problem' if bad == 1 else 'problems'} found.")
    return 1 if bad else 0


def told(
    check: Callable[[StateFolder, RunRecord], Iterator[Verdict]], state: StateFolder, record: RunRecord
) -> Iterator[Verdict]:
    try:
        yield from check(state, record)
    except (StoreFailed, OSError) as failure:
        yield Verdict(False, check.__name__.replace("_", " "), str(failure))


def environment(state: StateFolder, _record: RunRecord) -> Iterator[Verdict]:
    major, minor, patch = sys.version_info[:3]
    yield Verdict((major, minor) >= (3, 11), "Python", f"{major}.{minor}.{patch}; needed is 3.11 or newer")
    pending = Environment(state.clone).pending(dev=False, python=f"{major}.{minor}")
    cure = (
        "in step with requirements.lock"
        if pending is Action.NOTHING
        else "not in step with requirements.lock: tools/up"
    )
    yield Verdict(pending is Action.NOTHING, "packages", cure)


def machine(state: StateFolder, _record: RunRecord) -> Iterator[Verdict]:
    free = shutil.disk_usage(state.clone).free
    yield Verdict(free >= FREE_BYTES_NEEDED, "disk", f"{free / 1024**3:.1f} GiB free; needed is 1 GiB")
    wall = time.time()
    yield Verdict(wall > EARLIEST_SANE, "clock", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(wall)))


def programs(_state: StateFolder, _record: RunRecord) -> Iterator[Verdict]:
    postgres = binaries.postgres_programs(accounts.unprivileged())
    yield Verdict(True, "PostgreSQL", f"{postgres.version} in {postgres.folder}")
    valkey = binaries.valkey_program()
    yield Verdict(True, "Valkey", f"{valkey.name} {valkey.described}, at {valkey.path}")


def port_numbers(state: StateFolder, record: RunRecord) -> Iterator[Verdict]:
    if record.supervisor_runs():
        return
    wanted = wiring.preferred_ports(wiring.find_services(state.clone), ("api", "worker", "scheduler", "gateway"))
    taken = [f"{use} {port}" for use, port in wanted.items() if not ports.is_free(port)]
    free = "the usual ones are free"
    yield Verdict(None if taken else True, "ports", f"taken, others will do: {', '.join(taken)}" if taken else free)


def running(_state: StateFolder, record: RunRecord) -> Iterator[Verdict]:
    if not record.supervisor_runs():
        yield Verdict(None, "product", "not running; tools/up starts it")
        return
    yield Verdict(record.state == run_record.READY, "product", record.state)
    for name, process in record.processes.items():
        well = process.identity.is_running() and (not process.health or probes.answers(process.health))
        yield Verdict(well, name, "answers" if well else f"does not answer; see tools/logs {name}")
    yield database(record.connections.get("DATABASE_URL", ""))


def database(url: str) -> Verdict:
    if not url:
        return Verdict(None, "database", "not known until everything is ready")
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    except psycopg.Error as error:
        return Verdict(False, "database", f"refuses: {str(error).strip()}")
    drift = abs(time.time() - row[0]) if row else 0.0
    return Verdict(drift < 2.0, "database", f"answers; its clock is {drift:.1f} s from ours")


def leftovers(state: StateFolder, record: RunRecord) -> Iterator[Verdict]:
    known = {process.pid for process in record.processes.values()}
    known |= {record.supervisor.pid} if record.supervisor_runs() and record.supervisor else set()
    strays = [str(pid) for pid in of_this_clone(state) if pid not in known and pid != psutil.Process().pid]
    text = f"processes no supervisor knows: {', '.join(strays)}; stop them" if strays else "no process is left over"
    yield Verdict(not strays, "leftovers", text)


def of_this_clone(state: StateFolder) -> Iterator[int]:
    """Processes of the product that work in this clone, children of a known one aside."""
    for process in psutil.process_iter():
        try:
            command, folder = process.cmdline(), process.cwd()
            if folder == str(state.clone) and command[1:2] == ["-m"] and command[2] in OUR_MODULES:
                yield process.pid
        except (psutil.Error, OSError):
            continue
