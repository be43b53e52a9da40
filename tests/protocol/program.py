"""Owns the model's program: compiled once a run, called with arguments. It must never be skipped in silence."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parent / "model" / "main.cpp"
COMPILERS = ("g++", "clang++", "c++")
MISSING = f"the protocol model needs a C++17 compiler ({', '.join(COMPILERS)}); on Debian: apt-get install g++"
SECONDS_AT_MOST = 3600
UNKNOWN_ARGUMENT = 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a search found: '' or the broken invariant, and the whole output with the way to it."""

    broken: str
    text: str


@dataclass(frozen=True, slots=True)
class Program:
    """The compiled model."""

    path: Path

    def search(self, *arguments: str) -> Verdict:
        """Search every state. Raises CalledProcessError for a run that did not come to an end."""
        done = self._run(*arguments)
        words = done.stdout.split(maxsplit=2)
        if done.returncode == 0 and words[:1] == ["OK"]:
            return Verdict("", done.stdout)
        if done.returncode == 1 and words[:1] == ["BROKEN"]:
            return Verdict(words[1], done.stdout)
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)

    def allowed(self, model: str) -> set[str]:
        """The names of budgets and switches that a model knows."""
        done = self._run(model, "-?")
        if done.returncode != UNKNOWN_ARGUMENT:
            raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
        return set(done.stderr.partition("allowed:")[2].split())

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.path), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS_AT_MOST)


def find_compiler() -> str | None:
    """The first compiler on PATH."""
    return next((found for name in COMPILERS if (found := shutil.which(name))), None)


def compile_into(folder: Path, compiler: str) -> Program:
    """Compile the model."""
    path = folder / "protocol_model"
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *flags, "-o", str(path), str(SOURCE)], check=True)
    return Program(path)
