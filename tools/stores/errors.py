"""Owns what can go wrong with an embedded store; every message says what the user can do about it."""


class StoreFailed(Exception):
    """The server could not be made, started or stopped."""


class PortTaken(StoreFailed):
    """Another program listens on the port that was asked for."""
