"""Owns the measurement of what schedules cost: `tools/python --dev -m tools.benchmarks.schedules [COUNT] [SECONDS]`.

It must never measure anything but the product's own loops on real stores.
"""

import functools
import json
import secrets
import sys
import time
from datetime import timedelta
from pathlib import Path

import psycopg

from shared import clock
from shared.db import Database, migrations
from shared.jobs import Arguments, Catalogue, JobContext, Jobs, Overlap, Queue, Schedule, job, minutes, put_schedule
from shared.jobs.connection import connect
from shared.jobs.maintenance.listener import Listener
from shared.jobs.maintenance.loop import Loop
from shared.jobs.schedules.turns import Turns
from shared.jobs.schedules.watching import INTERVAL_SECONDS, watch_once
from shared.jobs.scripts import Scripts
from tools.benchmarks.usage import cpu_seconds
from tools.stores import PostgresServer, temporary_postgres, temporary_valkey

NAME = "market_data"
COUNT, SECONDS = 10_000, 60
WORK = Queue("work", slots=1)


class Nothing(Arguments, frozen=True):
    """No arguments."""


@job(queue=WORK, name="nothing", timeout=minutes(1))
def nothing(ctx: JobContext, args: Nothing) -> None:
    """Never runs here: what is measured ends where the job is in its queue."""


def main(count: int = COUNT, seconds: int = SECONDS) -> None:
    """Print one JSON line: shares of a core, of this process and of PostgreSQL."""
    with temporary_postgres() as postgres, temporary_valkey() as valkey:
        url = _schema(postgres)
        catalogue = Catalogue("market-data", (nothing,), (WORK,))
        jobs = Jobs(catalogue, Database(url, NAME, pool_size=4), Scripts(connect(valkey.url(), name="bench"), NAME))
        with jobs.database.unit_of_work() as work:
            yesterday = (clock.now() - timedelta(days=1)).replace(microsecond=0)
            for number in range(count):
                # Spread evenly, and so at the dearest: nothing is fired in company.
                start = yesterday + number * 300_000 // count * timedelta(milliseconds=1)
                policy = Overlap.ALLOW if number % 2 else Overlap.SKIP
                put_schedule(
                    work,
                    Schedule(
                        name=f"coin-{number}", job="nothing", every=minutes(5), starts_at=start, overlap=policy
                    ),
                )  # fmt: skip
        _analyze(postgres)
        print(json.dumps(_measured(jobs, postgres, count, seconds)), flush=True)
        jobs.database.close()


def _measured(jobs: Jobs, postgres: PostgresServer, count: int, seconds: int) -> dict[str, float]:
    turns = Turns(jobs)
    firing = Loop("schedules", turns.run_once, interval_seconds=5, pause=functools.partial(turns.pause, at_most=5.0))
    watching = Loop("watch", lambda: watch_once(jobs), interval_seconds=INTERVAL_SECONDS)
    listener = Listener(jobs.database, {"millrace_schedules": firing.wake})
    server = _postmaster(postgres)
    for part in (firing, watching, listener):
        part.start()
    time.sleep(2)
    fired, own, theirs = _fired(jobs), time.process_time(), cpu_seconds(server)
    began = time.monotonic()
    time.sleep(seconds)
    lasted = time.monotonic() - began
    answer = {
        "schedules": count,
        "seconds": round(lasted, 1),
        "fired_a_second": round((_fired(jobs) - fired) / lasted, 1),
        "scheduler_percent_of_a_core": round(100 * (time.process_time() - own) / lasted, 2),
        "postgres_percent_of_a_core": round(100 * (cpu_seconds(server) - theirs) / lasted, 2),
    }
    for loop in (firing, watching):
        loop.request_stop()
    listener.stop()
    return answer


def _postmaster(postgres: PostgresServer) -> int:
    with psycopg.connect(postgres.url(database="postgres")) as connection:
        stat = Path(f"/proc/{connection.info.backend_pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def _fired(jobs: Jobs) -> int:
    with jobs.database.unit_of_work() as work:
        return int(work.connection.exec_driver_sql("SELECT count(*) FROM schedule_tick").scalar_one())


def _schema(postgres: PostgresServer) -> str:
    admin = postgres.url(database="postgres")
    url = f"postgresql://millrace_{NAME}:{secrets.token_hex(8)}@{admin.rpartition('@')[2]}"
    migrations.prepare(admin, url, NAME)
    migrations.upgrade(url, NAME)
    return url


def _analyze(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as connection:
        connection.execute("ANALYZE")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
