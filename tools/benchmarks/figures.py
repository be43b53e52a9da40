"""Owns what figures mean: medians, ratios within a round, bars and verdicts. It must never measure."""

import enum
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: What one measurement of one engine gave, by the figure's name.
Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class NotRun:
    """Why an engine gave no figures."""

    reason: str


#: One engine's rounds of one row; a round that failed stands as NotRun in its place, so that ratios pair by round.
Rounds = Sequence[Figures | NotRun]


class Verdict(enum.Enum):
    """How a bar ended; a bar whose figures are missing is never met."""

    MET = "met"
    NOT_MET = "NOT MET"
    NOT_RUN = "NOT RUN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a figure of `engine` must reach: itself, or as a ratio to `against` in the same round."""

    engine: str
    figure: str
    against: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    aim: float | None = None

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a bar has either at_least or at_most")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One bar with what was seen; `seen` is None when nothing was."""

    bar: Bar
    seen: float | None
    verdict: Verdict


def judge(bar: Bar, samples: Mapping[str, Rounds]) -> Judgement:
    """The median over the rounds decides."""
    values = seen_values(bar, samples)
    if not values:
        return Judgement(bar, None, Verdict.NOT_RUN)
    seen = statistics.median(values)
    is_met = seen >= bar.at_least if bar.at_least is not None else seen <= (bar.at_most or 0.0)
    return Judgement(bar, seen, Verdict.MET if is_met else Verdict.NOT_MET)


def seen_values(bar: Bar, samples: Mapping[str, Rounds]) -> list[float]:
    """The figure of each round, or its ratio to the other engine's where both gave one."""
    own = samples.get(bar.engine, ())
    if bar.against is None:
        return [figures[bar.figure] for figures in own if not isinstance(figures, NotRun) and bar.figure in figures]
    values: list[float] = []
    for mine, theirs in zip(own, samples.get(bar.against, ()), strict=False):
        if isinstance(mine, NotRun) or isinstance(theirs, NotRun):
            continue
        if bar.figure in mine and theirs.get(bar.figure):
            values.append(mine[bar.figure] / theirs[bar.figure])
    return values


@dataclass(frozen=True, slots=True)
class Summary:
    """A figure over the rounds."""

    median: float
    lowest: float
    highest: float
    rounds: int


def summaries(rounds: Rounds) -> dict[str, Summary]:
    """Every figure of an engine over the rounds that gave it."""
    found: dict[str, list[float]] = {}
    for figures in rounds:
        if not isinstance(figures, NotRun):
            for name, value in figures.items():
                found.setdefault(name, []).append(value)
    return {
        name: Summary(statistics.median(values), min(values), max(values), len(values))
        for name, values in found.items()
    }


def reasons(rounds: Rounds) -> list[str]:
    """Why rounds gave nothing, each reason once."""
    return list(dict.fromkeys(each.reason for each in rounds if isinstance(each, NotRun)))


def percentile(values: Sequence[float], fraction: float) -> float:
    """The value below which `fraction` of the values lie, by the nearest rank."""
    if not values:
        raise ValueError("no values have no percentile")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(fraction * 1000) * len(ordered) // 1000) - 1))]
