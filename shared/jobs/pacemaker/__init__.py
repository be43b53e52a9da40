"""The public face of the pacemaker: what keeps the leases of a worker process whose own heartbeat cannot beat."""

from shared.jobs.pacemaker.keeper import Pacemaker

__all__ = ["Pacemaker"]
