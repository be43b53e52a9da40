"""Owns every Redis key name.

All keys of a service share the hash tag of its display name, so they live in one Cluster slot.
"""

from dataclasses import dataclass

#: Order of the service-wide keys in every script (lua/record.lua reads the same order).
SERVICE_KEYS = ("jobs", "bodies", "outcomes", "unsettled", "events", "seq", "identity", "tombs", "settle_wake")
#: Order of one queue's keys; a script that touches n queues gets n such blocks after the service's.
QUEUE_KEYS = (
    "ready", "delayed", "running", "conf", "starts", "count", "wake", "stats", "parked", "places", "opened", "turns"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keys:
    """The key names of one service, by its display name, for example "market-data"."""

    service: str

    def _key(self, *parts: str) -> str:
        return ":".join((f"{{{self.service}}}", *parts))

    def all(self) -> str:
        """A pattern for people who delete what a service has in the index."""
        return self._key("*")

    def base(self) -> list[str]:
        """The service-wide keys in the order the scripts expect."""
        return [self._key(name) for name in SERVICE_KEYS]

    def queue(self, queue: str) -> list[str]:
        """One queue's keys in the order the scripts expect."""
        return [self._key("q", queue, name) for name in QUEUE_KEYS]

    def of(self, name: str) -> str:
        """One service-wide key by its name in SERVICE_KEYS."""
        if name not in SERVICE_KEYS:
            raise KeyError(name)
        return self._key(name)

    def of_queue(self, queue: str, name: str) -> str:
        """One key of a queue by its name in QUEUE_KEYS."""
        if name not in QUEUE_KEYS:
            raise KeyError(name)
        return self._key("q", queue, name)

    def claim(self, request: str) -> str:
        """Remembers what a claim request was given, so that a repeated request gets the same."""
        return self._key("claim", request)

    def worker_wake(self, worker: str) -> str:
        """The list one worker process blocks on for its own freed slots."""
        return self._key("wake", worker)

    def serving(self, queue: str) -> str:
        """The worker processes that ask for jobs of a queue."""
        return self._key("serving", queue)

    def lock(self, name: str) -> str:
        """A named lock."""
        return self._key("lock", name)

    def locks(self) -> str:
        """The names of all named locks, by when they end."""
        return self._key("locks")

    def meter(self, queue: str) -> str:
        """What each worker process met lately of a queue whose slots adapt."""
        return self._key("q", queue, "meter")

    def unwanted(self) -> str:
        """Counts running jobs that were cancelled, so that their workers need not wait for the next heartbeat."""
        return self._key("unwanted")


def limiter_keys(limiter: str) -> list[str]:
    """The log and the settings of a limiter that services share: a slot of its own."""
    return [f"{{limiter:{limiter}}}:{name}" for name in ("log", "set")]


def circuit_keys(circuit: str) -> list[str]:
    """What is set of a circuit that services share, and its probes: a slot of its own."""
    return [f"{{circuit:{circuit}}}:{name}" for name in ("set", "probes")]


def spared_key(circuit: str, job_id: str) -> str:
    """What a job on its last attempt has met behind a circuit: in the circuit's slot, gone after an hour."""
    return f"{{circuit:{circuit}}}:spared:{job_id}"


def budget_keys(budget: str) -> list[str]:
    """What is set of a budget that services share, and its present window: a slot of its own."""
    return [f"{{budget:{budget}}}:{name}" for name in ("set", "window")]
