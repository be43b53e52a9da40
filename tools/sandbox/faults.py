"""Owns scripted misbehaviour of providers. It must never touch a provider that was not named."""

import math
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

#: The server damages the transport; `corrupted` of a provider damages the content.
TRANSPORT_KINDS = ("rate_limited", "server_error", "slow", "stall", "truncated_json", "html", "drop_connection")
CONTENT_KINDS = ("missing_fields", "wrong_token", "zero_price", "nan_price")
KINDS = TRANSPORT_KINDS + CONTENT_KINDS
MAX_FAULTS = 100

#: Field: (least, most, which kinds may have it; empty means all).
_NUMBERS: dict[str, tuple[float, float, tuple[str, ...]]] = {
    "for_seconds": (0.001, 86_400, ()),
    "count": (1, 1_000_000, ()),
    "status": (500, 599, ("server_error",)),
    "retry_after": (0, 86_400, ("rate_limited", "server_error")),
    "delay_ms": (1, 120_000, ("slow", "stall")),
    "probability": (0.0, 1.0, ()),
}
_WHOLE = ("count", "status", "delay_ms")
FIELDS = ("provider", "kind", *_NUMBERS)


class ControlError(ValueError):
    """A control request names something that does not exist; `allowed` lists what does."""

    def __init__(self, message: str, allowed: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.allowed = list(allowed)


@dataclass(slots=True)
class Fault:
    """One script. It ends after `remaining` uses or at `ends_at`, or, with neither, when deleted."""

    id: int
    provider: str
    kind: str
    ends_at: float | None
    remaining: int | None
    status: int = 500
    retry_after: float | None = None
    delay_ms: int | None = None
    probability: float = 1.0
    used: int = 0


class FaultBook:
    """The scripts in force, oldest first; the first that fits a request acts on it."""

    def __init__(self, providers: Sequence[str], *, now: Callable[[], float], seed: int = 0) -> None:
        self._providers = tuple(providers)
        self._now = now
        self._random = random.Random(seed)  # noqa: S311 - repeatable chance is the point
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._next_id = 1

    def add(self, spec: Any) -> dict[str, Any]:
        """Put a script in force. Raises ControlError naming the wrong field and what is allowed."""
        values = _checked(spec, self._providers)
        with self._lock:
            self._forget_ended()
            if len(self._faults) >= MAX_FAULTS:
                raise ControlError(f"at most {MAX_FAULTS} faults may be in force; delete some")
            seconds = values.pop("for_seconds", None)
            fault = Fault(
                id=self._next_id,
                ends_at=None if seconds is None else self._now() + seconds,
                remaining=values.pop("count", None),
                **values,
            )
            self._next_id += 1
            self._faults.append(fault)
            return self._shown(fault)

    def take(self, provider: str) -> Fault | None:
        """The fault that acts on this request, counted as used."""
        with self._lock:
            self._forget_ended()
            for fault in self._faults:
                if fault.provider != provider or self._random.random() >= fault.probability:
                    continue
                fault.used += 1
                if fault.remaining is not None:
                    fault.remaining -= 1
                return fault
            return None

    def listed(self) -> list[dict[str, Any]]:
        """All scripts in force."""
        with self._lock:
            self._forget_ended()
            return [self._shown(fault) for fault in self._faults]

    def clear(self, provider: str | None = None) -> int:
        """Delete all scripts, or those of one provider; how many they were."""
        if provider is not None and provider not in self._providers:
            raise ControlError(f"unknown provider {provider!r}", self._providers)
        with self._lock:
            self._forget_ended()
            kept = [fault for fault in self._faults if provider is not None and fault.provider != provider]
            gone = len(self._faults) - len(kept)
            self._faults = kept
            return gone

    def _forget_ended(self) -> None:
        now = self._now()
        self._faults = [
            fault
            for fault in self._faults
            if (fault.ends_at is None or fault.ends_at > now) and (fault.remaining is None or fault.remaining > 0)
        ]

    def _shown(self, fault: Fault) -> dict[str, Any]:
        left = None if fault.ends_at is None else round(fault.ends_at - self._now(), 3)
        return {
            "id": fault.id,
            "provider": fault.provider,
            "kind": fault.kind,
            "seconds_left": left,
            "count_left": fault.remaining,
            "probability": fault.probability,
            "used": fault.used,
        }


def _checked(spec: Any, providers: Sequence[str]) -> dict[str, Any]:
    if not isinstance(spec, dict):
        raise ControlError("a fault is a JSON object", FIELDS)
    for name in spec:
        if name not in FIELDS:
            raise ControlError(f"unknown field {name!r}", FIELDS)
    if spec.get("provider") not in providers:
        raise ControlError(f"unknown provider {spec.get('provider')!r}", providers)
    kind = spec.get("kind")
    if kind not in KINDS:
        raise ControlError(f"unknown kind {kind!r}", KINDS)
    for name, (least, most, kinds) in _NUMBERS.items():
        if name not in spec:
            continue
        if kinds and kind not in kinds:
            raise ControlError(f"{name} belongs to {' and '.join(kinds)} only, not to {kind}")
        _check_number(name, spec[name], least, most)
    return dict(spec)


def _check_number(name: str, value: Any, least: float, most: float) -> None:
    wanted = int if name in _WHOLE else int | float
    if (
        isinstance(value, bool)
        or not isinstance(value, wanted)
        or not math.isfinite(value)
        or not least <= value <= most
    ):
        kind = "a whole number" if name in _WHOLE else "a number"
        raise ControlError(f"{name} must be {kind} from {least:g} to {most:g}, got {value!r}")
