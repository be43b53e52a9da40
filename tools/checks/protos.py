"""Owns the stubs made from protos/ and the checks of the contracts. A check must never write into the tree.

`python -m tools.checks.protos` does: it writes the stubs beside their contracts.
"""

import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.checks.outcome import TOOLS, Outcome, Verdict, from_problems, from_program, run, shortened, skipped

GENERATED = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py")
CONFIGURATION = "tools/buf.yaml"
_PATHS = ":(glob)protos/**/*.proto"


def contracts(root: Path) -> list[str]:
    """Every .proto file, as the path that imports it."""
    return sorted(path.relative_to(root).as_posix() for path in (root / "protos").rglob("*.proto"))


def generate(root: Path, target: Path) -> Outcome:
    """Write the stubs of every contract below `target`."""
    options = [f"-I{root}", *(f"--{kind}_out={target}" for kind in ("python", "pyi", "grpc_python"))]
    return from_program(root, [sys.executable, "-m", "grpc_tools.protoc", *options, *contracts(root)])


def drift(root: Path) -> Outcome:
    """The committed stubs are what the generator makes of the contracts, no more and no fewer."""
    with tempfile.TemporaryDirectory() as folder:
        made = generate(root, Path(folder))
        if made.verdict is not Verdict.PASSED:
            return made
        fresh, committed = _stubs(Path(folder)), _stubs(root)
    names = sorted(fresh.keys() | committed.keys())
    return from_problems(
        f"{name}: {_difference(fresh.get(name), committed.get(name))}"
        for name in names
        if fresh.get(name) != committed.get(name)
    )


def lint(root: Path) -> Outcome:
    """buf's standard rules, and its one format."""
    problems = from_program(root, [TOOLS / "buf", "lint", "--config", CONFIGURATION])
    if problems.verdict is not Verdict.PASSED:
        return problems
    return from_program(root, [TOOLS / "buf", "format", "--config", CONFIGURATION, "--diff", "--exit-code"])


def breaking(root: Path) -> Outcome:
    """No contract breaks the callers of the one before it on the main branch."""
    base = _previous(root)
    if base is None:
        return skipped("no earlier version of protos/ on main")
    archive = subprocess.run(["git", "archive", base, "protos"], cwd=root, capture_output=True, check=False)
    if archive.returncode != 0:
        return Outcome(Verdict.FAILED, archive.stderr.decode(errors="replace"))
    with tempfile.TemporaryDirectory() as folder:
        _unpack(archive.stdout, Path(folder))
        sides = ["--config", CONFIGURATION, "--against", folder, "--against-config", CONFIGURATION]
        found = from_program(root, [TOOLS / "buf", "breaking", ".", *sides])
    return Outcome(found.verdict, shortened(f"against commit {base[:12]}:\n{found.text}") if found.text else "")


def _previous(root: Path) -> str | None:
    """The last commit on main whose contracts differ from the ones here, or nothing when there is none."""
    for branch in ("origin/main", "main"):
        commits = run(root, ["git", "log", "-2", "--format=%H", branch, "--", _PATHS]).stdout.split()
        for commit in commits:
            if run(root, ["git", "diff", "--quiet", commit, "--", _PATHS]).returncode == 1:
                return commit
    return None


def _unpack(archive: bytes, folder: Path) -> None:
    """Write the files of a tar archive; extractall's safe filter is missing in Python 3.11.2, which Debian 12 has."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())


def _stubs(root: Path) -> dict[str, bytes]:
    found = [path for pattern in GENERATED for path in (root / "protos").rglob(pattern)]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def _difference(fresh: bytes | None, committed: bytes | None) -> str:
    if fresh is None:
        return "no contract makes this stub; delete it"
    return "missing; run tools/protos" if committed is None else "out of date; run tools/protos"


def main() -> int:
    """Regenerate the stubs beside their contracts."""
    made = generate(root := Path(__file__).resolve().parents[2], root)
    sys.stdout.write(made.text or f"{len(contracts(root))} contracts, stubs written beside them\n")
    return 0 if made.verdict is Verdict.PASSED else 1


if __name__ == "__main__":
    sys.exit(main())
