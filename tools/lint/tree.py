"""Owns the answer to which files are the project's own source. It must never list what a tool generated."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

ROOTS = ("services", "shared", "tools", "tests", "protos")
GENERATED = ("_pb2.py", "_pb2_grpc.py")
SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "dist"})


def files(root: Path, suffix: str) -> Iterator[Path]:
    """Every file below the project's packages whose name ends in `suffix`, in a stable order."""
    for top in ROOTS:
        for folder, names, leaves in os.walk(root / top):
            names[:] = sorted(name for name in names if name not in SKIPPED_FOLDERS)
            yield from (Path(folder, leaf) for leaf in sorted(leaves) if leaf.endswith(suffix))


def python_files(root: Path) -> list[Path]:
    """Every Python file that a person wrote."""
    return [path for path in files(root, ".py") if not path.name.endswith(GENERATED)]


def is_test(path: PurePath) -> bool:
    """Whether a path, relative to the root, belongs to the tests."""
    return "tests" in path.parts[:-1] or path.name == "conftest.py"
