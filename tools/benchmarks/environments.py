"""Owns the peers' environments below .millrace/bench, made from locks of their own. It must never touch .venv."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from tools import environment
from tools.environment import ROOT, EnvironmentFailed

HERE = ROOT / "tools" / "benchmarks"
FOLDER = ROOT / ".millrace" / "bench"
LOCK = HERE / "requirements.lock"
NODE_FILES = ("package.json", "package-lock.json", "bullmq.mjs")
OLDEST_NODE = 18
OBAN_FLOOR = (3, 12)
NPM_SECONDS = 300


class PeerMissing(Exception):
    """The peer cannot run here; the message says why."""


def python_for(floor: tuple[int, int] = (3, 11)) -> Path:
    """A Python with the peers installed: of our own version where that is new enough for the peer."""
    base = _interpreter(floor)
    version = environment.interpreter_version(base)
    venv = FOLDER / f"python-{version}"
    stamp, digest = venv / "bench-lock", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    python = venv / "bin" / "python"
    if not (stamp.is_file() and stamp.read_text() == digest and environment.interpreter_version(python)):
        try:
            _install(base, venv, python)
        except EnvironmentFailed as error:
            raise PeerMissing(str(error)) from error
        stamp.write_text(digest)
    return python


def _install(base: Path, venv: Path, python: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    venv.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    environment.say(f"installing the peers into {venv.relative_to(ROOT)}")
    uv = environment.find_uv(ROOT, ROOT / ".millrace")
    if uv is None:
        environment.run([str(base), "-m", "venv", str(venv)], "no virtual environment could be made for the peers")
    else:
        environment.run([str(uv), "--quiet", "venv", "--python", str(base), str(venv)], "uv could not make it")
    for command in environment.install_commands(uv, python, [LOCK], exact=True):
        environment.run(command, "the peers could not be installed; is the package index reachable?")


def _interpreter(floor: tuple[int, int]) -> Path:
    if sys.version_info[:2] >= floor:
        return Path(getattr(sys, "_base_executable", None) or sys.executable)
    names = [f"python3.{minor}" for minor in range(14, floor[1] - 1, -1)]
    found = [Path(path) for name in names if (path := shutil.which(name))]
    # pyenv's shims refuse versions that are installed but not selected.
    installed = [Path.home() / ".pyenv" / "versions"]
    found += [path for folder in installed for name in names for path in sorted(folder.glob(f"*/bin/{name}"))]
    for candidate in found:
        version = environment.interpreter_version(candidate)
        if version is not None and tuple(map(int, version.split("."))) >= floor:
            return candidate
    raise PeerMissing(f"no Python {floor[0]}.{floor[1]} or newer is here")


def node_program() -> tuple[str, Path]:
    """Node and BullMQ's program, beside its modules."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise PeerMissing("node or npm is not on the PATH")
    version = environment.output([node, "--version"]).strip().removeprefix("v")
    if not version or int(version.split(".")[0]) < OLDEST_NODE:
        raise PeerMissing(f"node is {version or 'broken'}, needed is {OLDEST_NODE} or newer")
    folder = FOLDER / "node"
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    for name in NODE_FILES:
        shutil.copyfile(HERE / "node" / name, folder / name)
    stamp = folder / "node_modules" / "bench-lock"
    digest = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == digest):
        environment.say("installing BullMQ into .millrace/bench/node")
        _npm(npm, folder)
        stamp.write_text(digest)
    return node, folder / "bullmq.mjs"


def _npm(npm: str, folder: Path) -> None:
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=NPM_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerMissing(f"npm ci failed: {error}") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line]
        raise PeerMissing(f"npm ci failed: {' '.join(lines)[:300]}")


def installed_version(python: Path, package: str) -> str:
    """A peer's version by its own environment."""
    code = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    return environment.output([str(python), "-I", "-c", code, package]).strip()


def node_version(package: str) -> str:
    """A Node package's version."""
    code = f"console.log(require('./node_modules/{package}/package.json').version)"
    node = shutil.which("node") or "node"
    done = subprocess.run([node, "-e", code], cwd=FOLDER / "node", capture_output=True, text=True, timeout=30)
    return done.stdout.strip()
