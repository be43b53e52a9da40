"""Owns what a worker and the process of an isolated job say to each other: length-prefixed, typed, bounded msgpack.

It must never carry an object that runs code when it is read.
"""

import socket
import struct
from typing import Any

import msgspec

from shared.errors import Undecodable
from shared.jobs.captured import Line
from shared.jobs.outcomes import Outcome
from shared.jobs.scripts import Claimed

#: Arguments and results have at most 256 KiB, an error at most 16,000 characters.
MAX_BYTES = 1024 * 1024
_HEAD = struct.Struct(">I")
_OUTCOMES: dict[str, type[Outcome]] = {kind.__name__: kind for kind in Outcome.__args__}


class Run(msgspec.Struct, frozen=True, tag="run"):
    """To the process: run this job."""

    claimed: Claimed
    worker: str


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """To the process: raise the interrupt of this name in the job with this token."""

    token: str
    by: str


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """From the process: it can take a job."""


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """From the process: how the job with this token ended."""

    token: str
    kind: str
    outcome: msgspec.Raw

    def decoded(self) -> Outcome:
        """The outcome. Raises Undecodable for anything else."""
        kind = _OUTCOMES.get(self.kind)
        if kind is None:
            raise Undecodable(f"no outcome is called {self.kind[:60]!r}")
        outcome: Outcome = _checked(self.outcome, kind)
        return outcome


class Logged(msgspec.Struct, frozen=True, tag="logged"):
    """From the process: a line of the job with this token; `left_out` lines before it were too many to send."""

    token: str
    line: Line
    left_out: int = 0


class Heard(msgspec.Struct, frozen=True, tag="heard"):
    """From the process: the job with this token has said something."""

    token: str


def ended(token: str, outcome: Outcome) -> Ended:
    """An outcome on its way."""
    return Ended(token, type(outcome).__name__, msgspec.Raw(msgspec.msgpack.encode(outcome)))


ToProcess = Run | Stop
FromProcess = Ready | Ended | Logged | Heard


def send(wire: socket.socket, frame: ToProcess | FromProcess) -> None:
    """Write one frame. Raises Undecodable for one above the limit, OSError when nobody listens."""
    body = msgspec.msgpack.encode(frame)
    if len(body) > MAX_BYTES:
        raise Undecodable(f"a frame of {len(body):,} bytes, at most {MAX_BYTES:,} are sent")
    wire.sendall(_HEAD.pack(len(body)) + body)


class Incoming:
    """Frames out of the bytes of one wire, in order."""

    def __init__(self, kinds: Any) -> None:
        self._kinds = kinds
        self._bytes = bytearray()

    def feed(self, chunk: bytes) -> None:
        """What was read."""
        self._bytes += chunk

    def take(self) -> Any:
        """The next whole frame, None while there is none. Raises Undecodable for what is none of ours."""
        if len(self._bytes) < _HEAD.size:
            return None
        (length,) = _HEAD.unpack_from(self._bytes)
        if length > MAX_BYTES:
            raise Undecodable(f"a frame says it has {length:,} bytes, at most {MAX_BYTES:,} are read")
        if len(self._bytes) < _HEAD.size + length:
            return None
        body = bytes(self._bytes[_HEAD.size : _HEAD.size + length])
        del self._bytes[: _HEAD.size + length]
        return _checked(body, self._kinds)


def _checked(body: bytes | msgspec.Raw, kind: Any) -> Any:
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Undecodable(f"no frame of ours: {str(error)[:200]}") from error
