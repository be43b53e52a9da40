"""Owns what a caller may say of keys: unique, and in which sequence. It must never touch a store."""

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from shared.errors import InvalidArgument
from shared.jobs.definitions import Arguments, JobDefinition
from shared.jobs.ledger.records import Submission
from shared.jobs.uniqueness import Unique, checked_key, until_done


@dataclass(frozen=True, slots=True)
class Keys:
    """None leaves a thing as the job is declared. A key alone means: until done."""

    unique: Unique | None = None
    unique_key: str | None = None
    sequence: str | None = None


NO_KEYS = Keys()


def keys_of(unique: Unique | None, unique_key: str | None, sequence: str | None) -> Keys:
    """What was said; NO_KEYS itself when nothing was, which costs a submission nothing."""
    if unique is None and unique_key is None and sequence is None:
        return NO_KEYS
    return Keys(unique, unique_key, sequence)


def keyed(form: Submission, known: JobDefinition[Any, Any], typed: Arguments, args_json: str, keys: Keys) -> Submission:
    """The submission with its keys. Raises InvalidArgument naming the field that cannot be had."""
    unique = keys.unique or known.unique or (until_done() if keys.unique_key is not None else None)
    if not known.is_durable and (unique is not None or keys.sequence is not None):
        field = "unique" if unique is not None else "sequence"
        raise InvalidArgument(
            f"{known.name} is durable=False; {field} needs a row, which it does not have", field=field
        )
    sequence = "" if keys.sequence is None else checked_key(keys.sequence, field="sequence")
    if unique is None:
        return replace(form, sequence=sequence)
    if sequence and unique.mode == "keep_latest":
        raise InvalidArgument("a keep_latest job is in a sequence of its own already", field="sequence")
    key = (
        unique.key_of(typed, args_json) if keys.unique_key is None else checked_key(keys.unique_key, field="unique_key")
    )
    return replace(form, unique=unique, unique_key=key, sequence=sequence)
