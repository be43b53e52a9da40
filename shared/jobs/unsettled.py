"""Owns the look at outcomes that the index has and PostgreSQL does not yet. It must never remove one."""

from collections.abc import Sequence

import msgspec

from shared.errors import StoreUnavailable
from shared.jobs.index_reads import encoded_outcomes
from shared.jobs.ledger.records import OutcomeRecord
from shared.jobs.scripts import Scripts

_decode = msgspec.json.Decoder(OutcomeRecord).decode


def outcomes_of(scripts: Scripts, ids: Sequence[str]) -> list[tuple[str, OutcomeRecord]]:
    """Those of these jobs that have ended; none while Redis does not answer: then their rows decide alone."""
    if not ids:
        return []
    try:
        raws = encoded_outcomes(scripts, ids)
    except StoreUnavailable:
        return []
    return [(job_id, _decode(raw)) for job_id, raw in zip(ids, raws, strict=True) if raw is not None]
