"""Owns a run: rounds, the shuffled order in each, what failed. It must never drop a round in silence."""

import os
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from redis.exceptions import RedisError

from tools.benchmarks.arena import Ground, MeasurementFailed
from tools.benchmarks.engines import Engine
from tools.benchmarks.figures import Figures, NotRun
from tools.benchmarks.marks import NotOnce
from tools.benchmarks.report import RowResult, number
from tools.benchmarks.rows import Row
from tools.stores import StoreFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run."""

    rows: Sequence[Row]
    engines: Mapping[str, Engine | NotRun]
    rounds: int
    is_quick: bool
    has_million: bool
    seed: int


def carry_out(plan: Plan, ground: Ground) -> list[RowResult]:
    """Every engine of every row once a round; rows and engines in another order each round."""
    chance = random.Random(plan.seed)  # noqa: S311  # an order, not a secret
    gathered: dict[str, dict[str, list[Figures | NotRun]]] = {
        row.name: {name: [] for name in row.engines} for row in plan.rows
    }
    for turn in range(plan.rounds):
        for row in chance.sample(plan.rows, len(plan.rows)):
            for name in chance.sample(row.engines, len(row.engines)):
                began = time.monotonic()
                outcome = _measure(plan, row, name, ground)
                gathered[row.name][name].append(outcome)
                _say(f"round {turn + 1} {row.name} {name}: {_brief(outcome)} [{time.monotonic() - began:.0f} s]")
    return [_result(plan, row, gathered[row.name]) for row in plan.rows]


def _measure(plan: Plan, row: Row, name: str, ground: Ground) -> Figures | NotRun:
    engine = plan.engines[name]
    if isinstance(engine, NotRun):
        return engine
    if row.needs_million and not plan.has_million:
        return NotRun("needs --million")
    if plan.is_quick and not row.quick:
        return NotRun("left out by --quick")
    try:
        figures = row.measure(ground, engine, row.jobs(engine, is_quick=plan.is_quick))
    except (MeasurementFailed, NotOnce, StoreFailed, psycopg.Error, RedisError, OSError) as error:
        return NotRun(f"{type(error).__name__}: {error}")
    return {**figures, "load": os.getloadavg()[0]}


def _result(plan: Plan, row: Row, samples: Mapping[str, list[Figures | NotRun]]) -> RowResult:
    result = RowResult(row.name, row.title, row.bars, dict(samples))
    for name in row.engines:
        engine = plan.engines[name]
        if isinstance(engine, Engine):
            result.jobs[name] = row.jobs(engine, is_quick=plan.is_quick)
    return result


def _brief(outcome: Figures | NotRun) -> str:
    if isinstance(outcome, NotRun):
        return f"NOT RUN: {outcome.reason}"
    return ", ".join(f"{name} {number(value)}" for name, value in outcome.items())


def _say(text: str) -> None:
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()
