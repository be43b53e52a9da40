"""Owns where a job runs that is no plain function in a thread. It must never decide an outcome."""

import functools
from typing import TYPE_CHECKING, Any

from shared.errors import Permanent, Transient
from shared.jobs.context import JobContext
from shared.jobs.coroutines import Coroutines
from shared.jobs.definitions import Arguments, JobDefinition
from shared.jobs.guards import guarded
from shared.jobs.isolation import IsolatedJobs, ProcessDied
from shared.jobs.scripts import CRASHES_MAX

if TYPE_CHECKING:
    from shared.jobs.attempts import Attempt


class JobExited(Transient):
    """The job called sys.exit(): an ordinary failure, since no job may end the process of others."""


class ProcessCrashed(Permanent):
    """The job was running in every process that died, and in the last one it was alone."""


def perform_elsewhere(
    attempt: "Attempt", definition: JobDefinition[Any, Any], context: JobContext, arguments: Arguments
) -> Any:
    """Run it on the event loop, or in a process of its own when this process has any; there it runs as if plain.

    A job on its last chance before it is dead of crashes runs alone: a neighbour may have killed its processes so far.
    Returns its result; Done when the outcome is decided already, Decided raised when that is no good one.
    """
    running = attempt.running
    enter = functools.partial(running.enter, attempt, context)
    is_suspect = definition.isolation != "process" and attempt.claimed.crashes >= CRASHES_MAX - 1
    isolated = attempt.resources.get(IsolatedJobs) if is_suspect or definition.isolation == "process" else None
    if isinstance(isolated, IsolatedJobs):
        try:
            return isolated.perform(attempt.claimed, running, worker=attempt.worker, enter=enter)
        except ProcessDied as error:
            if not (is_suspect and error.had_begun):
                raise
            message = f"its process died {CRASHES_MAX} times, the last time with no other job: {error}"
            raise ProcessCrashed(message) from error
    if definition.is_coroutine:
        make = functools.partial(definition.function, context, arguments)
        with guarded(attempt.jobs, definition):
            return Coroutines.of(attempt.resources).run(running, make, enter)
    enter()
    try:
        with guarded(attempt.jobs, definition):
            return definition.function(context, arguments)
    finally:
        running.leave()
