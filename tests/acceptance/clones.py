"""Owns a clone of this project and the commands a person types in it. It must never touch another clone's state."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from tools.stores.waiting import tail

REPOSITORY = Path(__file__).resolve().parent.parent.parent
#: "1": the clone makes its own environment from the lock, as on a new machine.
FRESH = os.environ.get("MILLRACE_ACCEPTANCE_FRESH", "") == "1"
COMMAND_SECONDS = 900 if FRESH else 180
#: What a person's shell has; no setting of the product may come from the shell that runs the tests.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "SSL_CERT_FILE")
INSTALLERS = ("PIP_", "UV_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True, slots=True)
class Clone:
    """A copy of the working tree without what git ignores."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> "Clone":
        ignored = [line.rstrip("/") for line in (REPOSITORY / ".gitignore").read_text().split()]
        shutil.copytree(REPOSITORY, root, symlinks=True, ignore=shutil.ignore_patterns(".git", *ignored))
        clone = cls(root)
        if not FRESH:
            clone._borrow_environment()
        return clone

    def command(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of tools/ to its end."""
        return self.shell(["tools/" + words[0], *words[1:]], environment)

    def shell(
        self, command: list[str], environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run any program here, as from a person's shell."""
        return subprocess.run(
            command,
            cwd=self.root,
            env=_shell_environment() | dict(environment or {}),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def processes(self) -> dict[int, str]:
        """Every process of this machine that works for this clone: command lines by pid."""
        found = {}
        for process in psutil.process_iter(["cwd", "cmdline"]):
            words = process.info["cmdline"] or []
            if (process.info["cwd"] or "").startswith(str(self.root)) or any(str(self.root) in word for word in words):
                found[process.pid] = " ".join(words)
        return found

    def logs(self) -> str:
        """The last lines of each log, for the report of a failed run."""
        files = sorted((self.root / ".millrace/logs").glob("*.log"))
        return "\n".join(f"{file.name}:\n{tail(file)}" for file in files)

    def forget(self) -> None:
        """Stop and remove everything; what does not stop when asked is killed, and named."""
        done = self.command("reset", "--yes")
        left = self.processes()
        for pid in left:
            psutil.Process(pid).kill()
        assert done.returncode == 0, done.stderr
        assert not left, f"still running after tools/reset: {left}"

    def _borrow_environment(self) -> None:
        (self.root / ".venv").symlink_to(sys.prefix)
        check = [sys.executable, "-I", "-S", str(self.root / "tools/environment.py"), "--check"]
        if subprocess.run(check, check=False).returncode != 0:
            # tools/up would bring the borrowed environment up to date, under the feet of those who run in it.
            raise RuntimeError(f"{sys.prefix} is not what the locks say; run tools/test, which makes it so")


def _shell_environment() -> dict[str, str]:
    prefixes = INSTALLERS if FRESH else ()
    return {name: value for name, value in os.environ.items() if name in INHERITED or name.upper().startswith(prefixes)}
