"""The public face of schedules."""

from shared.jobs.schedules.declaration import Misfire, Overlap, Schedule, every_of, next_run
from shared.jobs.schedules.rows import put_schedule, remove_schedule

__all__ = ["Misfire", "Overlap", "Schedule", "every_of", "next_run", "put_schedule", "remove_schedule"]
