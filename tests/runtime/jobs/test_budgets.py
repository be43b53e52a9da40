"""Budgets of providers: never more points in a window, whoever calls; a loss does not give any back."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from shared.db import Database
from shared.errors import BudgetExhausted, InvalidArgument, NotFound
from shared.jobs import Breaker, Budget, Catalogue, Guards, Jobs, hours, minutes, submit
from shared.jobs.budgets import Spending, copy_budgets, declare_budgets, edit_budget, read_budgets
from shared.jobs.keys import budget_keys
from shared.jobs.outcomes import Again, WaitReason
from shared.outbound import Verdict
from tests.runtime.jobs.sample import DEFINITIONS, NAME, SERVICE, Bench, Play, jobs_of, open_bench, play

#: A window that does not turn while a test runs.
CALLS = Budget("calls", points=300, per=hours(24 * 30), soft=0.5)
BREAKER = Breaker("calls", failures=1)


def open_on(database: Database, redis_url: str, service: str = SERVICE.display) -> Bench:
    catalogue = Catalogue(service, DEFINITIONS, SERVICE.queues, breakers=(BREAKER,), budgets=(CALLS,))
    return open_bench(Jobs(catalogue, database, jobs_of(database, redis_url).scripts))


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with a budget."""
    bench = open_on(Database(empty_url, NAME, pool_size=8), redis_url)
    yield bench
    bench.redis.close()
    bench.jobs.database.close()


def spent(bench: Bench) -> int:
    return read_budgets(bench.jobs)[0].spent


def spend_all(spending: Spending, cost: int = 1) -> int:
    """How many calls went through before the budget was used up."""
    for calls in range(10_000):
        try:
            spending.spend(cost)
        except BudgetExhausted:
            return calls
    raise AssertionError("it never ended")


def test_a_window_has_exactly_its_points_and_then_calls_wait_until_it_turns(bench: Bench) -> None:
    spending = Spending(bench.jobs, CALLS)

    assert spend_all(spending, 7) == 300 // 7
    with pytest.raises(BudgetExhausted) as caught:
        spending.spend(7)

    reading = read_budgets(bench.jobs)[0]
    assert reading.spent == 294
    assert 0 <= reading.turns_ms - reading.now_ms - caught.value.retry_after.total_seconds() * 1000 + 2_000 < 4_000


def test_a_job_whose_provider_is_used_up_waits_at_no_cost_and_says_so(bench: Bench) -> None:
    guard = Guards(bench.jobs).of(budget=CALLS)
    bench.stage.act = lambda _ctx, _args: guard.enter(300) and None
    for number in range(2):
        submit(bench.jobs, play, Play(number=number))

    _, outcome = bench.run()

    assert isinstance(outcome, Again)
    assert (outcome.counts, outcome.wait_reason) == (False, WaitReason.BUDGET)


def test_the_next_window_begins_with_all_points(bench: Bench) -> None:
    spending = Spending(bench.jobs, CALLS)
    spend_all(spending, 100)

    bench.redis.hset(budget_keys("calls")[1], "index", 1)
    bench.sql("UPDATE budget SET window_index = 1")

    assert spend_all(spending, 100) == 3


def test_services_share_one_budget(bench: Bench) -> None:
    catalogue = Catalogue("other", DEFINITIONS, SERVICE.queues, budgets=(CALLS,))
    other = Jobs(catalogue, bench.jobs.database, bench.jobs.scripts)
    Spending(other, CALLS).spend(200)
    bench.sql("UPDATE budget SET window_index = -1")  # the row of the other service, which would be in its own schema

    assert spend_all(Spending(bench.jobs, CALLS), 10) == 10


def test_a_loss_of_the_index_gives_no_point_back(bench: Bench) -> None:
    spending = Spending(bench.jobs, CALLS)
    for _ in range(100):
        spending.spend(1)

    bench.redis.flushdb()
    copy_budgets(bench.jobs)

    assert spent(bench) == 102, "what had been allowed, in parts of a hundredth, counts as spent"
    assert spend_all(spending) == 198


def test_a_loss_that_nobody_has_repaired_yet_gives_none_back_either(bench: Bench) -> None:
    spending = Spending(bench.jobs, CALLS)
    for _ in range(100):
        spending.spend(1)

    bench.redis.flushdb()

    assert spend_all(spending) == 198


def test_the_soft_cap_is_told_once_a_window(bench: Bench) -> None:
    spending = Spending(bench.jobs, CALLS)

    with capture_logs() as logged:
        spend_all(spending, 10)

    assert [event["event"] for event in logged if "soft" in event] == ["budget is past its soft cap"]


def test_the_forecast_tells_when_it_will_be_gone_at_the_present_pace(bench: Bench) -> None:
    assert read_budgets(bench.jobs)[0].exhausted_ms == 0
    Spending(bench.jobs, CALLS).spend(299)

    reading = read_budgets(bench.jobs)[0]

    assert reading.now_ms < reading.exhausted_ms < reading.turns_ms
    assert reading.per_hour > 0


def test_what_a_person_sets_holds_over_the_declaration_and_a_loss(bench: Bench) -> None:
    assert edit_budget(bench.jobs, "calls", points=20).points == 20
    with bench.jobs.database.unit_of_work() as work:
        declare_budgets(work, bench.jobs.catalogue)
    bench.redis.flushdb()

    assert spend_all(Spending(bench.jobs, CALLS)) == 20
    assert read_budgets(bench.jobs)[0].soft_points == 10


def test_a_call_that_the_circuit_refuses_costs_nothing(bench: Bench) -> None:
    guard = Guards(bench.jobs).of(breaker=BREAKER, budget=CALLS)
    guard.leave(guard.enter(), Verdict.FAILED, "down")

    with pytest.raises(Exception, match="circuit"):
        guard.enter(100)

    assert spent(bench) == 1


def test_bad_wishes_name_the_field(bench: Bench) -> None:
    with pytest.raises(NotFound):
        edit_budget(bench.jobs, "no-such", points=1)
    with pytest.raises(InvalidArgument) as points:
        edit_budget(bench.jobs, "calls", points=0)
    with pytest.raises(InvalidArgument) as soft:
        Budget("calls", points=1, per=minutes(1), soft=0)
    with pytest.raises(InvalidArgument) as cost:
        Spending(bench.jobs, CALLS).spend(301)

    assert [each.value.field for each in (points, soft, cost)] == ["points", "soft", "cost"]
