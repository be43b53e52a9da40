"""Effects outside: a row before the call, the result after it, one key over attempts and requeues."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import InvalidArgument
from shared.jobs import EffectUnknown, JobContext, NothingHappened
from shared.jobs.effects import Place, resolve, unfinished
from shared.jobs.outcomes import Again, Buried, Done, Obsolete
from tests.runtime.jobs.sample import Bench, Play, write_effect


class Provider:
    """An outside system that remembers what it was asked, by key; `fault` is raised after it has acted."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.charges: dict[str, int] = {}
        self.fault: Exception | None = None

    def charge(self, key: str) -> dict[str, int]:
        self.asked.append(key)
        self.charges.setdefault(key, len(self.charges) + 1)
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return {"charge": self.charges[key]}

    def find(self, key: str) -> dict[str, int] | None:
        return {"charge": self.charges[key]} if key in self.charges else None


def charging(provider: Provider, **options: Any) -> Callable[[JobContext, Play], Any]:
    return lambda ctx, _args: ctx.effect("charge", provider.charge, **options)


def run_again(bench: Bench) -> Any:
    bench.make_due()
    (outcome,) = bench.run()
    return outcome


def requeue(bench: Bench, job_id: str) -> None:
    """What an operator's requeue commits: a new generation of a final row; the relay pushes it."""
    bench.settle()
    bench.sql(
        "UPDATE job SET state = 'queued', generation = generation + 1, finished_at = NULL, pushed_at = NULL, "
        "attempts_made = 0 WHERE id = :id AND finished_at IS NOT NULL",
        id=job_id,
    )
    job = bench.row(job_id)
    bench.jobs.push([job], deadline_ms=bench.jobs.push_deadline())


def rows(bench: Bench) -> list[tuple[Any, ...]]:
    found = bench.sql("SELECT generation, state, calls, result FROM job_effect ORDER BY generation, name")
    return [tuple(row) for row in found]


def list_unfinished(bench: Bench, **options: Any) -> list[tuple[str, int]]:
    with bench.jobs.database.unit_of_work() as work:
        return [(effect.name, effect.generation) for effect in unfinished(work, limit=10, **options)]


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


def test_effects_go_with_their_job(bench: Bench) -> None:
    bench.stage.act = charging(Provider())
    bench.submit()
    bench.run()

    bench.sql("DELETE FROM job")

    assert rows(bench) == []
