"""Owns the discovery of services for the conformance tests; no list to forget an entry in. It must never import one."""

import os
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "services"
NAMES = sorted(path.parent.name for path in SERVICES.glob("*/__init__.py"))
#: Runs no jobs and serves no RPC; the one door for people and programs.
GATEWAY = "gateway"
WITH_JOBS = [name for name in NAMES if name != GATEWAY]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def display(name: str) -> str:
    """A service's name as people read it."""
    return name.replace("_", "-")


def job_files(name: str) -> list[Path]:
    """The modules of a service's jobs/ folder."""
    return sorted(path for path in (SERVICES / name / "jobs").glob("*.py") if path.name != "__init__.py")


def code_files(name: str) -> list[Path]:
    """Every file of a service that is executed: Python, SQL, Lua."""
    found = [Path(folder, leaf) for folder, _, leaves in os.walk(SERVICES / name) for leaf in leaves]
    return sorted(path for path in found if path.suffix in {".py", ".sql", ".lua"})
