"""Owns the report: the table for people, the JSON for programs. It must never change a verdict."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from tools.benchmarks.figures import Bar, Judgement, NotRun, Rounds, Summary, Verdict, judge, reasons, summaries


@dataclass(slots=True)
class RowResult:
    """What one row gave: per engine its rounds."""

    name: str
    title: str
    bars: Sequence[Bar]
    samples: dict[str, Rounds] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=dict)

    def judgements(self) -> list[Judgement]:
        """Every bar with its verdict."""
        return [judge(bar, self.samples) for bar in self.bars]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run."""

    machine: Mapping[str, str]
    versions: Mapping[str, str]
    options: Mapping[str, str]
    rows: Sequence[RowResult]


def as_text(report: Report) -> str:
    """The table."""
    lines = [
        f"{name}: {value}" for part in (report.machine, report.versions, report.options) for name, value in part.items()
    ]
    for row in report.rows:
        lines += ["", f"{row.name} - {row.title}", *_engine_lines(row), *(_bar_line(one) for one in row.judgements())]
    verdicts = [one.verdict for row in report.rows for one in row.judgements()]
    counts = [f"{verdicts.count(verdict)} {verdict.value}" for verdict in Verdict]
    return "\n".join([*lines, "", f"bars: {', '.join(counts)}"])


def _engine_lines(row: RowResult) -> list[str]:
    found = {engine: summaries(rounds) for engine, rounds in row.samples.items()}
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    table = [["engine", "jobs", *names]]
    for engine, figures in found.items():
        if figures:
            jobs = f"{row.jobs.get(engine, 0):,}"
            table.append([engine, jobs, *(_cell(figures[name]) if name in figures else "-" for name in names)])
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    lines = (
        [
            "  "
            + "  ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in table
        ]
        if len(table) > 1
        else []
    )
    for engine, rounds in row.samples.items():
        lines += [f"  {engine}: NOT RUN: {reason}" for reason in reasons(rounds)]
    return lines


def _cell(summary: Summary) -> str:
    middle = number(summary.median)
    return middle if summary.rounds == 1 else f"{middle} ({number(summary.lowest)}-{number(summary.highest)})"


def number(value: float) -> str:
    """Three significant figures, thousands in full."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _bar_line(one: Judgement) -> str:
    bar = one.bar
    wanted = f">= {number(bar.at_least)}" if bar.at_least is not None else f"<= {number(bar.at_most or 0)}"
    unit = f" x {bar.against}" if bar.against else ""
    seen = "-" if one.seen is None else f"{number(one.seen)}{unit}"
    aim = f" (aim {number(bar.aim)})" if bar.aim is not None else ""
    return f"  {one.verdict.value:8} {bar.engine} {bar.figure}: {seen}, bar {wanted}{unit}{aim}"


def as_json(report: Report) -> str:
    """Everything, each round on its own."""
    rows = [
        {
            "name": row.name,
            "title": row.title,
            "jobs": row.jobs,
            "rounds": {engine: [_round(one) for one in rounds] for engine, rounds in row.samples.items()},
            "bars": [{**asdict(one.bar), "seen": one.seen, "verdict": one.verdict.value} for one in row.judgements()],
        }
        for row in report.rows
    ]
    facts = {"machine": report.machine, "versions": report.versions, "options": report.options}
    return json.dumps({**{name: dict(value) for name, value in facts.items()}, "rows": rows}, indent=1)


def _round(one: Mapping[str, float] | NotRun) -> dict[str, object]:
    return {"not_run": one.reason} if isinstance(one, NotRun) else dict(one)
