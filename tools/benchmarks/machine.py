"""Owns what the report says about the machine and the versions. It must never guess: what is unknown is left out."""

import importlib.metadata
import os
import platform
from pathlib import Path

PACKAGES = ("dramatiq", "redis", "hiredis", "psycopg", "sqlalchemy", "msgspec")


def machine() -> dict[str, str]:
    """Processor, memory, system and load now."""
    one, five, fifteen = os.getloadavg()
    facts = {
        "processor": _field(Path("/proc/cpuinfo"), "model name"),
        "cores": str(os.cpu_count() or 0),
        "memory": _field(Path("/proc/meminfo"), "MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
        "load at the start": f"{one:.2f} {five:.2f} {fifteen:.2f}",
    }
    return {name: value for name, value in facts.items() if value}


def own_versions() -> dict[str, str]:
    """Python and the packages that decide Millrace's speed."""
    return {"Python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES}}


def _field(path: Path, name: str) -> str:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
