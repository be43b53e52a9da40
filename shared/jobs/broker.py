"""Owns the Dramatiq face of one service's jobs: actors, queues, middleware. It must never hold policy nor a message."""

from collections.abc import Callable, Iterable
from typing import Any

import dramatiq
import msgspec
import structlog
from dramatiq import Message
from dramatiq import Middleware as Middleware
from dramatiq.middleware import (
    AgeLimit,
    AsyncIO,
    Callbacks,
    GroupCallbacks,
    MiddlewareError,
    Pipelines,
    Retries,
    ShutdownNotifications,
    TimeLimit,
)
from dramatiq.middleware import SkipMessage as SkipMessage

from shared.errors import ConfigurationInvalid
from shared.jobs.definitions import Catalogue
from shared.jobs.messages import Envelope

log = structlog.get_logger(__name__)
#: Dramatiq's own that would do again, beside the lease, what the runtime does: and what does it here.
REPLACED: dict[type[Middleware], str] = {
    Retries: "attempts and backoff of @job",
    TimeLimit: "timeout of @job",
    AgeLimit: "times=Times(queue_ttl=...) of @job",
    ShutdownNotifications: "SHUTDOWN_GRACE_SECONDS",
    Callbacks: "depends_on of submit, or on_success of a flow",
    Pipelines: "a flow",
    GroupCallbacks: "a flow",
    AsyncIO: "async def, which @job takes as it is",
}


class MillraceBroker(dramatiq.Broker):
    """A broker whose sends go through submit() and whose worker is ours; third-party middleware sees every attempt.

    One per service and process, never Dramatiq's global one.
    """

    def __init__(self, catalogue: Catalogue, *, middleware: Iterable[Middleware] = ()) -> None:
        """Raises ConfigurationInvalid for middleware that decides what the runtime does."""
        super().__init__(middleware=_checked(catalogue.service, list(middleware)))
        self.sender: Callable[[str, dict[str, Any], int], str] | None = None
        for queue in catalogue.queues:
            self.declare_queue(queue)
        for definition in catalogue.jobs.values():
            declare = dramatiq.actor(
                actor_name=definition.name,
                queue_name=definition.queue.name,
                priority=int(definition.priority),
                broker=self,
            )
            declare(definition.function)

    def declare_queue(self, queue_name: str) -> None:
        """Know a queue by name; queues themselves live in the index."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = None
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: "Message[Any]", *, delay: int | None = None) -> "Message[Any]":
        """`actor.send({...})`: submits a job with the one argument of the message. `delay` is in milliseconds."""
        if self.sender is None:
            raise RuntimeError("this broker belongs to no running service")
        arguments = message.args[0] if message.args else message.kwargs
        self.emit_before("enqueue", message, delay)
        job_id = self.sender(message.actor_name, dict(arguments), delay or 0)
        sent = message.copy(message_id=job_id)
        self.emit_after("enqueue", sent, delay)
        return sent

    def tell(self, when: str, worker: object) -> None:
        """Tell middleware of a worker's life: "before_worker_boot" and so on. No refusal keeps it from going on."""
        moment, _, what = when.partition("_")
        try:
            (self.emit_before if moment == "before" else self.emit_after)(what, worker)
        except MiddlewareError as error:
            log.warning("middleware refused", hook=when, error=str(error))

    @property
    def has_middleware(self) -> bool:
        """False when nobody listens, so that no message object need be made."""
        return bool(self.middleware)


def _checked(service: str, middleware: list[Middleware]) -> list[Middleware]:
    problems = [
        f"middleware of {service}: {type(each).__name__} is not taken, since the runtime does that: {instead}"
        for each in middleware
        for replaced, instead in REPLACED.items()
        if isinstance(each, replaced)
    ]
    if problems:
        raise ConfigurationInvalid(problems)
    return middleware


def message_of(envelope: Envelope) -> "Message[Any]":
    """The Dramatiq message of an envelope, for middleware."""
    return Message(
        queue_name=envelope.queue_name,
        actor_name=envelope.actor_name,
        args=(msgspec.json.decode(envelope.args[0]),),
        kwargs=envelope.kwargs,
        options=msgspec.structs.asdict(envelope.options),
        message_id=envelope.message_id,
        message_timestamp=envelope.message_timestamp,
    )
