"""Owns reading the tables of the README beside it: a line there is a case of the tests. It must never invent one."""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Case:
    """One run of the model: its arguments, the file that keeps the rule, the invariant that breaks, '' for none."""

    switches: tuple[str, ...]
    kept_by: str
    model: str
    faults: tuple[str, ...]
    breaks: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the program is called with."""
        return (self.model, *self.faults, *(f"-{switch}" for switch in self.switches))


def searches(when: str) -> list[Case]:
    """Runs in which every rule is in force, so that nothing may break; `when` is always or long."""
    rows = [row for row in _rows("Searches") if row[3] == when]
    return [Case((), "", model, tuple(faults.split()), "") for model, _, faults, _ in rows]


def removals(section: str) -> list[Case]:
    """Runs without a rule, of the section Rules or Holes."""
    return [_removal(row) for row in _rows(section)]


def _removal(row: list[str]) -> Case:
    switches, _, kept_by, run, breaks = row
    model, *faults = run.split()
    return Case(tuple(switches.split()), kept_by, model, tuple(faults), breaks)


def _rows(section: str) -> list[list[str]]:
    text = (HERE / "README.md").read_text(encoding="utf-8")
    body = text.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in body.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
