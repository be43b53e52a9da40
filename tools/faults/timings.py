"""Owns how much faster than in production a run's processes notice a loss. It must never change what they then do."""

import importlib
import sys
from datetime import timedelta
from typing import Any

from shared.jobs.retries import exponential

#: Everything that keeps one of the constants below, so that none is left with the old value.
MODULES = (
    "scripts",
    "submission",
    "heartbeat",
    "maintenance",
    "worker",
    "pacemaker",
    "schedules.firing",
    "exchange.delivery",
)
#: A lease of 3 s instead of 30 lets a minute of faults contain what would take ten; the order of the sizes stays:
#: heartbeat < lease, push deadline < tombstone.
SHORT: dict[str, Any] = {
    "LEASE_MS": 3_000,
    "RECLAIM_GRACE_MS": 1_000,
    "PUSH_DEADLINE_MS": 2_500,
    "TOMB_MS": 7_500,
    "EXTEND_SECONDS": 0.7,
    "TICK_SECONDS": 0.2,
    "QUIET_SECONDS": 1.0,
    "AGAIN_SECONDS": 0.4,
    "RECONCILE_SECONDS": 5.0,
    "STALLED_AFTER_SECONDS": 12.0,
    #: A message's lease outlives a turn and one call more.
    "LEASE_SECONDS": 6.0,
    "TURN_SECONDS": 3.0,
    "CALL_SECONDS": 2.0,
    "BACKOFF": exponential(0.3, cap=timedelta(seconds=2)),
}


def shorten() -> None:
    """Set the constants in this process; call it before anything starts. A constant that is gone is an error."""
    for name in MODULES:
        importlib.import_module(f"shared.jobs.{name}")
    loaded = [module for name, module in sys.modules.items() if name.startswith("shared.jobs")]
    for constant, value in SHORT.items():
        holders = [module for module in loaded if hasattr(module, constant)]
        if not holders:
            raise AttributeError(f"no module of shared.jobs has {constant} any more; see {__name__}")
        for module in holders:
            setattr(module, constant, value)
