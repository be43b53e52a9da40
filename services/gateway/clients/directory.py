"""Owns what the gateway knows of queues and job names: which service has them.
It must never be asked for counts; it may be 5 s old."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from protos.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from services.gateway.clients.fleet import FAN_OUT_SECONDS, Answer, Fleet, unavailable
from shared import clock
from shared.errors import InvalidArgument, UnknownJob, UnknownQueue

MAX_AGE_SECONDS = 5.0
#: While a service is down, so that it is found soon after it came up.
MAX_AGE_DEGRADED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class QueueView:
    """Every service's queues at one moment, and the services that did not answer."""

    queues: tuple[jobs_pb2.Queue, ...]
    unavailable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One queue of the directory."""

    service: str
    queue: str
    jobs: tuple[str, ...]


class QueueDirectory:
    """Queues and job names to services, read from every service at most once in 5 s."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._entries: dict[str, tuple[_Entry, ...]] = {}
        self._unavailable: tuple[str, ...] = ()
        self._read_again_at = 0.0

    def read(self) -> QueueView:
        """Every queue with its counts now, by service and name."""
        answers = list(self._fleet.ask_each(self._fleet.names, self._start))
        self._learn(answers)
        queues = [queue for answer in answers if answer.value is not None for queue in answer.value.queues]
        queues.sort(key=lambda queue: (queue.service, queue.name))
        return QueueView(tuple(queues), self._unavailable)

    def services_with_queue(self, queue: str) -> tuple[str, ...]:
        """The services that have this queue.

        Raises UnknownQueue naming all, or PeerUnavailable if one could still have it.
        """
        entries = self._current()
        found = sorted({entry.service for entry in entries if entry.queue == queue})
        if not found:
            self._refuse_unknown()
            raise UnknownQueue(
                f"no queue {queue[:80]!r}", field="queue", allowed=sorted({entry.queue for entry in entries})
            )
        return tuple(found)

    def services_with_job(self, name: str) -> tuple[str, ...]:
        """The services that know this job.

        Raises UnknownJob naming all, or PeerUnavailable if one could still know it.
        """
        entries = self._current()
        found = sorted({entry.service for entry in entries if name in entry.jobs})
        if not found:
            self._refuse_unknown()
            allowed = sorted({job for entry in entries for job in entry.jobs})
            raise UnknownJob(f"no job {name[:80]!r}", field="name", allowed=allowed)
        return tuple(found)

    def route(self, name: str, *, queue: str) -> str:
        """The one service that takes a job of this name, by its queue if one is given, else by its name."""
        services = self.services_with_queue(queue) if queue else self.services_with_job(name)
        if queue and len(services) > 1:
            services = tuple(sorted(set(services) & set(self.services_with_job(name)))) or services
        if len(services) > 1:
            raise InvalidArgument("several services fit; say which", field="service", allowed=services)
        return services[0]

    def _current(self) -> Sequence[_Entry]:
        with self._reading:  # one caller reads, the others wait for what he learns
            if clock.monotonic() >= self._read_again_at:
                self.read()
        return [entry for entries in self._entries.values() for entry in entries]

    def _learn(self, answers: Iterable[Answer[Any]]) -> None:
        # What a service said last is kept while it is down: a job for it must fail as unavailable, not as unknown.
        entries = dict(self._entries)
        missing = []
        for answer in answers:
            if answer.value is None:
                missing.append(answer.service)
                continue
            entries[answer.service] = tuple(
                _Entry(answer.service, queue.name, tuple(queue.jobs)) for queue in answer.value.queues
            )
        age = MAX_AGE_DEGRADED_SECONDS if missing else MAX_AGE_SECONDS
        with self._lock:
            self._entries, self._unavailable = entries, tuple(sorted(missing))
            self._read_again_at = clock.monotonic() + age

    def _refuse_unknown(self) -> None:
        never_heard = [service for service in self._unavailable if service not in self._entries]
        if never_heard:
            raise unavailable(never_heard)

    def _start(self, service: str) -> Any:
        stub = self._fleet.stub(jobs_pb2_grpc.JobServiceStub, service)
        return stub.ListQueues.future(jobs_pb2.ListQueuesRequest(), timeout=FAN_OUT_SECONDS)
