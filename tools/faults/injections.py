"""Owns the faults by name and their seeded choice. A fault starts something; ending it is the world's."""

import os
import random
import signal
from collections.abc import Callable, Sequence

import psycopg

from shared.db.engine import psycopg_url
from tools.faults.proxy import Proxy
from tools.faults.valkey_faults import random_cut
from tools.faults.world import World
from tools.stores.process_identity import runs_in

Later = Callable[[float, Callable[[], None]], None]
Injection = Callable[["Hand"], bool]
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


class Hand:
    """What a fault needs: the world, its own chance, and a way to do something later."""

    def __init__(self, world: World, chance: random.Random, later: Later) -> None:
        self.world = world
        self.chance = chance
        self.later = later

    def signal_one(self, role: str, number: signal.Signals, *, count: int = 1) -> bool:
        """Signal some running, unfrozen processes of a role."""
        awake = [child for child in self.world.of_role(role) if child.is_running and not child.is_stopped]
        chosen = self.chance.sample(awake, min(count, len(awake)))
        sent = [child.send(number) for child in chosen]
        return any(sent)

    def freeze_one(self, role: str) -> bool:
        """SIGSTOP a process of a role for 1 to 12 seconds: shorter than a lease, or long enough to be overtaken."""
        awake = [child for child in self.world.of_role(role) if child.is_running and not child.is_stopped]
        if not awake:
            return False
        child = self.chance.choice(awake)
        self.later(self.chance.choice((self.chance.uniform(1, 5), self.chance.uniform(9, 12))), child.wake)
        return child.send(signal.SIGSTOP)

    def ask_postgres(self, statement: str) -> list[int]:
        """One statement as the superuser, past the proxy; the first column."""
        with psycopg.connect(psycopg_url(self.world.postgres.url()), autocommit=True, connect_timeout=2) as connection:
            return [row[0] for row in connection.execute(statement.encode())]


def _kill_valkey(hand: Hand) -> bool:
    hand.world.valkey.kill(away=hand.chance.uniform(0, 1.5))
    return True


def _cut_log(hand: Hand) -> bool:
    hand.world.valkey.kill(away=hand.chance.uniform(0, 0.5), cut_bytes=random_cut(hand.chance))
    return True


def _flush(hand: Hand) -> bool:
    hand.world.valkey.flush()
    return True


def _forget_scripts(hand: Hand) -> bool:
    hand.world.valkey.forget_scripts()
    return True


def _starve(hand: Hand) -> bool:
    hand.world.valkey.starve(lasting=2.0)
    return True


def _kill_postgres(hand: Hand) -> bool:
    hand.world.postgres.force_stop()
    return True


def _kill_backend(hand: Hand) -> bool:
    """SIGKILL one backend: PostgreSQL ends every session and recovers."""
    pids = hand.ask_postgres(_BACKENDS)
    pid = hand.chance.choice(pids) if pids else 0
    if not pid or not runs_in(pid, "postgres", hand.world.postgres.cluster.folder):
        return False
    os.kill(pid, signal.SIGKILL)
    return True


def _terminate_backends(hand: Hand) -> bool:
    found = hand.ask_postgres(f"SELECT count(pg_terminate_backend(pid))::int FROM ({_BACKENDS}) AS others")  # noqa: S608  # a constant of this module
    return bool(found and found[0])


def _lose_replies(proxy: Proxy, chance: random.Random) -> None:
    proxy.drop_replies(chance.choice((0.02, 0.1, 0.5)), lasting=chance.uniform(0.3, 1.5))


def _fall_silent(proxy: Proxy, chance: random.Random) -> None:
    proxy.drop_replies(0.05, lasting=chance.uniform(0.2, 0.6), silently=True)


def _black_hole(proxy: Proxy, chance: random.Random) -> None:
    proxy.freeze(lasting=chance.uniform(0.5, 5), then_cut=chance.random() < 0.5)


def _delay(proxy: Proxy, chance: random.Random) -> None:
    proxy.delay(chance.uniform(0.02, 0.3), lasting=chance.uniform(1, 3))


def _cut(proxy: Proxy, chance: random.Random) -> None:  # noqa: ARG001  # as the other faults of the network
    proxy.cut()


def _on(fault: Callable[[Proxy, random.Random], None], store: str) -> Injection:
    def inject(hand: Hand) -> bool:
        fault(hand.world.to_valkey if store == "valkey" else hand.world.to_postgres, hand.chance)
        return True

    return inject


#: Name -> (weight, what it does); it answers False when there was nothing to do it to.
FAULTS: dict[str, tuple[float, Injection]] = {
    "kill-worker": (4, lambda hand: hand.signal_one("worker", signal.SIGKILL)),
    "kill-scheduler": (2, lambda hand: hand.signal_one("scheduler", signal.SIGKILL)),
    "kill-api": (1, lambda hand: hand.signal_one("api", signal.SIGKILL)),
    "kill-gateway": (0.5, lambda hand: hand.signal_one("gateway", signal.SIGKILL)),
    "stop-worker": (3, lambda hand: hand.freeze_one("worker")),
    "stop-scheduler": (2, lambda hand: hand.freeze_one("scheduler")),
    "stop-api": (1, lambda hand: hand.freeze_one("api")),
    "restart-workers": (1, lambda hand: hand.signal_one("worker", signal.SIGTERM, count=3)),
    "restart-scheduler": (1, lambda hand: hand.signal_one("scheduler", signal.SIGTERM)),
    "kill-valkey": (2, _kill_valkey),
    "cut-log": (2, _cut_log),
    "flush": (2, _flush),
    "forget-scripts": (1, _forget_scripts),
    "starve": (1, _starve),
    "kill-postgres": (1, _kill_postgres),
    "kill-backend": (1, _kill_backend),
    "terminate-backends": (2, _terminate_backends),
    "valkey-lost-replies": (2, _on(_lose_replies, "valkey")),
    "valkey-silence": (1, _on(_fall_silent, "valkey")),
    "valkey-black-hole": (2, _on(_black_hole, "valkey")),
    "valkey-delay": (1, _on(_delay, "valkey")),
    "valkey-cut": (1, _on(_cut, "valkey")),
    "postgres-lost-replies": (2, _on(_lose_replies, "postgres")),
    "postgres-black-hole": (2, _on(_black_hole, "postgres")),
    "postgres-delay": (1, _on(_delay, "postgres")),
    "postgres-cut": (1, _on(_cut, "postgres")),
}


def choose(chance: random.Random, names: Sequence[str]) -> str:
    """One of the named faults, by weight."""
    return chance.choices(names, [FAULTS[name][0] for name in names])[0]
