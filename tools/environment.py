"""Makes `.venv` from the locks and keeps it in step with them; tools/python runs it.

It must never import anything outside the standard library nor write outside the clone (installers' caches aside).
"""

import argparse
import enum
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "tools/requirements-dev.lock"
UV_LOCK = "tools/requirements-uv.lock"
OLDEST_UV = (0, 5)

# Settings of the caller's shell that would send the packages somewhere else than into this clone's .venv.
MISLEADING = (
    *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON"),
    *("UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_VENV_SEED"),
)


class EnvironmentFailed(Exception):
    """The environment could not be made; the message says what is needed."""


class Action(enum.Enum):
    NOTHING = "nothing"
    INSTALL = "install"
    SYNC = "sync"
    REMAKE = "remake"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What `.venv` was made from: Python's major.minor and the SHA-256 of each lock; `dev` may be absent."""

    python: str
    runtime: str
    dev: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What is there before anything is done; `python` is None when `.venv` has no usable interpreter."""

    python: str | None
    stamp: Stamp | None
    unfinished: bool


def decide(found: Found, runtime: str, dev: str | None) -> Action:
    """The one decision. `dev` is the digest of the development lock, or None when the tools are not asked for."""
    if found.python is None or found.unfinished:
        return Action.REMAKE
    if found.stamp is None:
        return Action.INSTALL
    if found.stamp.python != found.python:
        return Action.REMAKE
    if found.stamp.runtime != runtime or (found.stamp.dev and dev and found.stamp.dev != dev):
        return Action.SYNC
    return Action.INSTALL if dev and not found.stamp.dev else Action.NOTHING


def read_stamp(path: Path) -> Stamp | None:
    try:
        return Stamp(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Make .venv from the locks.")
    parser.add_argument("--dev", action="store_true", help="also what the tests and the checks need")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when something is to be done")
    chosen = parser.parse_args(arguments)
    environment = Environment(ROOT)
    if chosen.check:
        here = f"{sys.version_info[0]}.{sys.version_info[1]}" if sys.version_info >= (3, 11) else None
        return 0 if environment.pending(dev=chosen.dev, python=here) is Action.NOTHING else 1
    try:
        environment.make(dev=chosen.dev)
    except EnvironmentFailed as failure:
        print(f"millrace: {failure}", file=sys.stderr)
        return 1
    return 0


class Environment:
    """One clone's `.venv`, its stamp, and the lock that keeps two verbs from making it at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.private = root / ".millrace"
        self._stamp = self.venv / ".millrace-lock"
        self._unfinished = self.private / "environment-unfinished"

    def pending(self, *, dev: bool, python: str | None) -> Action:
        found = Found(python, read_stamp(self._stamp), self._unfinished.exists())
        return decide(found, self._digest(RUNTIME_LOCK), self._dev_digest(found.stamp, dev=dev))

    def make(self, *, dev: bool) -> None:
        self.private.mkdir(mode=0o711, exist_ok=True)
        with self._alone():
            python = interpreter_version(self.python)
            action = self.pending(dev=dev, python=python)
            if action is not Action.NOTHING:
                self._install(action, dev=dev)

    def _install(self, action: Action, *, dev: bool) -> None:
        stamp = read_stamp(self._stamp)
        dev_digest = self._dev_digest(stamp, dev=dev)
        locks = [self.root / name for name in (RUNTIME_LOCK, *([DEV_LOCK] if dev_digest else []))]
        say(
            f"{'making' if action is Action.REMAKE else 'updating'} .venv from {', '.join(lock.name for lock in locks)}"
        )
        uv = find_uv(self.root, self.private)
        if uv is None and not has_pip(self.python):
            action = Action.REMAKE
        self._unfinished.touch()
        if action is Action.REMAKE:
            shutil.rmtree(self.venv, ignore_errors=True)
            create(self.venv, uv)
        self._stamp.unlink(missing_ok=True)
        try:
            for command in install_commands(uv, self.python, locks, exact=action is Action.SYNC):
                run(command, "the packages of the locks could not be installed; is the package index reachable?")
        except EnvironmentFailed:
            if action is not Action.REMAKE:
                self._unfinished.unlink()  # It refused before it changed much, and this .venv may be somebody's own.
            raise
        made = Stamp(interpreter_version(self.python) or "", self._digest(RUNTIME_LOCK), dev_digest)
        self._stamp.write_text(json.dumps(asdict(made)) + "\n")
        self._unfinished.unlink()

    def _dev_digest(self, stamp: Stamp | None, *, dev: bool) -> str | None:
        return self._digest(DEV_LOCK) if dev or (stamp is not None and stamp.dev) else None

    def _digest(self, name: str) -> str:
        return hashlib.sha256((self.root / name).read_bytes()).hexdigest()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.private / "environment.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("waiting for another command that is making .venv")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def install_commands(uv: Path | None, python: Path, locks: Sequence[Path], *, exact: bool) -> list[list[str]]:
    """`exact` also removes what the locks no longer name; pip cannot, and what it leaves does no harm."""
    if uv is None:
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        return [[*pip, "-r", str(lock)] for lock in locks]
    files = [str(lock) for lock in locks]
    verb = ["sync", *files] if exact else ["install", *(part for name in files for part in ("-r", name))]
    return [[str(uv), "--quiet", "pip", *verb, "--python", str(python), "--require-hashes", "--compile-bytecode"]]


