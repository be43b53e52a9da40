"""Owns the translation between dependencies and protos/jobs/v1. It must never decide anything."""

from collections.abc import Iterable
from typing import Any

from protos.jobs.v1 import dependencies_pb2
from shared.errors import InvalidArgument
from shared.jobs.dependencies import POLICIES, Dependency, Policy

_POLICIES: dict[int, Policy] = {
    dependencies_pb2.DependencyPolicy.Value(f"DEPENDENCY_POLICY_{policy.name}"): policy for policy in POLICIES
}


def policy_of(number: int, *, field: str) -> Policy | None:
    """The policy of an enum number; None for unspecified. Raises InvalidArgument."""
    if number and number not in _POLICIES:
        allowed = [str(policy) for policy in POLICIES]
        raise InvalidArgument(f"{field}: there is no policy {number}", field=field, allowed=allowed)
    return _POLICIES.get(number)


def dependencies_of(messages: Iterable[Any]) -> list[Dependency]:
    """What a submission waits for."""
    return [
        Dependency(each.job_id, policy_of(each.on_failure, field="depends_on") or Policy.FAIL_PARENT)
        for each in messages
    ]
