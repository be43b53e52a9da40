"""Owns /api/v1/queues. It must never count anything itself."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from protos.jobs.v1 import jobs_pb2
from services.gateway.auth.gate import may_view
from services.gateway.clients.jobs import Jobs
from services.gateway.rest.answers import instant, list_answer
from services.gateway.rest.query import no_query
from services.gateway.rest.schemas import QueueList

routes = APIRouter(prefix="/api/v1/queues", tags=["queues"])


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


@routes.get("", dependencies=[Depends(may_view), Depends(no_query)], response_model=QueueList)
def list_queues(jobs: Annotated[Jobs, Depends(_jobs)]) -> Response:
    """List every service's queues with their settings and counts now."""
    view = jobs.queues()
    return list_answer(
        [queue_json(queue) for queue in view.queues], next_cursor=None, unavailable=list(view.unavailable)
    )


def queue_json(queue: jobs_pb2.Queue) -> dict[str, object]:
    """A queue as the API promises it."""
    return {
        **settings_json(queue),
        "queued": queue.queued,
        "scheduled": queue.scheduled,
        "retrying": queue.retrying,
        "running": queue.running,
        "oldest_queued_ms": queue.oldest_queued_ms,
        "started_total": queue.started_total,
        "completed_total": queue.completed_total,
        "retried_total": queue.retried_total,
        "dead_total": queue.dead_total,
        "jobs": sorted(queue.jobs),
    }


def settings_json(queue: jobs_pb2.Queue) -> dict[str, object]:
    """What can be set of a queue, as it holds now."""
    return {
        "name": queue.name,
        "service": queue.service,
        "paused": queue.paused,
        "paused_until": instant(queue, "paused_until"),
        "slots": queue.slots,
        "max_running": queue.max_running or None,
        "rate_limit": queue.rate_limit or None,
        "rate_window_ms": queue.rate_window_ms or None,
        "group_max_running": queue.group_max_running or None,
        "age_ms": queue.age_ms,
    }
