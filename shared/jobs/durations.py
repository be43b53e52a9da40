"""Owns the short names of durations for declarations. It must never read a clock."""

from datetime import timedelta


def seconds(count: float) -> timedelta:
    """A duration of seconds."""
    return timedelta(seconds=count)


def minutes(count: float) -> timedelta:
    """A duration of minutes."""
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    """A duration of hours."""
    return timedelta(hours=count)
