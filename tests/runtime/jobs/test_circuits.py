"""Circuits: what is down is left alone by all processes and services, no job dies of it, and no loss forgets it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.db import Database
from shared.errors import CircuitOpen, ConfigurationInvalid, InvalidArgument, NotFound, UpstreamUnavailable
from shared.jobs import Breaker, Cancel, Guards, JobContext, fixed, job, minutes, seconds, submit
from shared.jobs.circuit_settings import close_circuit, copy_circuit, copy_circuits, open_circuit, read_circuits
from shared.jobs.circuits import Circuit
from shared.jobs.keys import circuit_keys
from shared.jobs.outcomes import Again, Done, WaitReason
from shared.outbound import Verdict
from tests.runtime.jobs.sample import NAME, WORK, Bench, Play, Stage, jobs_of, open_bench

PROVIDER = Breaker("provider", failures=3, window=minutes(1), cooldown=seconds(10), cooldown_max=seconds(40), probes=2)


@job(queue=WORK, name="play-guarded", timeout=seconds(30), attempts=3, backoff=fixed(1), breaker=PROVIDER)
def play_guarded(ctx: JobContext, args: Play) -> Any:
    """Runs behind a breaker."""
    return ctx.resource(Stage).perform(ctx, args)


@pytest.fixture
def bench(empty_url: str, redis_url: str) -> Iterator[Bench]:
    """The sample service with a job behind a breaker."""
    jobs = jobs_of(Database(empty_url, NAME, pool_size=8), redis_url, more=(play_guarded,))
    yield open_bench(jobs)
    jobs.scripts.client.close()
    jobs.database.close()


def fail(_ctx: JobContext, _args: Play) -> Any:
    raise UpstreamUnavailable("down")


def word(bench: Bench) -> str:
    return read_circuits(bench.jobs)[0].word


def cool(bench: Bench) -> None:
    """The cooldown of the open circuit is over."""
    bench.redis.hset(circuit_keys("provider")[0], "opens", 1)


def break_it(bench: Bench) -> None:
    circuit = Circuit(bench.jobs, PROVIDER)
    for _ in range(PROVIDER.failures):
        circuit.leave(circuit.enter(), Verdict.FAILED, "down")
    assert word(bench) == "open"


def test_no_job_dies_of_what_is_down_for_five_minutes_and_only_probes_call_it(bench: Bench) -> None:
    bench.stage.act = fail
    jobs = [submit(bench.jobs, play_guarded, Play(number=n)) for n in range(10)]

    calls_at = []
    for _ in range(20):
        before = len(bench.stage.runs)
        outcomes = bench.run()
        calls_at.append(len(bench.stage.runs) - before)
        assert all(isinstance(outcome, Again) for outcome in outcomes)
        bench.make_due()
        cool(bench)
    bench.stage.act = lambda _ctx, args: args.number
    for _ in range(3):
        bench.run()
        bench.make_due()
        cool(bench)
    bench.settle()

    assert calls_at == [3, *[1] * 19], "three failures open it, then one failed probe a cooldown closes the door again"
    assert {bench.row(each.id).state for each in jobs} == {"completed"}
    assert word(bench) == "closed"


def test_a_job_that_meets_an_open_circuit_waits_for_it_and_says_so(bench: Bench) -> None:
    break_it(bench)
    waiting = submit(bench.jobs, play_guarded, Play())

    outcome = bench.run()[0]

    assert isinstance(outcome, Again)
    assert (outcome.counts, outcome.wait_reason) == (False, WaitReason.CIRCUIT)
    assert seconds(5) < outcome.delay <= seconds(15)
    assert bench.state(waiting.id) == "scheduled"
    assert bench.stage.runs == []


def test_at_most_so_many_probes_are_out_and_as_many_good_ones_close_it(bench: Bench) -> None:
    break_it(bench)
    cool(bench)
    circuit = Circuit(bench.jobs, PROVIDER)

    assert word(bench) == "half_open"
    first, second = circuit.enter(), circuit.enter()
    with pytest.raises(CircuitOpen):
        circuit.enter()
    assert circuit.leave(first, Verdict.OK) is not None
    assert circuit.leave(first, Verdict.OK) is not None, "one probe counts once"
    assert circuit.leave(second, Verdict.OK) is None
    assert word(bench) == "closed"


def test_a_failed_probe_opens_it_for_twice_as_long_up_to_a_bound(bench: Bench) -> None:
    break_it(bench)
    circuit = Circuit(bench.jobs, PROVIDER)

    waits = []
    for _ in range(3):
        cool(bench)
        waits.append(circuit.leave(circuit.enter(), Verdict.FAILED, "down"))

    assert [round(wait.total_seconds()) for wait in waits if wait] == [20, 40, 40]


def test_a_probe_that_never_answers_gives_its_place_to_another(bench: Bench) -> None:
    break_it(bench)
    cool(bench)
    circuit = Circuit(bench.jobs, PROVIDER)
    circuit.enter()
    circuit.enter()

    bench.redis.zadd(
        circuit_keys("provider")[1], dict.fromkeys(bench.redis.zrange(circuit_keys("provider")[1], 0, -1), 1)
    )

    assert circuit.enter()


def test_late_answers_of_calls_made_before_neither_close_nor_prolong_it(bench: Bench) -> None:
    circuit = Circuit(bench.jobs, PROVIDER)
    late, later = circuit.enter(), circuit.enter()
    break_it(bench)
    before = read_circuits(bench.jobs)[0]

    circuit.leave(late, Verdict.OK)
    circuit.leave(later, Verdict.FAILED, "late")

    after = read_circuits(bench.jobs)[0]
    assert (after.state, after.turn, after.opens_ms) == (before.state, before.turn, before.opens_ms)


def test_some_failures_among_many_good_calls_leave_it_closed_and_half_of_them_do_not(bench: Bench) -> None:
    circuit = Circuit(bench.jobs, PROVIDER)

    for verdict in [Verdict.OK, Verdict.OK, Verdict.OK, Verdict.FAILED] * 6:
        circuit.leave(circuit.enter(), verdict)
    assert word(bench) == "closed"
    for verdict in [Verdict.FAILED, Verdict.OK, Verdict.FAILED, Verdict.FAILED] * 12:
        try:
            circuit.leave(circuit.enter(), verdict)
        except CircuitOpen:
            break

    assert word(bench) == "open"


@pytest.mark.parametrize("error", [Cancel("not wanted"), InvalidArgument("its own fault", field="x")])
def test_errors_that_say_nothing_of_the_provider_do_not_count(bench: Bench, error: Exception) -> None:
    def act(_ctx: JobContext, _args: Play) -> Any:
        raise error

    bench.stage.act = act
    for number in range(5):
        submit(bench.jobs, play_guarded, Play(number=number))
    bench.run()

    assert word(bench) == "closed"


def test_an_open_circuit_is_open_after_the_index_was_lost(bench: Bench) -> None:
    circuit = Circuit(bench.jobs, PROVIDER)
    for _ in range(PROVIDER.failures):
        circuit.leave(circuit.enter(), Verdict.FAILED, "down")

    bench.redis.flushdb()

    with pytest.raises(CircuitOpen):
        circuit.enter()


def test_a_change_whose_process_died_before_postgresql_had_it_is_kept_by_the_next_turn(bench: Bench) -> None:
    break_it(bench)
    bench.sql("UPDATE circuit SET turn = 0, state = 'closed', opens_ms = 0")

    copy_circuits(bench.jobs)

    assert bench.sql("SELECT state, turn FROM circuit") == [("open", 1)]


def test_a_person_opens_and_closes_it_for_all_and_a_loss_forgets_neither(bench: Bench) -> None:
    circuit = Circuit(bench.jobs, PROVIDER)

    assert open_circuit(bench.jobs, "provider", reason="maintenance").word == "open"
    bench.redis.flushdb()
    with pytest.raises(CircuitOpen):
        circuit.enter()
    assert close_circuit(bench.jobs, "provider").word == "closed"
    bench.redis.flushdb()

    assert circuit.enter()


def test_an_opening_by_hand_with_an_end_is_over_by_itself(bench: Bench) -> None:
    opened = open_circuit(bench.jobs, "provider", until=clock.now() + timedelta(hours=1))
    bench.redis.hset(circuit_keys("provider")[0], "forced_until", 1)

    assert opened.word == "open"
    assert Circuit(bench.jobs, PROVIDER).enter()


def test_closing_by_hand_ends_an_opening_by_failures(bench: Bench) -> None:
    break_it(bench)

    assert close_circuit(bench.jobs, "provider", reason="it is back").word == "closed"
    assert bench.sql("SELECT state, reason FROM circuit") == [("closed", "it is back")]


def test_what_one_service_learns_of_a_provider_holds_for_another(bench: Bench, redis_url: str) -> None:
    other = jobs_of(bench.jobs.database, redis_url, more=(play_guarded,))
    other.catalogue.service = "other"
    break_it(bench)

    assert copy_circuit(other, "provider").word == "open"
    with pytest.raises(CircuitOpen):
        Circuit(other, PROVIDER).enter()
    other.scripts.client.close()


def test_bad_wishes_name_the_field_and_change_nothing(bench: Bench) -> None:
    with pytest.raises(NotFound):
        open_circuit(bench.jobs, "no-such")
    with pytest.raises(InvalidArgument) as caught:
        open_circuit(bench.jobs, "provider", until=clock.now() - timedelta(hours=1))
    with pytest.raises(InvalidArgument):
        Breaker("provider", failures=0)
    with pytest.raises(InvalidArgument):
        Breaker("provider", cooldown=seconds(10), cooldown_max=seconds(5))
    with pytest.raises(ConfigurationInvalid):
        Guards(bench.jobs).of(breaker=Breaker("unheard-of"))

    assert caught.value.field == "until"
    assert word(bench) == "closed"


def test_a_job_behind_a_breaker_that_goes_well_ends_well(bench: Bench) -> None:
    submit(bench.jobs, play_guarded, Play(number=7))

    assert [type(outcome) for outcome in bench.run()] == [Done]
