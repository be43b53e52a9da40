"""A sample of the nemesis: half a minute of every fault, and no promise broken."""

from pathlib import Path

from tools.faults.injections import FAULTS
from tools.faults.nemesis import Plan, run

SECONDS = 20
SEED = 20_261


def test_no_promise_is_broken_under_random_faults(tmp_path: Path) -> None:
    said: list[str] = []

    verdict = run(Plan(seconds=SECONDS, seed=SEED, faults=tuple(FAULTS), keep=tmp_path), said.append)

    broken = [f"{each.kind} {each.job_id}: {each.detail}" for each in verdict.violations]
    assert broken == [], f"evidence in {verdict.folder}"
    assert verdict.acked > 0
