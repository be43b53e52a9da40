"""The background loops of a service's scheduler role, put together."""

import functools
from collections.abc import Callable

from shared import clock
from shared.jobs.control.changes import apply_changes
from shared.jobs.exchange import outbox
from shared.jobs.exchange.delivery import deliver_once
from shared.jobs.flows.remote import follow_remote_once
from shared.jobs.flows.verbs import expire_once as expire_flows_once
from shared.jobs.ledger import edges
from shared.jobs.maintenance.dependencies import follow_once
from shared.jobs.maintenance.expiry import expire_once
from shared.jobs.maintenance.expiry import seconds_to_next as seconds_to_next_limit
from shared.jobs.maintenance.freshness import freshness_loops
from shared.jobs.maintenance.history import HOLD_MS
from shared.jobs.maintenance.ledger_writer import LedgerWriter
from shared.jobs.maintenance.listener import Listener
from shared.jobs.maintenance.loop import Loop
from shared.jobs.maintenance.queue_gauges import gauge_once
from shared.jobs.maintenance.reaper import reap_once
from shared.jobs.maintenance.reconciler import identity_changed, reconcile_once
from shared.jobs.maintenance.relay import relay_once
from shared.jobs.maintenance.sequences import advance_once
from shared.jobs.maintenance.settler import settle_once
from shared.jobs.maintenance.steering import steer_once
from shared.jobs.maintenance.sweeper import sweep_once
from shared.jobs.schedules.turns import Turns
from shared.jobs.schedules.watching import INTERVAL_SECONDS as WATCH_SECONDS
from shared.jobs.schedules.watching import watch_once
from shared.jobs.submission import Jobs
from shared.rpc import Peers

RECONCILE_SECONDS = 30.0
STOP_SECONDS = 2.0
#: Other services tell how their jobs ended; what that missed is asked for.
ASK_SECONDS = 60.0
#: How long outcomes and events that come one by one wait for company; lists may lag two seconds.
SHARE_COMMIT_SECONDS = 0.1


class Maintenance:
    """Every loop of one service; any number of processes may run it."""

    def __init__(self, jobs: Jobs, *, consumer: str, fires_schedules: bool, peers: Peers | None = None) -> None:
        """Without `peers` nothing is sent to other services; what waits for them goes on waiting."""
        prefix = jobs.service
        writer = LedgerWriter(jobs, consumer, hold_ms=HOLD_MS)
        relay = Loop(f"{prefix}-relay", lambda: relay_once(jobs), interval_seconds=2)
        sequences = Loop(f"{prefix}-sequences", lambda: advance_once(jobs), interval_seconds=1)
        follower = Loop(f"{prefix}-dependencies", lambda: follow_once(jobs), interval_seconds=30)
        self.loops = [
            relay,
            sequences,
            Loop(f"{prefix}-settler", lambda: settle_once(jobs), interval_seconds=SHARE_COMMIT_SECONDS),
            Loop(f"{prefix}-history", writer.run_once, interval_seconds=2 * SHARE_COMMIT_SECONDS),
            Loop(f"{prefix}-changes", lambda: apply_changes(jobs), interval_seconds=5),
            Loop(f"{prefix}-reaper", lambda: reap_once(jobs), interval_seconds=5),
            Loop(f"{prefix}-reconciler", _watch_identity(jobs), interval_seconds=1),
            Loop(f"{prefix}-sweeper", lambda: sweep_once(jobs), interval_seconds=60),
            follower,
            Loop(f"{prefix}-flows", lambda: expire_flows_once(jobs), interval_seconds=2),
            Loop(
                f"{prefix}-expiry",
                lambda: expire_once(jobs),
                interval_seconds=1,
                pause=lambda: seconds_to_next_limit(jobs),
            ),
            Loop(f"{prefix}-steering", lambda: steer_once(jobs), interval_seconds=5),
            Loop(f"{prefix}-gauges", lambda: gauge_once(jobs), interval_seconds=5),
        ]
        wakes: dict[str, Callable[[], None]] = {
            "millrace_relay": relay.wake, "millrace_sequences": sequences.wake, edges.CHANNEL: follower.wake
        }  # fmt: skip
        if peers is not None:
            outgoing = Loop(f"{prefix}-outbox", functools.partial(deliver_once, jobs, peers), interval_seconds=2)
            self.loops.append(outgoing)
            wakes[outbox.CHANNEL] = outgoing.wake
            asking = functools.partial(follow_remote_once, jobs, peers)
            self.loops.append(Loop(f"{prefix}-remote-nodes", asking, interval_seconds=ASK_SECONDS))
        if fires_schedules:
            wakes["millrace_schedules"] = self._add_schedules(jobs).wake
        self.loops += freshness_loops(jobs, plans=fires_schedules)
        self._listener = Listener(jobs.database, wakes)

    def _add_schedules(self, jobs: Jobs) -> Loop:
        turns = Turns(jobs)
        pause = functools.partial(turns.pause, at_most=5.0)
        firing = Loop(f"{jobs.service}-schedules", turns.run_once, interval_seconds=5, pause=pause)
        watching = Loop(f"{jobs.service}-schedule-watch", lambda: watch_once(jobs), interval_seconds=WATCH_SECONDS)
        self.loops += [firing, watching]
        return firing

    def start(self) -> None:
        """Start every loop."""
        for loop in self.loops:
            loop.start()
        self._listener.start()

    def stop(self) -> None:
        """Stop every loop after its turn; one that is blocked waiting for work is left to end with the process."""
        for loop in self.loops:
            loop.request_stop()
        self._listener.stop()
        give_up_at = clock.monotonic() + STOP_SECONDS
        for loop in self.loops:
            loop.join(max(0.0, give_up_at - clock.monotonic()))


def _watch_identity(jobs: Jobs) -> Callable[[], bool]:
    """Reconcile every 30 s whatever detection says, and at once when this Redis is not the reconciled one (rule 9)."""
    due_at = 0.0

    def turn() -> bool:
        nonlocal due_at
        if clock.monotonic() < due_at and not identity_changed(jobs):
            return False
        reconcile_once(jobs)
        due_at = clock.monotonic() + RECONCILE_SECONDS
        return False

    return turn
