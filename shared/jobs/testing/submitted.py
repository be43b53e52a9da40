"""Owns what tests say about submissions: which jobs have rows. It must never look at the index."""

from collections.abc import Iterator
from typing import Any

import msgspec

from shared.errors import InvalidArgument, UnknownJob
from shared.jobs import payloads
from shared.jobs.definitions import JobDefinition
from shared.jobs.ledger import queries
from shared.jobs.ledger.records import Job
from shared.jobs.submission import Jobs
from shared.jobs.testing.drain import Runtime

PAGE = 500
SHOWN = 10


def submitted(runtime: Runtime, job: JobDefinition[Any, Any] | str, /, **args: Any) -> list[Job]:
    """The rows of this job whose arguments have these values, oldest first; the other arguments may be anything.

    Raises UnknownJob or InvalidArgument for a misspelt name, so that no test passes because of one.
    """
    definition = _known(runtime.jobs, job, args)
    found = [row for row in _rows(runtime.jobs, definition.name) if _matches(definition, row, args)]
    return found[::-1]


def assert_submitted(runtime: Runtime, job: JobDefinition[Any, Any] | str, /, **args: Any) -> Job:
    """The newest such row. Raises AssertionError listing what was submitted instead."""
    found = submitted(runtime, job, **args)
    if not found:
        others = "\n".join(f"  {row.args}" for row in submitted(runtime, job)[-SHOWN:]) or "  none"
        raise AssertionError(f"no {_name(job)} with {args} was submitted; the newest of that name:\n{others}")
    return found[-1]


def refute_submitted(runtime: Runtime, job: JobDefinition[Any, Any] | str, /, **args: Any) -> None:
    """There is no such row. Raises AssertionError listing those there are."""
    found = submitted(runtime, job, **args)
    if found:
        lines = "\n".join(f"  {row.id} {row.state} {row.args}" for row in found[:SHOWN])
        raise AssertionError(f"{len(found)} of {_name(job)} with {args} were submitted:\n{lines}")


def _name(job: JobDefinition[Any, Any] | str) -> str:
    return job if isinstance(job, str) else job.name


def _known(jobs: Jobs, job: JobDefinition[Any, Any] | str, args: dict[str, Any]) -> JobDefinition[Any, Any]:
    definition = jobs.catalogue.jobs.get(_name(job))
    if definition is None:
        allowed = sorted(jobs.catalogue.jobs)
        raise UnknownJob(
            f"{jobs.service} has no job {_name(job)[:60]!r}; allowed: {', '.join(allowed)}",
            field="job",
            allowed=allowed,
        )
    if not definition.is_durable:
        raise InvalidArgument(f"{definition.name} is durable=False and has no rows; look at what it did", field="job")
    fields = [field.name for field in msgspec.structs.fields(definition.arguments)]
    for name in args:
        if name not in fields:
            raise InvalidArgument(
                f"{definition.name} has no argument {name[:60]!r}; allowed: {', '.join(fields) or 'none'}",
                field=name,
                allowed=fields,
            )
    return definition


def _rows(jobs: Jobs, name: str) -> Iterator[Job]:
    before: int | None = None
    while True:
        with jobs.database.unit_of_work() as work:
            page = queries.page(work, queries.Filter(name=name), limit=PAGE, before_seq=before)
        yield from page
        if len(page) < PAGE:
            return
        before = page[-1].seq


def _matches(definition: JobDefinition[Any, Any], row: Job, args: dict[str, Any]) -> bool:
    arguments = payloads.stored(definition.arguments, msgspec.json.encode(row.args))
    return all(
        msgspec.to_builtins(getattr(arguments, name)) == msgspec.to_builtins(value) for name, value in args.items()
    )
