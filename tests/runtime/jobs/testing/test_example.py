"""The README's example of tests, run as a service author runs it: elsewhere, with stores given by the environment."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import ConfigurationInvalid
from shared.settings import StoresForTests, load

ROOT = Path(__file__).parents[4]


def pytest_alone(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A run of pytest that knows nothing of this repository's own fixtures."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "pytest.ini", "."]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "TEST_"))}
    return subprocess.run(
        command, cwd=folder, env={**inherited, "PYTHONPATH": str(ROOT), **environ}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def test_the_readme_s_example_passes_on_given_stores(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "shared" / "README.md").read_text(), re.DOTALL)
    (tmp_path / "test_readme.py").write_text(code)

    done = pytest_alone(tmp_path, TEST_DATABASE_URL=postgres_url, TEST_REDIS_URL=redis_url)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{code.count('def test_')} passed" in done.stdout


def test_without_stores_the_names_to_set_are_told() -> None:
    with pytest.raises(ConfigurationInvalid, match=r"(?s)TEST_DATABASE_URL.*TEST_REDIS_URL"):
        load(StoresForTests, environ={})
