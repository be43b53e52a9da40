"""Owns where a job runs that is no plain function in a thread. It must never decide an outcome."""

import functools
from typing import TYPE_CHECKING, Any

from shared.errors import Transient
from shared.jobs.context import JobContext
from shared.jobs.coroutines import Coroutines
from shared.jobs.definitions import Arguments, JobDefinition
from shared.jobs.isolation import IsolatedJobs

if TYPE_CHECKING:
    from shared.jobs.attempts import Attempt


class JobExited(Transient):
    """The job called sys.exit(): an ordinary failure, since no job may end the process of others."""


def perform_elsewhere(
    attempt: "Attempt", definition: JobDefinition[Any, Any], context: JobContext, arguments: Arguments
) -> Any:
    """Run it on the event loop, or in a process of its own when this process has any; there it runs as if plain.

    Returns its result; Done when the outcome is decided already, Decided raised when that is no good one.
    """
    running = attempt.running
    enter = functools.partial(running.enter, attempt, context)
    isolated = attempt.resources.get(IsolatedJobs) if definition.isolation == "process" else None
    if isinstance(isolated, IsolatedJobs):
        return isolated.perform(attempt.claimed, running, worker=attempt.worker, enter=enter)
    if definition.is_coroutine:
        make = functools.partial(definition.function, context, arguments)
        return Coroutines.of(attempt.resources).run(running, make, enter)
    enter()
    try:
        return definition.function(context, arguments)
    finally:
        running.leave()
