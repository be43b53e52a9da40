"""Owns FreshnessService: goals, ages and breaches of one service over gRPC. It must never hold a state of its own."""

from datetime import timedelta
from typing import Any

import grpc

from protos.jobs.v1 import freshness_pb2, freshness_pb2_grpc
from shared.errors import InvalidArgument, NotFound
from shared.jobs import wire
from shared.jobs.freshness.moves import touched
from shared.jobs.freshness.readings import Reading, page_of_breaches, page_of_entities
from shared.jobs.freshness.settings import GoalRow, edit_goal, read_goals
from shared.jobs.freshness_goals import OLDEST, YOUNGEST
from shared.jobs.submission import Jobs

FRESHNESS = str(freshness_pb2.DESCRIPTOR.services_by_name["FreshnessService"].full_name)
MS = timedelta(milliseconds=1)


class FreshnessServicer(freshness_pb2_grpc.FreshnessServiceServicer):
    """Reads and changes; errors are raised, and the server's interceptor maps them."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def ListGoals(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        if not self._jobs.catalogue.goals:
            return freshness_pb2.ListGoalsResponse()
        with self._jobs.database.unit_of_work() as work:
            found = read_goals(work, self._jobs.catalogue)
        return freshness_pb2.ListGoalsResponse(goals=[self._goal(each) for each in found])

    def UpdateGoal(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        ages = {
            field: _age(field, getattr(request, f"{field}_ms"), may_be_none=field != "max_age")
            for field in ("max_age", "hot", "cold")
            if request.HasField(f"{field}_ms")
        }
        paused = request.paused if request.HasField("paused") else None
        goal = edit_goal(self._jobs, request.name, is_paused=paused, **ages)
        return freshness_pb2.UpdateGoalResponse(goal=self._goal(goal))

    def ListEntities(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        found, more = page_of_entities(
            self._jobs, self._known(request.goal), breached=request.breached, order=request.order or "entity",
            size=request.page_size, token=request.page_token,
        )  # fmt: skip
        return freshness_pb2.ListEntitiesResponse(entities=[self._entity(each) for each in found], next_page_token=more)

    def ListBreaches(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        goal = self._known(request.goal)
        found, more = page_of_breaches(
            self._jobs, goal, entity=request.entity, size=request.page_size, token=request.page_token
        )
        breaches = [
            freshness_pb2.Breach(
                entity=each.entity, goal=goal, since=wire.timestamp(each.since), ended_at=wire.timestamp(each.ended_at),
                worst=each.worst, cause=each.code, reason=each.reason,
            )
            for each in found
        ]  # fmt: skip
        return freshness_pb2.ListBreachesResponse(breaches=breaches, next_page_token=more)

    def TouchEntities(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  # gRPC's signature
        """See the proto."""
        goal = self._known(request.goal)
        with self._jobs.database.unit_of_work() as work:
            noted = touched(work, goal, request.entities)
        return freshness_pb2.TouchEntitiesResponse(noted=noted)

    def _known(self, goal: str) -> str:
        if goal not in self._jobs.catalogue.goals:
            raise NotFound(f"{self._jobs.service} has no goal {goal[:80]!r}")
        return goal

    def _goal(self, goal: GoalRow) -> Any:
        return freshness_pb2.Goal(
            name=goal.name, service=self._jobs.service, job=goal.job, max_age_ms=goal.max_age // MS,
            hot_ms=None if goal.hot is None else goal.hot // MS, cold_ms=None if goal.cold is None else goal.cold // MS,
            hot_for_ms=goal.hot_for // MS, cold_after_ms=goal.cold_after // MS, lead=goal.lead, batch=goal.batch,
            budget=goal.budget, paused=goal.is_paused, last_error=goal.last_error, entities=goal.entities,
            breached=goal.breached, jobs_per_minute=goal.demand * 60,
        )  # fmt: skip

    def _entity(self, one: Reading) -> Any:
        return freshness_pb2.Entity(
            name=one.entity, goal=one.goal, service=self._jobs.service, tier=one.tier, age_ms=one.age // MS,
            max_age_ms=one.max_age // MS, ratio=one.ratio, data_at=wire.timestamp(one.data_at),
            touched_at=wire.timestamp(one.touched_at), asked_at=wire.timestamp(one.asked_at),
            next_due_at=wire.timestamp(one.next_due_at), job_id=one.job_id or "", failures=one.failures,
            breaches=one.breaches, breach_since=wire.timestamp(one.breach_since), cause=one.code, reason=one.reason,
        )  # fmt: skip


def _age(field: str, milliseconds: int, *, may_be_none: bool) -> timedelta | None:
    if milliseconds == 0 and may_be_none:
        return None
    if not YOUNGEST // MS <= milliseconds <= OLDEST // MS:
        or_none = ", or 0 for no such tier" if may_be_none else ""
        raise InvalidArgument(
            f"{field}_ms must be from {YOUNGEST // MS:,} to {OLDEST // MS:,}{or_none}, got {milliseconds}",
            field=f"{field}_ms",
        )
    return milliseconds * MS
