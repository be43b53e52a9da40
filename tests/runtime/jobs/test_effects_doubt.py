"""Effects in doubt: a call that may have happened is asked for under its key, looked up, or left to somebody."""

from datetime import timedelta
from typing import Any

import pytest

from shared.errors import InvalidArgument
from shared.jobs import EffectUnknown, NothingHappened
from shared.jobs.effects import Place, resolve
from shared.jobs.outcomes import Again, Buried, Done
from tests.runtime.jobs.provider import Provider, charging, list_unfinished, requeue, rows, run_again
from tests.runtime.jobs.sample import Bench


def test_a_call_whose_outcome_is_not_known_is_made_again_under_the_same_key(bench: Bench) -> None:
    provider = Provider()
    provider.fault = ConnectionResetError("no answer")
    bench.stage.act = charging(provider)
    job = bench.submit()
    bench.run()

    assert run_again(bench) == Done(b'{"charge":1}')
    assert provider.asked == [f"{job.id}:1:charge"] * 2
    assert rows(bench) == [(1, "done", 2, {"charge": 1})]


def test_a_process_that_dies_during_the_call_leaves_the_row_and_its_successor_the_key(bench: Bench) -> None:
    provider = Provider()

    class Died(BaseException):
        """The process is gone."""

    def die(key: str) -> Any:
        provider.charge(key)
        raise Died

    bench.stage.act = lambda ctx, _args: ctx.effect("charge", die)
    bench.submit()
    with pytest.raises(Died):
        bench.run()
    left = rows(bench)
    bench.stage.act = charging(provider)
    bench.expire_leases()
    bench.jobs.scripts.reclaim("work", limit=10)

    assert bench.run() == [Done(b'{"charge":1}')]
    assert left == [(1, "started", 1, None)]
    assert len(set(provider.asked)) == 1


def test_a_lookup_that_finds_the_effect_saves_the_second_call(bench: Bench) -> None:
    provider = Provider()
    provider.fault = ConnectionResetError("no answer")
    bench.stage.act = charging(provider, find=provider.find, is_repeatable=False)
    bench.submit()
    bench.run()

    assert run_again(bench) == Done(b'{"charge":1}')
    assert len(provider.asked) == 1


def test_a_lookup_that_finds_nothing_lets_the_call_be_made(bench: Bench) -> None:
    provider = Provider()
    provider.fault = ConnectionResetError("no answer")
    bench.stage.act = charging(provider, find=lambda _key: None, is_repeatable=False)
    bench.submit()
    bench.run()

    run_again(bench)

    assert len(provider.asked) == 2


def test_an_effect_that_may_not_be_repeated_ends_the_job_until_somebody_has_looked(bench: Bench) -> None:
    provider = Provider()
    provider.fault = ConnectionResetError("no answer")
    bench.stage.act = charging(provider, is_repeatable=False)
    job = bench.submit()
    bench.run()
    outcome = run_again(bench)

    resolve(bench.jobs.database, Place(job.id, 1, "charge"), {"charge": 77})
    requeue(bench, job.id)

    assert isinstance(outcome, Buried)
    assert outcome.failure.type == EffectUnknown.__name__
    assert f"{job.id}:1:charge" in outcome.failure.message
    assert bench.run() == [Done(b'{"charge":77}')]
    assert len(provider.asked) == 1


def test_an_action_that_knows_that_nothing_happened_leaves_no_doubt(bench: Bench) -> None:
    provider = Provider()
    refused = iter([NothingHappened("the mail server refuses connections")])

    def action(key: str) -> Any:
        for refusal in refused:
            raise refusal
        return provider.charge(key)

    bench.stage.act = lambda ctx, _args: ctx.effect("mail", action, is_repeatable=False)
    bench.submit()
    (first,) = bench.run()
    after_refusal = rows(bench)

    assert isinstance(first, Again)
    assert after_refusal == []
    assert run_again(bench) == Done(b'{"charge":1}')


def test_nothing_this_time_does_not_clear_the_doubt_about_the_first_time(bench: Bench) -> None:
    faults: list[Exception] = [ConnectionResetError("no answer"), NothingHappened("no connection")]

    def action(_key: str) -> None:
        raise faults.pop(0)

    bench.stage.act = lambda ctx, _args: ctx.effect("mail", action)
    bench.submit()
    bench.run()
    run_again(bench)

    assert rows(bench) == [(1, "started", 2, None)]


def test_unfinished_effects_are_listed_by_age_and_can_be_resolved_once(bench: Bench) -> None:
    provider = Provider()
    provider.fault = ConnectionResetError("no answer")
    bench.stage.act = charging(provider)
    job = bench.submit()
    bench.run()
    listed, old_ones = list_unfinished(bench), list_unfinished(bench, older_than_seconds=60)
    bench.sql("UPDATE job_effect SET started_at = started_at - CAST(:by AS interval)", by=timedelta(minutes=2))
    older = list_unfinished(bench, older_than_seconds=60)

    resolved = resolve(bench.jobs.database, Place(job.id, 1, "charge"), {"charge": 5})

    assert (listed, old_ones, older) == ([("charge", 1)], [], [("charge", 1)])
    assert (resolved.is_done, resolved.result) == (True, {"charge": 5})
    assert list_unfinished(bench) == []
    with pytest.raises(InvalidArgument, match="no unfinished effect"):
        resolve(bench.jobs.database, Place(job.id, 1, "charge"), 1)
