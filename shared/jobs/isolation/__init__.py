"""Jobs in processes of their own, as the worker sees them."""

from shared.jobs.isolation.pool import IsolatedJobs

__all__ = ["IsolatedJobs"]