def create(venv: Path, uv: Path | None) -> None:
    base = str(getattr(sys, "_base_executable", None) or sys.executable)  # Not the .venv that was just removed.
    if uv is not None:
        run([str(uv), "--quiet", "venv", "--python", base, str(venv)], "uv could not make .venv")
        return
    cure = "this Python cannot make a virtual environment; on Debian and Ubuntu install the package python3-venv"
    run([base, "-m", "venv", str(venv)], cure)


def find_uv(root: Path, private: Path) -> Path | None:
    """uv from the PATH, else one installed into a private folder by pip, else None."""
    on_path = shutil.which("uv")
    if on_path and uv_works(Path(on_path)):
        return Path(on_path)
    folder = private / "uv"
    if uv_works(folder / "bin" / "uv"):
        return folder / "bin" / "uv"
    base = Path(getattr(sys, "_base_executable", None) or sys.executable)
    if not has_pip(base):
        return None
    say("installing the installer uv into .millrace/uv")
    fresh = private / "uv.new"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(base), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*pip, "--target", str(fresh), "--require-hashes", "-r", str(root / UV_LOCK)], cwd="/", env=clean_environment()
    )
    if done.returncode != 0 or not uv_works(fresh / "bin" / "uv"):
        say("uv is not to be had; going on with venv and pip")
        return None
    fresh.rename(folder)
    return folder / "bin" / "uv"


def uv_works(uv: Path) -> bool:
    version = re.search(r"(\d+)\.(\d+)", output([str(uv), "--version"]))
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST_UV


def has_pip(python: Path) -> bool:
    return output([str(python), "-I", "-m", "pip", "--version"]).startswith("pip ")


def interpreter_version(python: Path) -> str | None:
    """Its major.minor, or None when it does not run or is too old."""
    version = output([str(python), "-I", "-S", "-c", "import sys; print('%d %d' % sys.version_info[:2])"]).split()
    return ".".join(version) if tuple(map(int, version)) >= (3, 11) else None


def output(command: Sequence[str]) -> str:
    """What the command printed, or nothing when it cannot run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", env=clean_environment(), timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def run(command: Sequence[str], failure: str) -> None:
    # In "/" no folder above the clone can lend uv a configuration that is not the user's own.
    try:
        done = subprocess.run(command, cwd="/", env=clean_environment())
    except OSError as error:
        raise EnvironmentFailed(f"{failure} ({error})") from error
    if done.returncode != 0:
        raise EnvironmentFailed(f"{failure} (exit code {done.returncode} of {Path(command[0]).name})")


def clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    # The locks decide the versions: a machine-wide constraints file must not contradict them.
    ours = {"PIP_CONSTRAINT": "", "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_ROOT_USER_ACTION": "ignore"}
    return kept | ours | {"UV_PYTHON_DOWNLOADS": "never"}


def say(text: str) -> None:
    print(f"millrace: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
