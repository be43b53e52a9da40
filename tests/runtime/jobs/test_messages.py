"""What an attempt is told of its job is what its row says, in whichever form it travelled through the index."""

from datetime import timedelta
from itertools import product

import msgspec
import pytest

from shared import clock
from shared.jobs import Times
from shared.jobs.ledger.records import Job
from shared.jobs.messages import Envelope, envelope_of, push_of
from tests.runtime.jobs.sample import Bench

MS = timedelta(milliseconds=1)


def travelled(bench: Bench, job: Job) -> Envelope:
    """The envelope of a job that was pushed into an empty index and claimed from there."""
    bench.redis.delete(*(bench.jobs.scripts.keys.of(name) for name in ("jobs", "bodies")))
    assert bench.scripts.enqueue([push_of(job)], deadline_ms=0) == [1]
    [claimed] = bench.claim()
    return envelope_of(claimed)


@pytest.mark.parametrize("moved", [-timedelta(days=40), -7 * MS, timedelta(), timedelta(seconds=90)])
def test_when_it_was_submitted_survives_a_late_push_and_a_clock_that_is_ahead(bench: Bench, moved: timedelta) -> None:
    job = msgspec.structs.replace(bench.submit(), created_at=clock.now() + moved)

    envelope = travelled(bench, job)

    assert envelope.options.created_ms == envelope.message_timestamp == clock.epoch_ms(job.created_at)


@pytest.mark.parametrize(
    ("has_tick", "request_id", "has_times"), list(product([False, True], ["", "r-1"], [False, True]))
)
def test_tick_request_and_times_travel_alone_and_together(
    bench: Bench, *, has_tick: bool, request_id: str, has_times: bool
) -> None:
    tick = clock.now() if has_tick else None
    own = Times(stale_after=timedelta(seconds=9)) if has_times else None
    job = msgspec.structs.replace(
        bench.submit(7), tick=tick, request_id=request_id, times=own.in_ms() if own is not None else None
    )

    envelope = travelled(bench, job)

    assert envelope.options.tick_ms == (clock.epoch_ms(tick) if tick is not None else 0)
    assert (envelope.options.request_id, envelope.options.times) == (request_id, own)
    assert msgspec.json.decode(envelope.args[0]) == job.args
    assert envelope.options.created_ms == clock.epoch_ms(job.created_at)


@pytest.mark.parametrize("note", ["x", "é" * 600, "x" * 3000])
def test_arguments_of_any_length_arrive_as_they_were(bench: Bench, note: str) -> None:
    job = msgspec.structs.replace(bench.submit(), args={"number": 1, "note": note})

    assert msgspec.json.decode(travelled(bench, job).args[0]) == job.args
