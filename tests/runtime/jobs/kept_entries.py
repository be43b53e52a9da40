"""Owns changes to entries that no script makes: what another hand, a bug or time itself could do to them."""

from collections.abc import Callable
from typing import Any

import msgspec

from shared.jobs.entries import Entry, decode_entry, decode_kept
from shared.jobs.index_ids import to_index
from shared.jobs.scripts import Scripts

_encode = msgspec.msgpack.Encoder().encode


def present(scripts: Scripts, job_id: str) -> Entry:
    """The entry of a job that must have one."""
    return decode_entry(_kept(scripts, job_id))


def body_of(scripts: Scripts, job_id: str) -> bytes:
    """The body of a job, wherever it is kept."""
    body = decode_kept(_kept(scripts, job_id)).body
    return body if body is not None else bytes(scripts.client.hget(scripts.keys.of("bodies"), to_index(job_id)))


def set_body(scripts: Scripts, job_id: str, body: bytes) -> None:
    """Give it other bytes, within its entry."""
    _keep(scripts, job_id, decode_entry(_kept(scripts, job_id)), body)


def lose_body(scripts: Scripts, job_id: str) -> None:
    """Take it away."""
    _keep(scripts, job_id, decode_entry(_kept(scripts, job_id)), None)
    scripts.client.hdel(scripts.keys.of("bodies"), to_index(job_id))


def change_record(scripts: Scripts, job_id: str, change: Callable[[Entry], Entry]) -> None:
    """Write a changed record; the body stays."""
    kept = _kept(scripts, job_id)
    _keep(scripts, job_id, change(decode_entry(kept)), decode_kept(kept).body)


def _kept(scripts: Scripts, job_id: str) -> bytes:
    kept: Any = scripts.client.hget(scripts.keys.of("jobs"), to_index(job_id))
    assert kept is not None, f"{job_id} has no entry"
    return bytes(kept)


def _keep(scripts: Scripts, job_id: str, record: Entry, body: bytes | None) -> None:
    head, tail = (b"\x91", b"") if body is None else (b"\x92", b"\xc5" + len(body).to_bytes(2) + body)
    scripts.client.hset(scripts.keys.of("jobs"), to_index(job_id), head + _encode(record) + tail)
