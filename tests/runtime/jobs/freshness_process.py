"""A scheduler process that plans goals of freshness. Reads a PostgreSQL and a Redis URL from stdin.

Run as `python -m tests.runtime.jobs.freshness_process SECONDS`; its own clock stands still, so far from the truth.
"""

import sys
import threading
from datetime import timedelta

from shared import clock
from shared.db import Database
from shared.jobs.maintenance import Maintenance
from tests.runtime.jobs.freshness_bench import LIVE, jobs_with
from tests.runtime.jobs.sample import NAME


def main(shift_seconds: str) -> None:
    """Run every loop until killed."""
    database_url, redis_url = sys.stdin.readline().strip(), sys.stdin.readline().strip()
    with clock.frozen(clock.now() + timedelta(seconds=int(shift_seconds))):
        jobs = jobs_with(Database(database_url, NAME, pool_size=4), redis_url, [LIVE])
        Maintenance(jobs, consumer=f"scheduler{shift_seconds}", fires_schedules=True).start()
        print("ready", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
