"""Owns random paths that can be read at any second. It must never keep state that a restart loses."""

import hashlib
import math
from functools import lru_cache
from statistics import NormalDist

#: Seconds after which a path is back at its start, about 48 days; it keeps prices in sight of their base for years.
PERIOD = 2**22
JUMP_WINDOW = 900
JUMP_CHANCE = 0.25
JUMP_SIZE = 0.06
JUMP_FADES_AFTER = 1800

_NORMAL = NormalDist()


@lru_cache(maxsize=4096)
def log_path(key: str, second: int, volatility: float) -> float:
    """The logarithm of price / base price at an absolute second; `volatility` is per square root of a second."""
    return volatility * _bridge(key, second) + _jumps(key, second)


def uniform(key: str) -> float:
    """A number above 0 and below 1 that depends on the key only."""
    return ((_hash(key) >> 12) + 0.5) / 2**52


def _bridge(key: str, second: int) -> float:
    """Brownian motion pinned to 0 at both ends of the period, found by halving: 22 steps to any second."""
    period, offset = divmod(second, PERIOD)
    low, high = 0, PERIOD
    at_low = at_high = 0.0
    while offset not in (low, high):
        middle = (low + high) // 2
        at_middle = (at_low + at_high) / 2 + math.sqrt((high - low) / 4) * _normal(f"{key}/{period}/{middle}")
        if offset >= middle:
            low, at_low = middle, at_middle
        else:
            high, at_high = middle, at_middle
    return at_low if offset == low else at_high


def _jumps(key: str, second: int) -> float:
    """Sudden moves that fade away again: at most one starts in each window of 15 minutes."""
    total = 0.0
    for window in range(second // JUMP_WINDOW - 2, second // JUMP_WINDOW + 1):
        name = f"{key}/jump/{window}"
        starts_at = window * JUMP_WINDOW + int(uniform(f"{name}/at") * JUMP_WINDOW)
        age = second - starts_at
        if uniform(f"{name}/chance") < JUMP_CHANCE and 0 <= age < JUMP_FADES_AFTER:
            total += JUMP_SIZE * _normal(f"{name}/size") * (1 - age / JUMP_FADES_AFTER)
    return total


@lru_cache(maxsize=8192)
def _normal(key: str) -> float:
    return _NORMAL.inv_cdf(uniform(key))


def _hash(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
