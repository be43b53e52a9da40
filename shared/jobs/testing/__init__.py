"""The public face of testing jobs: the real steps and scripts on real stores, without waiting. Only for tests."""

from shared.jobs.testing.crashes import crash_at
from shared.jobs.testing.drain import Drained, JobFailed, Ran, bring_forward, drain, lift_limits, record
from shared.jobs.testing.firing import fire
from shared.jobs.testing.freezing import FrozenClock, freeze
from shared.jobs.testing.inline import inline
from shared.jobs.testing.submitted import assert_submitted, refute_submitted, submitted

__all__ = [
    "Drained",
    "FrozenClock",
    "JobFailed",
    "Ran",
    "assert_submitted",
    "bring_forward",
    "crash_at",
    "drain",
    "fire",
    "freeze",
    "inline",
    "lift_limits",
    "record",
    "refute_submitted",
    "submitted",
]
