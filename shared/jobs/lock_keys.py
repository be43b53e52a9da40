"""Owns the names of locks that document 003 gives. It must never make one name of two different things."""

from shared.errors import InvalidArgument


def wallet_lock(address: str, operation: str) -> str:
    """One operation on one wallet at a time."""
    return _name("wallet", address=address, operation=operation)


def analysis_lock(address: str, analysis: str) -> str:
    """One analysis of a kind for one wallet at a time."""
    return _name("analysis", address=address, analysis=analysis)


def similarity_lock(request_id: str) -> str:
    """One calculation for one request at a time."""
    return _name("similarity", request_id=request_id)


def _name(kind: str, **parts: str) -> str:
    for field, part in parts.items():
        if not part or ":" in part or not part.isprintable():
            raise InvalidArgument(f"{field} of a lock must be printable, not empty and without ':'", field=field)
    name = ":".join(("lock", kind, *parts.values()))
    if len(name) > 200:
        field = max(parts, key=lambda each: len(parts[each]))
        raise InvalidArgument(f"{field} makes the lock's name longer than 200 characters", field=field)
    return name
