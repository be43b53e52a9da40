"""Owns how REST spells what a job waits for. It must never decide what follows from it."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from protos.jobs.v1 import dependencies_pb2
from services.gateway.rest.body import StrictBody
from shared.errors import InvalidArgument

MAX_PARENTS = 1_000
PolicyWord = Literal["fail_parent", "continue", "ignore", "remove"]
Ratio = Annotated[float, Field(ge=0, le=1, description="Share of depends_on that must end well.")]
OnFailure = Annotated[
    PolicyWord | None,
    Field(
        description="What it means when that job does not end well: fail_parent (this one ends too), continue (this "
        "one starts at once), ignore (it counts as over), remove (nor is it seen among the results)."
    ),
]


class DependencyBody(StrictBody):
    """A job that has to end first."""

    job_id: str = Field(max_length=36)
    on_failure: OnFailure = None


def policy_number(word: str | None) -> int:
    """The proto's number of a policy; 0 for none."""
    return 0 if word is None else int(dependencies_pb2.DependencyPolicy.Value(f"DEPENDENCY_POLICY_{word.upper()}"))


def dependencies_of(given: Sequence[str | DependencyBody]) -> list[dependencies_pb2.Dependency]:
    """What a submission waits for. Raises InvalidArgument."""
    bodies = [DependencyBody.model_construct(job_id=each) if isinstance(each, str) else each for each in given]
    if any(len(body.job_id) > 36 for body in bodies):
        raise InvalidArgument("depends_on: an id has 36 characters", field="depends_on")
    return [
        dependencies_pb2.Dependency(
            job_id=body.job_id, on_failure=dependencies_pb2.DependencyPolicy.Name(policy_number(body.on_failure))
        )
        for body in bodies
    ]
