"""Owns the choice of loopback ports. It must never hand the same port to two programs of ours on one machine."""

import errno
import secrets
import socket
from collections.abc import Collection

HOST = "127.0.0.1"
STEP = 100
STEPS = 20
LOWEST, HIGHEST = 15_000, 32_000
TRIES = 100


class PortClaim:
    """A TCP port that is free now and that no other copy of this program will take while the claim is open.

    The claim is a UDP socket on the same number: TCP stays free for the server that will listen there, the kernel gives
    the claim back however this process ends, and no file is needed.
    """

    def __init__(self, port: int, claim: socket.socket) -> None:
        self.port = port
        self._claim = claim

    def release(self) -> None:
        self._claim.close()


def claim_port(preferred: int, *, avoid: Collection[int] = ()) -> PortClaim:
    """The preferred port, else one some hundreds above it, else any."""
    for candidate in (preferred, *(preferred + STEP * step for step in range(1, STEPS))):
        claim = try_claim(candidate) if candidate not in avoid and candidate < 65536 else None
        if claim is not None:
            return claim
    while True:
        claim = try_claim(free_port())
        if claim is not None:
            return claim


def try_claim(port: int) -> PortClaim | None:
    claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        claim.bind((HOST, port))
    except OSError:
        claim.close()
        return None
    if not is_free(port):
        claim.close()
        return None
    return PortClaim(port, claim)


def free_port(preferred: int | None = None) -> int:
    """The preferred port if nothing listens there, else some free one.

    Below the range from which the kernel gives outgoing connections their ports: a server that is stopped and started
    again must find its port unused.
    """
    if preferred is not None and is_free(preferred):
        return preferred
    for _ in range(TRIES):
        candidate = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        if is_free(candidate):
            return candidate
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # What a closed connection left behind is no obstacle.
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
                return False
            raise
    return True
