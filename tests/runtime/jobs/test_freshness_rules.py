"""What a goal promises of one entity: tiers, batches, failures, causes, edits; and what is refused."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest

from shared.errors import InvalidArgument, NotFound
from shared.jobs import Entity, Goal, Touches, minutes, seconds, track, untrack
from shared.jobs.budgets import edit_budget
from shared.jobs.control.queue_edits import pause
from shared.jobs.freshness.choices import choose
from shared.jobs.freshness.moves import fresh, touched
from shared.jobs.freshness.pacing import hold_pace, refill_of
from shared.jobs.freshness.planning import _find, _write, plan_once
from shared.jobs.freshness.readings import page_of_breaches, page_of_entities, read_ages
from shared.jobs.freshness.settings import edit_goal, read_goals
from shared.jobs.freshness.watching import count_once, watch_once
from tests.runtime.jobs.freshness_bench import BATCHED, FREE, PRICES, Times, open_times

HOSTILE = "<img src=x onerror=alert(1)>'; DROP TABLE job; -- {coin} %s :x"


@pytest.fixture
def times(empty_url: str, redis_url: str) -> Iterator[Times]:
    with open_times(empty_url, redis_url, PRICES, BATCHED, FREE) as opened:
        yield opened


def entity(times: Times, column: str, name: str = "coin-0") -> object:
    return times.bench.sql(f"SELECT {column} FROM freshness_entity WHERE entity = :name", name=name)[0][0]


def test_what_is_looked_at_is_hot_for_a_while_then_normal_then_cold(times: Times) -> None:
    times.track(PRICES, 2)
    times.run_for(minutes(6), step=seconds(20))
    times.asked.clear()
    with times.jobs.database.unit_of_work() as work:
        assert touched(work, PRICES.name, ["coin-0", "unknown"], at=times.now) == 1

    times.run_for(minutes(9), step=seconds(10))

    hot = [at for at, _, name in times.asked if name == "coin-0"]
    assert len(hot) >= 9, "a hot one is asked for each minute"
    assert max(later - one for one, later in pairwise(hot)) <= minutes(1)
    assert len([1 for _, _, name in times.asked if name == "coin-1"]) <= 3
    times.run_for(minutes(6), step=seconds(20))
    assert entity(times, "tier") == "normal"
    assert times.breaches() == []
    times.now += timedelta(days=1)
    times.run_for(minutes(2), step=seconds(20))
    assert entity(times, "tier") == "cold"
    assert entity(times, "max_age_ms") == 3_600_000


def test_a_look_gives_the_whole_of_the_new_age_to_meet_it(times: Times) -> None:
    times.track(PRICES, 1)
    with times.jobs.database.unit_of_work() as work:
        fresh(work, PRICES.name, ["coin-0"], at=times.now)
        touched(work, PRICES.name, ["coin-0"], at=times.now + minutes(3))

    watch_once(times.jobs, at=times.now + minutes(3) + seconds(59))
    assert times.breaches() == []
    watch_once(times.jobs, at=times.now + minutes(4) + seconds(1))
    assert len(times.breaches()) == 1


def test_thirty_of_one_lane_share_a_job_and_a_point(times: Times) -> None:
    times.track(BATCHED, 300, lanes=2)

    times.run_for(minutes(9))

    assert times.breaches() == []
    assert len(times.calls) < 60, "two lanes of 150 coins, a period of four minutes"
    rows = times.bench.sql("SELECT args -> 'coins' FROM job")
    lanes = [{int(coin.partition("-")[2]) % 2 for coin in coins} for (coins,) in rows]
    assert all(len(lane) == 1 for lane in lanes)
    assert 20 < max(len(coins) for (coins,) in rows) <= 30


def test_a_goal_without_a_budget_is_spread_over_its_ages(times: Times) -> None:
    times.track(FREE, 2_000, now=True)
    count_once(times.jobs)

    times.run_for(minutes(3), step=seconds(1) * 5)

    per_turn = [sum(1 for at in times.calls if at == turn) for turn in sorted(set(times.calls))]
    assert max(per_turn) <= 2 * 2_000 / 240 * 1.1, "at twice the rate its ages ask for, not all at once"


def test_a_job_that_brings_nothing_is_repeated_before_the_breach_and_then_ever_more_seldom(times: Times) -> None:
    times.track(PRICES, 1, now=True)
    times.turn(seconds(1))
    times.is_provider_up = False
    times.asked.clear()

    times.run_for(minutes(25), step=seconds(10))

    at = [one for one, _, _ in times.asked]
    gaps = [later - one for one, later in pairwise(at)]
    assert gaps[0] <= seconds(45), "again within a tenth of the age"
    assert at[1] - at[0] < gaps[-1] <= minutes(4) + seconds(10), "no more often than its share"
    [breach] = times.breaches()
    assert (breach.code, breach.ended_at) == ("failing", None)
    times.is_provider_up = True
    times.run_for(minutes(5), step=seconds(10))
    [breach] = times.breaches()
    assert breach.ended_at is not None
    assert breach.worst > 5


def test_an_entity_whose_job_waits_gets_no_second_one(times: Times) -> None:
    times.track(PRICES, 3, now=True)
    for _ in range(40):
        times.now += seconds(30)
        plan_once(times.jobs, at=times.now)
        watch_once(times.jobs, at=times.now)

    assert times.bench.sql("SELECT count(*) FROM job")[0][0] == 3
    assert {one.code for one in times.breaches()} == {"waiting"}


def test_what_one_scheduler_plans_another_leaves_alone_and_gets_when_that_one_dies(times: Times) -> None:
    plan_once(times.jobs, at=times.now)
    times.track(PRICES, 5, now=True)
    times.now += seconds(5)
    with times.jobs.database.unit_of_work() as work:
        goals = [goal for goal in read_goals(work, times.jobs.catalogue) if goal.budget]
        pace = hold_pace(work, "calls", refill_of(times.jobs, goals), at=times.now)
        assert pace is not None
        assert len(_write(times.jobs, work, choose(_find(work, goals, pace), now=times.now, points=9), pace)) == 5
        plan_once(times.jobs, at=times.now)
        work.rollback()
    assert times.bench.sql("SELECT count(*) FROM job")[0][0] == 0

    plan_once(times.jobs, at=times.now)

    assert times.bench.sql("SELECT count(*) FROM job")[0][0] == 5


def test_a_job_that_waits_is_not_doubled_although_another_told_meanwhile(times: Times) -> None:
    times.track(PRICES, 1, now=True)
    for _ in range(10):
        times.now += minutes(3)
        plan_once(times.jobs, at=times.now)
        with times.jobs.database.unit_of_work() as work:
            fresh(work, PRICES.name, ["coin-0"], at=times.now + minutes(1))

    assert times.bench.sql("SELECT count(*) FROM job")[0][0] == 1


@pytest.mark.parametrize("cause", ["goal_paused", "queue_paused", "unplanned"])
def test_a_breach_tells_its_cause(times: Times, cause: str) -> None:
    times.track(PRICES, 1)
    if cause == "goal_paused":
        edit_goal(times.jobs, PRICES.name, is_paused=True)
        plan_once(times.jobs, at=times.now + minutes(5))
    if cause == "queue_paused":
        pause(times.jobs, "work")

    watch_once(times.jobs, at=times.now + minutes(6))

    [breach] = times.breaches()
    assert breach.code == cause
    assert times.bench.sql("SELECT count(*) FROM job")[0][0] == 0
    assert breach.since == times.now + minutes(5), "from the moment it was too old, whenever somebody looked"


def test_a_breach_that_nobody_saw_is_written_when_it_ends(times: Times) -> None:
    times.track(PRICES, 1)
    with times.jobs.database.unit_of_work() as work:
        fresh(work, PRICES.name, ["coin-0"], at=times.now + minutes(10))

    [breach] = times.breaches()
    assert (breach.code, breach.worst) == ("unnoticed", 2.0)
    assert (breach.since, breach.ended_at) == (times.now + minutes(5), times.now + minutes(10))
    assert entity(times, "breaches") == 1


def test_what_is_told_is_never_newer_than_now_nor_older_than_before(times: Times) -> None:
    times.track(PRICES, 1)
    with times.jobs.database.unit_of_work() as work:
        fresh(work, PRICES.name, {"coin-0": times.now + timedelta(days=99)}, at=times.now)
        assert fresh(work, PRICES.name, {"coin-0": times.now - minutes(4)}, at=times.now) == 1
        assert fresh(work, PRICES.name, ["gone"], at=times.now) == 0

    assert entity(times, "data_at") == times.now


def test_an_edit_of_ages_and_a_budget_hold_at_the_next_turn(times: Times) -> None:
    times.track(PRICES, 1_500)
    edit_goal(times.jobs, PRICES.name, max_age=minutes(10), hot=None)
    plan_once(times.jobs, at=times.now)

    assert times.bench.sql("SELECT DISTINCT max_age_ms, tier FROM freshness_entity") == [(600_000, "normal")]
    with times.jobs.database.unit_of_work() as work:
        touched(work, PRICES.name, ["coin-0"], at=times.now)
    assert entity(times, "tier") == "normal", "there is no hot tier any more"
    edit_budget(times.jobs, "calls", points=60)
    plan_once(times.jobs, at=times.now + seconds(1))
    plan_once(times.jobs, at=times.now + minutes(9))
    assert times.bench.sql("SELECT round(per_minute) FROM freshness_pace")[0][0] <= 60
    assert times.bench.sql("SELECT count(*) FROM job")[0][0] <= 10


def test_a_removed_entity_is_asked_for_no_more_and_its_breach_ends(times: Times) -> None:
    times.track(PRICES, 2)
    watch_once(times.jobs, at=times.now + minutes(6))
    with times.jobs.database.unit_of_work() as work:
        assert untrack(work, PRICES.name, ["coin-0", "never"]) == 1

    times.run_for(minutes(6), step=seconds(30))

    assert {name for _, _, name in times.asked} == {"coin-1"}
    assert [one for one in times.breaches() if one.ended_at is None and one.entity == "coin-0"] == []


def test_hostile_names_are_data_from_end_to_end(times: Times) -> None:
    with times.jobs.database.unit_of_work() as work:
        track(work, PRICES, [Entity(HOSTILE, lane="<b>")], now=True, at=times.now)

    times.run_for(seconds(10))

    assert times.bench.sql("SELECT args ->> 'coin' FROM job") == [(HOSTILE,)]
    with times.jobs.database.unit_of_work() as work:
        found = read_ages(work, PRICES.name, [HOSTILE])
    assert found[HOSTILE].data_at is not None
    for name in ("", "x" * 201, "a\0b", "line\nbreak"):
        with pytest.raises(InvalidArgument) as refused:
            Entity(name)
        assert refused.value.field == "entity"


def test_a_goal_whose_job_refuses_its_arguments_says_so_and_the_others_go_on(empty_url: str, redis_url: str) -> None:
    wrong = Goal(name="wrong", job="refresh", argument="planet", max_age=minutes(5), budget="calls")
    with open_times(empty_url, redis_url, PRICES, wrong) as times:
        times.track(PRICES, 1, now=True)
        times.track(wrong, 1, now=True)
        times.run_for(minutes(6), step=seconds(10))

        assert {goal for _, goal, _ in times.asked} == {"prices"}
        [breach] = times.breaches()
        assert (breach.goal, breach.code) == ("wrong", "goal_refused")
        assert "planet" in breach.reason


def test_pages_have_every_entity_once_and_the_worst_first(times: Times) -> None:
    times.track(PRICES, 7)
    with times.jobs.database.unit_of_work() as work:
        ages = {f"coin-{n}": times.now - minutes(10 + n) for n in range(7)}
        fresh(work, PRICES.name, ages, at=times.now)
    watch_once(times.jobs)

    seen, token = [], ""
    while True:
        page, token = page_of_entities(times.jobs, "prices", breached=False, order="entity", size=3, token=token)
        seen += [one.entity for one in page]
        if not token:
            break
    worst, _ = page_of_entities(times.jobs, "prices", breached=True, order="overrun", size=3, token="")
    breaches, more = page_of_breaches(times.jobs, "prices", entity="", size=5, token="")
    rest, _ = page_of_breaches(times.jobs, "prices", entity="", size=5, token=more)

    assert seen == [f"coin-{n}" for n in range(7)]
    assert [one.entity for one in worst] == ["coin-6", "coin-5", "coin-4"]
    assert len({one.entity for one in (*breaches, *rest)}) == 7
    for token in ("nonsense", "x" * 5_000):
        with pytest.raises(InvalidArgument):
            page_of_entities(times.jobs, "prices", breached=False, order="entity", size=3, token=token)
    with pytest.raises(InvalidArgument):
        page_of_entities(times.jobs, "prices", breached=False, order="sideways", size=3, token="")


def test_a_look_is_written_once_in_a_while_and_never_fails(times: Times) -> None:
    times.track(PRICES, 1)
    touches = Touches(times.jobs)

    assert [touches.touch(PRICES, "coin-0"), touches.touch(PRICES, "coin-0")] == [True, False]
    with pytest.raises(InvalidArgument):
        touches.touch(PRICES, "")


def test_an_edit_of_nothing_or_of_no_goal_is_refused(times: Times) -> None:
    with pytest.raises(NotFound):
        edit_goal(times.jobs, "nowhere", is_paused=True)
    with pytest.raises(InvalidArgument):
        edit_goal(times.jobs, "prices")
