"""Owns how a job's id stands in the index: 22 letters for a UUID's 36. It must never change what an id sorts like."""

import binascii
import string

_BYTES, _LETTERS, _TEXT = 16, 22, 36
_PADDING = b"=="
#: Base64 with its letters in the order of ASCII, so that ids sort in the index as they do in PostgreSQL.
_USUAL = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
_SORTED = "".join(sorted(string.ascii_letters + string.digits + "-_")).encode()
_TO_SORTED, _TO_USUAL = bytes.maketrans(_USUAL, _SORTED), bytes.maketrans(_SORTED, _USUAL)


def to_index(job_id: str) -> str:
    """A UUID as the index names it; any other id stays as it is."""
    if len(job_id) != _TEXT:
        return job_id
    try:
        raw = bytes.fromhex(job_id.replace("-", ""))
    except ValueError:
        return job_id
    if len(raw) != _BYTES:
        return job_id
    return binascii.b2a_base64(raw, newline=False)[:_LETTERS].translate(_TO_SORTED).decode()


def from_index(name: bytes) -> str:
    """The id that the index names so."""
    if len(name) != _LETTERS:
        return name.decode()
    digits = binascii.a2b_base64(name.translate(_TO_USUAL) + _PADDING).hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
