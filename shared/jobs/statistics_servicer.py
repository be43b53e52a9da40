"""Owns StatisticsService: what happened in a queue by the minute, over gRPC. It must never count anything itself."""

from collections.abc import Sequence
from typing import Any

import grpc

from protos.jobs.v1 import statistics_pb2, statistics_pb2_grpc
from shared.errors import InvalidArgument
from shared.jobs import wire
from shared.jobs.control.subjects import known_queue
from shared.jobs.queue_statistics import MINUTES_KEPT, Histogram, Minute, read_minutes, sum_of
from shared.jobs.submission import Jobs

FULL_NAME = str(statistics_pb2.DESCRIPTOR.services_by_name["StatisticsService"].full_name)
MINUTES_DEFAULT = 60
POINTS_MAX = 1_440


class StatisticsServicer(statistics_pb2_grpc.StatisticsServiceServicer):
    """Errors are raised; the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def GetStatistics(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        known_queue(self._jobs, request.queue)
        if not 0 <= request.minutes <= MINUTES_KEPT:
            raise InvalidArgument(f"minutes must be from 1 to {MINUTES_KEPT:,}, got {request.minutes}", field="minutes")
        minutes = request.minutes or MINUTES_DEFAULT
        step = _step_of(request.step_minutes, minutes)
        read = read_minutes(self._jobs, request.queue, minutes=minutes)
        # The first point is the short one, so that each later one ends where the next begins, and the last one now.
        first = minutes % step
        starts = [*([0] if first else []), *range(first, minutes, step)]
        ends = [*starts[1:], minutes]
        points = [_statistics(read[start:end]) for start, end in zip(starts, ends, strict=True)]
        return statistics_pb2.GetStatisticsResponse(total=_statistics(read), points=points)


def _step_of(wanted: int, minutes: int) -> int:
    fewest = -(-minutes // POINTS_MAX)
    if wanted == 0:
        return fewest
    if not fewest <= wanted <= minutes:
        raise InvalidArgument(
            f"step_minutes of {minutes:,} minutes must be from {fewest} to {minutes:,}, got {wanted}",
            field="step_minutes",
        )
    return wanted


def _statistics(minutes: Sequence[Minute]) -> Any:
    total = sum_of(minutes)
    return statistics_pb2.Statistics(
        at=wire.timestamp(total.at), minutes=len(minutes), enqueued=total.enqueued, started=total.started,
        completed=total.completed, failed=total.failed, retried=total.retried, dead=total.dead,
        waits=_durations(total.waits), runs=_durations(total.runs),
    )  # fmt: skip


def _durations(histogram: Histogram) -> Any:
    return statistics_pb2.Durations(
        count=histogram.count, p50_ms=histogram.percentile_ms(0.5), p95_ms=histogram.percentile_ms(0.95),
        p99_ms=histogram.percentile_ms(0.99),
    )  # fmt: skip
