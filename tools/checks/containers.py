"""Owns the checks of the compose file and the image. It parses and lints; it must never claim that an image builds."""

import re
import tempfile
from pathlib import Path

from tools.checks.outcome import TOOLS, Outcome, from_program

COMPOSE = "docker-compose.yml"
DOCKERFILE = "tools/docker/service.Dockerfile"
_REQUIRED = re.compile(r"\$\{([A-Z_]+):\?")


def compose(root: Path) -> Outcome:
    """Compose itself accepts the file once every name that it requires is set."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder, "env")
        environment.write_text("".join(f"{name}=checked\n" for name in names(root)), encoding="utf-8")
        return from_program(root, [*command(environment), "config", "--quiet"])


def dockerfile(root: Path) -> Outcome:
    """hadolint has nothing to say about the image."""
    return from_program(root, [TOOLS / "hadolint", "--no-color", "--failure-threshold", "info", DOCKERFILE])


def command(environment: Path) -> list[str | Path]:
    """Compose on the project's file with the names of one environment file and no other."""
    return [TOOLS / "docker-compose", "--env-file", environment, "-f", COMPOSE]


def names(root: Path) -> list[str]:
    """The names that the compose file requires, which `tools/docker/make-env` makes."""
    return sorted(set(_REQUIRED.findall((root / COMPOSE).read_text(encoding="utf-8"))))
