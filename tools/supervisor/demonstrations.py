"""Owns what each service asks for when it is shown on one machine: services/<name>/demo.toml. Never a default of it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.supervisor.state import StateFolder

FILE = "demo.toml"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """`settings` are set while it is shown, and `pace` tells so; `sandbox` are addresses, as paths of the sandbox."""

    service: str
    pace: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    sandbox: Mapping[str, str] = field(default_factory=dict)

    def is_ours(self, user: Mapping[str, str]) -> bool:
        """Whether the pace is ours and not the user's."""
        return bool(self.pace) and all(not user.get(name) for name in self.settings)


def load(state: StateFolder, services: Sequence[str]) -> list[Demonstration]:
    """Of the services that say something about it."""
    files = {service: state.clone / "services" / service / FILE for service in services}
    return [_read(service, file) for service, file in files.items() if file.exists()]


def _read(service: str, file: Path) -> Demonstration:
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    return Demonstration(service, found.get("pace", ""), found.get("settings", {}), found.get("sandbox", {}))
