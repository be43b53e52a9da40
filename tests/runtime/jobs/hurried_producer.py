"""A program that submits in a hurry and ends at once. It must never wait for what it submitted."""

import sys

from shared.db import Database
from shared.jobs import submit
from tests.runtime.jobs.sample import NAME, Play, jobs_of, play


def main(database_url: str, redis_url: str, count: int) -> None:
    jobs = jobs_of(Database(database_url, NAME, pool_size=2), redis_url)
    for number in range(count):
        submit(jobs, play, Play(number=number))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
