"""Owns what a job says of its default schedule, and what is wrong with that. Pure: it must never read a clock."""

from typing import Any

import msgspec
import periodiq

from shared.errors import InvalidArgument
from shared.jobs.cron_expressions import check_cron


def expression_of(spec: periodiq.CronSpec | str | None) -> str | None:
    """The cron expression as it was written."""
    return spec if spec is None or isinstance(spec, str) else str(spec.parsed_from)


def schedule_problems(job: str, spec: periodiq.CronSpec | str | None, arguments: type[Any]) -> list[str]:
    """What would have every tick refused: an expression that is none, or arguments that a schedule does not know."""
    cron = expression_of(spec)
    if cron is None:
        return []
    problems = []
    try:
        check_cron(cron)
    except InvalidArgument as error:
        problems.append(f"schedule of job {job}: {error}")
    try:
        msgspec.convert({}, arguments)
    except msgspec.ValidationError as error:
        problems.append(f"schedule of job {job} submits it without arguments, and they need defaults: {error}")
    return problems
