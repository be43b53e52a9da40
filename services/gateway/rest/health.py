"""Owns /healthz, /readyz and /metrics. It must never tell strangers more than that a service serves or does not."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.auth.gate import may_view
from services.gateway.clients.readiness import Readiness
from services.gateway.rest.answers import json_answer
from services.gateway.rest.query import no_query
from shared import metrics

routes = APIRouter(tags=["health"])


def _readiness(request: Request) -> Readiness:
    readiness: Readiness = request.app.state.readiness
    return readiness


@routes.get("/healthz", dependencies=[Depends(no_query)])
def healthz() -> Response:
    """Say that the process answers; needs no key."""
    return json_answer({"status": "ok"})


@routes.get("/readyz", dependencies=[Depends(no_query)])
def readyz(readiness: Annotated[Readiness, Depends(_readiness)]) -> Response:
    """Say which services serve; needs no key. 503 when none does, or when keys cannot be checked."""
    report = readiness.report()
    status = "ready" if report.is_whole else "degraded" if report.is_ready else "unavailable"
    services = {name: "ready" if serves else "unavailable" for name, serves in report.services.items()}
    return json_answer({"status": status, "services": services}, status=200 if report.is_ready else 503)


@routes.get("/metrics", dependencies=[Depends(may_view), Depends(no_query)])
def read_metrics() -> Response:
    """Metrics of this process in Prometheus' text format."""
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)
