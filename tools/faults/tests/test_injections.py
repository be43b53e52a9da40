"""The same seed means the same faults, and every constant that a run shortens exists."""

import random
import subprocess
import sys
from pathlib import Path

from tools.faults.injections import FAULTS, choose
from tools.faults.timings import SHORT

ROOT = Path(__file__).resolve().parents[3]


def test_the_same_seed_chooses_the_same_faults() -> None:
    chosen = [[choose(random.Random(7), list(FAULTS)) for _ in range(3)] for _ in range(2)]

    assert chosen[0] == chosen[1]


def test_every_fault_has_its_turn() -> None:
    chance = random.Random(1)

    assert {choose(chance, list(FAULTS)) for _ in range(2_000)} == set(FAULTS)


def test_a_run_shortens_constants_that_are_there() -> None:
    program = (
        "from tools.faults.timings import shorten; shorten(); from shared.jobs import scripts; print(scripts.LEASE_MS)"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.stdout.strip() == str(SHORT["LEASE_MS"]), done.stderr


def test_an_unknown_fault_is_refused_with_the_names_there_are() -> None:
    command = [sys.executable, "-m", "tools.faults", "--faults", "earthquake"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.returncode == 2
    assert "earthquake" in done.stderr
    assert "kill-worker" in done.stderr
