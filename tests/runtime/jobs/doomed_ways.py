"""A worker process that a test kills, with an isolated job in hand. Its stores stand in DATABASE_URL and REDIS_URL.

Run as `python -m tests.runtime.jobs.doomed_ways`.
"""

import threading

from shared.settings import ServiceSettings, load
from tests.runtime.jobs.sample import NAME, at_work
from tests.runtime.jobs.ways import open_ways


def main() -> None:
    """Claim until killed."""
    settings = load(ServiceSettings, service=NAME)
    with open_ways(settings.database_url, settings.redis_location) as (bench, _), at_work(bench, name="doomed"):
        threading.Event().wait(60)


if __name__ == "__main__":
    main()
