"""Owns what a broken promise is called. It must never judge."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise. `job_id` is empty when it is not about one job."""

    kind: str
    job_id: str
    detail: str
