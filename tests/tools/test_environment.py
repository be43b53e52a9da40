"""The promises of tools/environment.py: nothing is done twice, and nothing half done is trusted."""

import json
from pathlib import Path

import pytest

from tools.environment import Action, Environment, Found, Stamp, decide, install_commands

CURRENT = Stamp(python="3.11", runtime="r1", dev="d1")
WITHOUT_TOOLS = Stamp(python="3.11", runtime="r1", dev=None)


@pytest.mark.parametrize(
    ("found", "runtime", "dev", "expected"),
    [
        pytest.param(Found("3.11", CURRENT, False), "r1", "d1", Action.NOTHING, id="all in step"),
        pytest.param(Found("3.11", WITHOUT_TOOLS, False), "r1", None, Action.NOTHING, id="no tools, none asked for"),
        pytest.param(Found("3.11", WITHOUT_TOOLS, False), "r1", "d1", Action.INSTALL, id="tools asked for"),
        pytest.param(Found("3.11", CURRENT, False), "r2", "d1", Action.SYNC, id="runtime lock changed"),
        pytest.param(Found("3.11", CURRENT, False), "r1", "d2", Action.SYNC, id="development lock changed"),
        pytest.param(Found("3.11", None, False), "r1", None, Action.INSTALL, id="made by hand"),
        pytest.param(Found("3.11", CURRENT, True), "r1", "d1", Action.REMAKE, id="killed in the middle"),
        pytest.param(Found(None, CURRENT, False), "r1", "d1", Action.REMAKE, id="its Python is gone or too old"),
        pytest.param(Found("3.13", CURRENT, False), "r1", "d1", Action.REMAKE, id="its Python is another one now"),
    ],
)
def test_the_state_of_the_environment_decides_what_is_done(
    found: Found, runtime: str, dev: str | None, expected: Action
) -> None:
    assert decide(found, runtime, dev) is expected


def test_tools_once_installed_stay_in_step_when_only_the_runtime_is_asked_for(tmp_path: Path) -> None:
    environment = _clone(tmp_path)
    _stamp(environment, dev=True)
    assert environment.pending(dev=False, python="3.11") is Action.NOTHING

    (tmp_path / "tools/requirements-dev.lock").write_text("changed")

    assert environment.pending(dev=False, python="3.11") is Action.SYNC


def test_a_stamp_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    environment = _clone(tmp_path)
    (tmp_path / ".venv/.millrace-lock").write_text("{")

    assert environment.pending(dev=False, python="3.11") is Action.INSTALL


@pytest.mark.parametrize("uv", [Path("/bin/uv"), None], ids=["uv", "pip"])
@pytest.mark.parametrize("exact", [True, False])
def test_every_installation_checks_hashes_and_goes_into_this_environment(uv: Path | None, exact: bool) -> None:
    commands = install_commands(uv, Path("/c/.venv/bin/python"), [Path("/c/a.lock"), Path("/c/b.lock")], exact=exact)

    assert all("--require-hashes" in command and "/c/.venv/bin/python" in command for command in commands)
    assert {name for command in commands for name in command if name.endswith(".lock")} == {"/c/a.lock", "/c/b.lock"}


def _clone(root: Path) -> Environment:
    for name in ("requirements.lock", "tools/requirements-dev.lock", ".venv/.millrace-lock"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("")
    return Environment(root)


def _stamp(environment: Environment, *, dev: bool) -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    stamp = {"python": "3.11", "runtime": empty, "dev": empty if dev else None}
    (environment.venv / ".millrace-lock").write_text(json.dumps(stamp))
