"""Owns the generated secrets of one clone. It must never replace one that data already depends on."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tools.supervisor.state import write_private


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """`roles` holds one database password a service; `fresh` says that they were made by this call."""

    postgres_password: str
    redis_password: str
    service_token: str
    api_key: str
    roles: dict[str, str] = field(default_factory=dict)
    fresh: bool = False


def load_or_make(path: Path, services: Sequence[str]) -> Credentials:
    found = _load(path)
    missing = [service for service in services if found is None or service not in found.roles]
    if found is not None and not missing:
        return found
    made = found or Credentials(
        postgres_password=secrets.token_hex(24),
        redis_password=secrets.token_hex(24),
        service_token=secrets.token_hex(32),
        api_key=f"mr_{secrets.token_hex(6)}_{secrets.token_hex(24)}",
        fresh=True,
    )
    complete = replace(made, roles=made.roles | {service: secrets.token_hex(24) for service in missing})
    kept = {name: value for name, value in asdict(complete).items() if name != "fresh"}
    write_private(path, json.dumps(kept, indent=2) + "\n")
    return complete


def _load(path: Path) -> Credentials | None:
    try:
        return Credentials(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
