"""The public face of freshness: what a job and a service say of the data they keep."""

from shared.jobs.freshness.entities import Entity, track, untrack
from shared.jobs.freshness.moves import fresh
from shared.jobs.freshness.readings import Reading, read_ages
from shared.jobs.freshness.touches import Touches

__all__ = ["Entity", "Reading", "Touches", "fresh", "read_ages", "track", "untrack"]
