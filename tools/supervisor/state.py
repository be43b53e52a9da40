"""Owns the folder `.millrace/` of one clone: its paths and modes. It must never be shared by two clones."""

import os
from dataclasses import dataclass
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Every path the verbs use. `clone` is the repository root."""

    clone: Path = CLONE

    @property
    def folder(self) -> Path:
        return self.clone / ".millrace"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets.json"

    @property
    def run(self) -> Path:
        return self.folder / "run.json"

    @property
    def lock(self) -> Path:
        return self.folder / "supervisor.lock"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def valkey(self) -> Path:
        return self.folder / "valkey"

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"

    def make(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o711)  # PostgreSQL's account passes through to its own folder; all else inside is closed.
        self.logs.mkdir(exist_ok=True)
        self.logs.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Replace the file as a whole, readable by us alone."""
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)
    fresh.replace(path)
