"""Goals of freshness in virtual time: within the budget nothing is too old; beyond it all are equally late."""

from collections.abc import Iterator

import pytest

from shared.jobs import minutes
from shared.jobs.budgets import edit_budget
from tests.runtime.jobs.freshness_bench import PRICES, Times, open_times


@pytest.fixture
def times(empty_url: str, redis_url: str) -> Iterator[Times]:
    with open_times(empty_url, redis_url, PRICES) as opened:
        yield opened


def test_a_thousand_coins_are_kept_within_five_minutes_by_three_hundred_calls_a_minute(times: Times) -> None:
    times.track(PRICES, 1_000)

    worst = []
    for _ in range(9):
        times.run_for(minutes(1))
        worst.append(times.ages(PRICES)[0])

    assert times.breaches() == []
    assert max(worst) < 1
    assert times.most_calls(minutes(1)) <= 300
    per_turn = [sum(1 for at in times.calls if at == turn) for turn in set(times.calls)]
    assert max(per_turn) < 3 * sum(per_turn) / len(per_turn), "they come evenly, not in bursts"


def test_half_the_budget_makes_all_equally_late_and_says_so(times: Times) -> None:
    times.track(PRICES, 1_000)
    times.run_for(minutes(3))
    edit_budget(times.jobs, "calls", points=150)
    times.run_for(minutes(8))
    times.calls.clear()

    start = times.now
    times.run_for(minutes(8))

    assert times.most_calls(minutes(1)) <= 150
    recent = [one for one in times.breaches() if one.ended_at is not None and one.ended_at > start]
    ratios = sorted(one.worst for one in recent)
    assert len({one.entity for one in recent}) == 1_000, "nobody is spared"
    assert ratios[-1] - ratios[0] < 0.1 * ratios[0], "nobody is later than the others"
    assert 1.4 < ratios[0] < ratios[-1] < 1.55, "no later than the budget makes them"
    assert {one.code for one in recent} == {"budget"}
    assert all("calls" in one.reason for one in recent)

    edit_budget(times.jobs, "calls", points=300)
    times.run_for(minutes(4))
    assert times.ages(PRICES)[0] < 1, "a budget that is whole again ends every breach"
    assert [one for one in times.breaches() if one.ended_at is None] == []
