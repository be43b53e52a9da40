"""Effects outside: a row before the call, the result after it, one key over attempts and requeues."""

from typing import Any

import pytest

from shared.errors import InvalidArgument
from shared.jobs import JobContext
from shared.jobs.outcomes import Again, Buried, Done, Obsolete
from tests.runtime.jobs.provider import Provider, charging, list_unfinished, requeue, rows, run_again
from tests.runtime.jobs.sample import Bench, Play, write_effect


def test_a_later_attempt_gets_the_stored_result_without_a_call(bench: Bench) -> None:
    provider = Provider()
    charge = charging(provider)

    def act(ctx: JobContext, args: Play) -> Any:
        result = charge(ctx, args)
        if ctx.attempt == 1:
            raise ValueError("after the effect")
        return result

    bench.stage.act = act
    job = bench.submit()
    bench.run()

    assert run_again(bench) == Done(b'{"charge":1}')
    assert provider.asked == [f"{job.id}:1:charge"]
    assert rows(bench) == [(1, "done", 1, {"charge": 1})]


def test_the_row_is_committed_before_the_call_and_no_transaction_is_held_during_it(bench: Bench) -> None:
    seen: list[Any] = []

    def action(_key: str) -> int:
        seen.append(rows(bench))
        open_ones = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'"
        )
        seen.append(bench.sql(open_ones)[0][0])
        return 5

    bench.stage.act = lambda ctx, _args: ctx.effect("mail", action)
    bench.submit()

    assert bench.run() == [Done(b"5")]
    assert seen == [[(1, "started", 1, None)], 0]


def test_a_requeue_of_a_dead_job_goes_on_with_what_was_done_and_under_the_old_key(bench: Bench) -> None:
    provider, mailer = Provider(), Provider()
    mailer.fault = ConnectionResetError("no answer")

    def act(ctx: JobContext, args: Play) -> Any:
        charge = ctx.effect("charge", provider.charge)
        mail = ctx.effect("mail", mailer.charge)
        return [charge, mail]

    bench.stage.act = act
    job = bench.submit()
    bench.run()
    bench.sql("UPDATE job SET state = 'dead', finished_at = clock_timestamp() WHERE id = :id", id=job.id)
    bench.redis.flushdb()
    bench.jobs.scripts.client.set(
        bench.jobs.scripts.keys.of("identity"), bench.sql("SELECT identity FROM redis_identity")[0][0]
    )
    requeue(bench, job.id)

    assert bench.run() == [Done(b'[{"charge":1},{"charge":1}]')]
    assert provider.asked == [f"{job.id}:1:charge"]
    assert mailer.asked == [f"{job.id}:1:mail"] * 2
    assert list_unfinished(bench) == []


def test_running_a_completed_job_again_is_new_work_with_new_keys(bench: Bench) -> None:
    provider = Provider()
    bench.stage.act = charging(provider)
    job = bench.submit()
    bench.run()
    requeue(bench, job.id)

    assert bench.run() == [Done(b'{"charge":2}')]
    assert provider.asked == [f"{job.id}:1:charge", f"{job.id}:2:charge"]


def test_a_job_that_has_been_cancelled_begins_no_effect(bench: Bench) -> None:
    provider = Provider()
    charge = charging(provider)

    def act(ctx: JobContext, args: Play) -> Any:
        bench.cancel(ctx.id)
        return charge(ctx, args)

    bench.stage.act = act
    bench.submit()

    assert bench.run() == [Obsolete()]
    assert (provider.asked, rows(bench)) == ([], [])


def test_of_two_attempts_that_overlap_both_get_the_result_that_was_stored_first(bench: Bench) -> None:
    answers = iter(["second", "first"])

    def act(ctx: JobContext, args: Play) -> Any:
        def action(_key: str) -> str:
            mine = next(answers)
            if mine == "second":
                ctx.effect("mail", action)  # another attempt of the same job, which is done before this one
            return mine

        return ctx.effect("mail", action)

    bench.stage.act = act
    bench.submit()

    assert bench.run() == [Done(b'"first"')]


def test_an_effect_belongs_before_the_final_transaction(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        with ctx.unit_of_work() as work:
            write_effect(work, 1)
            ctx.effect("mail", lambda _key: 1)

    bench.stage.act = act
    bench.submit()

    (outcome,) = bench.run()

    assert isinstance(outcome, Again)
    assert (outcome.failure.type if outcome.failure else "", bench.effects()) == ("RuntimeError", [])


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb"])
def test_a_bad_name_is_refused_naming_the_field(bench: Bench, name: str) -> None:
    caught: list[InvalidArgument] = []

    def act(ctx: JobContext, args: Play) -> None:
        with pytest.raises(InvalidArgument) as error:
            ctx.effect(name, lambda _key: 1)
        caught.append(error.value)

    bench.stage.act = act
    bench.submit()
    bench.run()

    assert [error.field for error in caught] == ["name"]


@pytest.mark.parametrize("value", [object(), "a\x00b", "x" * 300_000])
def test_a_result_that_cannot_be_kept_ends_the_job_since_the_effect_has_happened(bench: Bench, value: Any) -> None:
    bench.stage.act = lambda ctx, _args: ctx.effect("mail", lambda _key: value)
    bench.submit()

    (outcome,) = bench.run()

    assert isinstance(outcome, Buried)
    assert "has happened" in outcome.failure.message
    assert rows(bench) == [(1, "started", 1, None)]


def test_effects_go_with_their_job(bench: Bench) -> None:
    bench.stage.act = charging(Provider())
    bench.submit()
    bench.run()

    bench.sql("DELETE FROM job")

    assert rows(bench) == []
