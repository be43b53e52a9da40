"""Owns ExchangeService: what is on its way to others, over the wire. It must never send anything itself."""

from datetime import timedelta
from typing import Any

import grpc
import msgspec

from protos.jobs.v1 import exchange_pb2, exchange_pb2_grpc
from shared import clock
from shared.errors import InvalidArgument, Unrecoverable
from shared.jobs import wire
from shared.jobs.control.methods import job_id_of
from shared.jobs.control.removals import AGE_MAX
from shared.jobs.effect_pages import unfinished_page
from shared.jobs.effects import Effect, Place, checked_name, resolve
from shared.jobs.exchange import outbox_actions
from shared.jobs.exchange.outbox_pages import failed_page, waiting_page
from shared.jobs.exchange.outbox_reads import Message
from shared.jobs.page_tokens import make_token, page_size, read_token
from shared.jobs.submission import Jobs

#: A page ends here even if it has fewer messages than asked for: an answer may have 4 MiB.
PAGE_BYTES = 3 * 1024 * 1024
MS = timedelta(milliseconds=1)
_STATES = {
    "waiting": exchange_pb2.OUTBOX_STATE_WAITING,
    "sent": exchange_pb2.OUTBOX_STATE_SENT,
    "failed": exchange_pb2.OUTBOX_STATE_FAILED,
}
_PAGES = {
    exchange_pb2.OUTBOX_STATE_UNSPECIFIED: failed_page,
    exchange_pb2.OUTBOX_STATE_FAILED: failed_page,
    exchange_pb2.OUTBOX_STATE_WAITING: waiting_page,
}


class ExchangeServicer(exchange_pb2_grpc.ExchangeServiceServicer):
    """Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def ListMessages(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        limit, after = page_size(request.page_size), read_token(request.page_token, size=2)
        read = _PAGES.get(request.state)
        if read is None:
            raise InvalidArgument("state must be waiting or failed", field="state", allowed=["waiting", "failed"])
        with self._jobs.database.unit_of_work() as work:
            found = read(work, after=after, limit=limit + 1)
        shown: list[Any] = []
        size = 0
        for message, _ in found[:limit]:
            wired = self._shown(message)
            size += wired.ByteSize()
            if shown and size > PAGE_BYTES:
                break
            shown.append(wired)
        token = make_token(*found[len(shown) - 1][1]) if len(found) > len(shown) else ""
        return exchange_pb2.ListMessagesResponse(messages=shown, next_page_token=token)

    def RetryMessage(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        message = outbox_actions.try_now(self._jobs, job_id_of(request.id))
        return exchange_pb2.RetryMessageResponse(message=self._shown(message))

    def GiveUpMessage(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        message = outbox_actions.give_up(self._jobs, job_id_of(request.id), reason=request.reason)
        return exchange_pb2.GiveUpMessageResponse(message=self._shown(message))

    def DeleteMessage(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        outbox_actions.forget(self._jobs, job_id_of(request.id))
        return exchange_pb2.DeleteMessageResponse()

    def ListUnfinishedEffects(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        limit, after = page_size(request.page_size), read_token(request.page_token, size=3)
        if not 0 <= request.older_than_ms <= AGE_MAX // MS:
            raise InvalidArgument("older_than_ms must be from 0 to 10 years", field="older_than_ms")
        older_than = timedelta(milliseconds=request.older_than_ms)
        with self._jobs.database.unit_of_work() as work:
            found = unfinished_page(work, after=after, older_than=older_than, limit=limit + 1)
        token = make_token(*found[limit - 1][1]) if len(found) > limit else ""
        effects = [self._effect(effect) for effect, _ in found[:limit]]
        return exchange_pb2.ListUnfinishedEffectsResponse(effects=effects, next_page_token=token)

    def ResolveEffect(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        try:
            result = msgspec.json.decode(request.result_json or "null")
        except (msgspec.DecodeError, RecursionError) as error:
            raise InvalidArgument("result must be JSON", field="result_json") from error
        place = Place(job_id_of(request.job_id), request.generation, checked_name(request.name))
        try:
            resolve(self._jobs.database, place, result)
        except Unrecoverable as error:
            raise InvalidArgument(str(error), field="result_json") from error
        return exchange_pb2.ResolveEffectResponse()

    def _shown(self, message: Message) -> Any:
        error = message.error or {}
        is_waiting = message.state == "waiting"
        return exchange_pb2.OutboxMessage(
            id=message.id,
            service=self._jobs.service,
            peer=message.peer,
            job=message.job,
            args_json=msgspec.json.encode(message.args).decode(),
            state=_STATES[message.state],
            attempts=message.attempts,
            error_type=error.get("type", ""),
            error_message=error.get("message", ""),
            error_field=error.get("field", ""),
            peer_job_id=message.peer_job_id or "",
            created_at=wire.timestamp(message.created_at),
            next_at=wire.timestamp(message.next_at if is_waiting else None),
            finished_at=wire.timestamp(message.finished_at),
            kind=message.kind,
        )

    def _effect(self, effect: Effect) -> Any:
        return exchange_pb2.UnfinishedEffect(
            job_id=effect.job_id,
            service=self._jobs.service,
            generation=effect.generation,
            name=effect.name,
            idempotency_key=effect.idempotency_key,
            calls=effect.calls,
            started_at=wire.timestamp(effect.started_at),
            age_ms=max(0, (clock.now() - effect.started_at) // MS),
        )
