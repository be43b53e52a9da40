"""A worker process of the labours that a test kills. Reads a PostgreSQL and a Redis URL from stdin.

Run as `python -m tests.faults.mortal_worker`.
"""

import sys
import threading

from shared.db import Database
from tests.faults.labours import bench_on
from tests.runtime.jobs.sample import NAME, at_work, jobs_of


def main() -> None:
    """Work until killed, or until stdin ends."""
    database_url, redis_url = sys.stdin.readline().strip(), sys.stdin.readline().strip()
    bench = bench_on(jobs_of(Database(database_url, NAME, pool_size=8), redis_url))
    with at_work(bench, name=f"mortal-{threading.get_native_id()}", slots={"work": 4}):
        sys.stdin.read()


if __name__ == "__main__":
    main()
