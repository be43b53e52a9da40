"""Jobs in processes of their own, as the worker sees them."""

from shared.jobs.isolation.pool import IsolatedJobs
from shared.jobs.isolation.process import ProcessDied

__all__ = ["IsolatedJobs", "ProcessDied"]
