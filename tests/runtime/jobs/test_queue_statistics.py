"""Per-minute statistics: what the transitions count is what happened, whatever was kept of the jobs."""

from datetime import timedelta
from itertools import pairwise

import pytest

from shared.errors import InvalidArgument
from shared.jobs import JobContext, Unrecoverable
from shared.jobs.queue_statistics import Histogram, Minute, read_minutes, sum_of
from tests.runtime.jobs.sample import Bench, Play


def total(bench: Bench) -> Minute:
    """The last two minutes as one: a test may cross a border between two."""
    return sum_of(read_minutes(bench.jobs, "work", minutes=2))


def test_every_transition_is_counted_once(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        if args.number == 2:
            raise Unrecoverable("never")
        if args.number == 3 and ctx.attempt == 1:
            raise ValueError("once")

    bench.stage.act = act
    for number in (1, 2, 3):
        bench.submit(number)

    bench.run()
    bench.make_due()
    bench.run()

    counted = total(bench)
    assert (counted.enqueued, counted.started, counted.completed) == (3, 4, 2)
    assert (counted.failed, counted.retried, counted.dead) == (2, 1, 1)
    assert (counted.waits.count, counted.runs.count) == (4, 4)


def test_what_retention_deletes_stays_counted(bench: Bench) -> None:
    for number in range(5):
        bench.submit(number)
    bench.run()
    bench.settle()
    bench.sql("DELETE FROM job")

    assert total(bench).completed == 5


def test_a_silent_minute_reads_as_zero(bench: Bench) -> None:
    minutes = read_minutes(bench.jobs, "work", minutes=60)

    assert len(minutes) == 60
    assert {after.at - before.at for before, after in pairwise(minutes)} == {timedelta(minutes=1)}
    assert sum_of(minutes[:-2]).enqueued == 0


@pytest.mark.parametrize("minutes", [0, -1, 20_161])
def test_a_span_that_is_not_kept_is_refused(bench: Bench, minutes: int) -> None:
    with pytest.raises(InvalidArgument, match="20,160"):
        read_minutes(bench.jobs, "work", minutes=minutes)


def test_an_unknown_queue_is_refused_naming_the_known_ones(bench: Bench) -> None:
    with pytest.raises(InvalidArgument, match="work"):
        read_minutes(bench.jobs, "wrok", minutes=1)


def test_a_percentile_is_within_one_bucket_of_the_truth() -> None:
    durations = [float(ms) for ms in range(1, 1001)]
    buckets: dict[int, int] = {}
    for ms in durations:
        bucket = next(b for b in range(200) if 2 ** (b / 4) <= ms + 1 < 2 ** ((b + 1) / 4))
        buckets[bucket] = buckets.get(bucket, 0) + 1

    histogram = Histogram(buckets)

    for fraction in (0.5, 0.95, 0.99):
        truth = durations[int(len(durations) * fraction) - 1]
        found = histogram.percentile_ms(fraction)
        assert found is not None
        assert truth <= found <= (truth + 1) * 2 ** (1 / 4)


def test_a_histogram_without_durations_has_no_percentile() -> None:
    assert Histogram().percentile_ms(0.5) is None
