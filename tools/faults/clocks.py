"""Owns the wrong clocks of a run: which processes have one, and the library that makes it. Never skews itself."""

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("skew.c")
HOUR = 3_600
#: Seconds added to the wall clock of a process, for the whole run.
SKEWS = {"worker-0": 2 * HOUR, "scheduler-0": -2 * HOUR}
COMPILERS = ("cc", "gcc", "clang")


def compiler() -> str | None:
    """The C compiler of this machine; None where there is none, and then nobody's clock is wrong."""
    return next((found for name in COMPILERS if (found := shutil.which(name))), None)


def build(folder: Path) -> Path | None:
    """The library, made in `folder`; None without a compiler."""
    found = compiler()
    if found is None:
        return None
    library = folder / "skew.so"
    command = [found, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return library


def environment(library: Path | None, name: str) -> dict[str, str]:
    """What a process of this name finds, so that its clock is wrong; nothing for the others."""
    if library is None or name not in SKEWS:
        return {}
    return {"LD_PRELOAD": str(library), "SKEW_SECONDS": str(SKEWS[name])}
