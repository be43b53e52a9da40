"""Owns the Dramatiq face of one service's jobs: actors, queues, middleware. It must never hold policy nor a message."""

from collections.abc import Callable, Iterable
from typing import Any

import dramatiq
import msgspec
from dramatiq import Message, Middleware

from shared.jobs.definitions import Catalogue
from shared.jobs.messages import Envelope


class MillraceBroker(dramatiq.Broker):
    """A broker whose sends go through submit() and whose worker is ours; third-party middleware sees every attempt.

    One per service and process, never Dramatiq's global one.
    """

    def __init__(self, catalogue: Catalogue, *, middleware: Iterable[Middleware] = ()) -> None:
        super().__init__(middleware=list(middleware))
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
        job_id = self.sender(message.actor_name, dict(arguments), delay or 0)
        return message.copy(message_id=job_id)

    @property
    def has_middleware(self) -> bool:
        """False when nobody listens, so that no message object need be made."""
        return bool(self.middleware)


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
