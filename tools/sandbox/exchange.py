"""Owns what a request and a reply are inside the sandbox. It must never know a provider."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """What came in; header names are lower case, `path` is unquoted and without the provider's prefix."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class SentPrice:
    """A true price inside a reply, by the chain's plain name; a client that stores another one stored a lie."""

    chain: str
    address: str
    price: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out: JSON, and the true prices in it."""

    payload: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    prices: tuple[SentPrice, ...] = ()

    def encoded(self) -> bytes:
        """The body; NaN is written as NaN because some faults want it so."""
        return json.dumps(self.payload, separators=(",", ":"), ensure_ascii=False).encode()


class Provider(Protocol):
    """One part of the outside world. A new provider is a module with such a class and a line in sandbox.py."""

    name: str
    #: Calls a minute that the real one allows.
    per_minute: int
    #: Deviation of its prices from the market's, which makes it recognisable.
    basis: float

    def answer(self, request: Request) -> Reply:
        """The truthful answer."""
        ...

    def corrupted(self, payload: Any, kind: str) -> Any:
        """The payload of a good answer with the fault `kind` of the content faults in every record."""
        ...
