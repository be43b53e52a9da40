"""A worker process that a test kills. Reads a PostgreSQL and a Redis URL from stdin; its jobs never end by themselves.

Run as `python -m tests.runtime.jobs.doomed_worker`.
"""

import sys
import threading

from shared.db import Database
from tests.runtime.jobs.sample import NAME, at_work, hold_until, jobs_of, open_bench


def main() -> None:
    """Claim until killed."""
    database_url, redis_url = sys.stdin.readline().strip(), sys.stdin.readline().strip()
    bench = open_bench(jobs_of(Database(database_url, NAME), redis_url))
    bench.stage.act = hold_until(threading.Event())
    with at_work(bench, name="doomed"):
        threading.Event().wait(60)


if __name__ == "__main__":
    main()
