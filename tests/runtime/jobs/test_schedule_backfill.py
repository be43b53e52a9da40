"""Backfill over real gRPC: the ticks of a past time, each once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from protos.jobs.v1 import schedules_pb2 as pb
from shared.jobs.schedules.firing import fire_once
from tests.runtime.jobs.sample import Bench
from tests.runtime.jobs.schedule_site import ScheduleSite, open_schedule_site
from tests.runtime.jobs.site import TOKEN, refusal


@pytest.fixture
def site(bench: Bench) -> Iterator[ScheduleSite]:
    with open_schedule_site(bench, TOKEN) as opened:
        yield opened


def stamp(instant: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(instant.astimezone(UTC).replace(tzinfo=None))
    return made


def test_a_backfill_runs_each_tick_that_has_no_job_once(site: ScheduleSite) -> None:
    site.create(overlap=pb.OVERLAP_POLICY_ALLOW)
    now: datetime = site.bench.sql("SELECT clock_timestamp()")[0][0]
    start = datetime.fromtimestamp(now.timestamp() // 600 * 600, UTC) - timedelta(hours=1)
    request = pb.BackfillScheduleRequest(name="tick", start=stamp(start), end=stamp(start + timedelta(minutes=30)))

    first = site.stub.BackfillSchedule(request)
    again = site.stub.BackfillSchedule(request)

    assert (first.fired, first.known) == (3, 0)
    assert (again.fired, again.known) == (0, 3)
    ticks = [row[0] for row in site.bench.sql("SELECT tick FROM job ORDER BY tick")]
    assert ticks == [start + timedelta(minutes=10 * number) for number in range(3)]


def test_a_backfill_takes_over_what_was_missed_or_skipped(site: ScheduleSite) -> None:
    site.create(misfire=pb.MISFIRE_POLICY_SKIP, cron="0 0 * * *")
    site.bench.sql("UPDATE schedule SET next_run_at = date_trunc('day', now()) - interval '1 day'")
    fire_once(site.bench.jobs)
    ((missed,),) = site.bench.sql("SELECT tick FROM schedule_tick WHERE outcome IN ('missed', 'fired')")
    end = stamp(missed + timedelta(seconds=1))

    done = site.stub.BackfillSchedule(pb.BackfillScheduleRequest(name="tick", start=stamp(missed), end=end))

    assert done.fired + done.known == 1
    assert site.bench.sql("SELECT outcome FROM schedule_tick WHERE tick = :tick", tick=missed) == [("fired",)]


def test_a_backfill_in_turn_waits_for_each_job(site: ScheduleSite) -> None:
    site.create()
    now: datetime = site.bench.sql("SELECT clock_timestamp()")[0][0]
    request = pb.BackfillScheduleRequest(
        name="tick", start=stamp(now - timedelta(minutes=40)), end=stamp(now), in_turn=True
    )

    done = site.stub.BackfillSchedule(request)

    assert done.buffered == 4
    assert site.bench.sql("SELECT count(*) FROM job") == [(0,)]
    assert site.get().buffered == 4


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [(0, -60, "end"), (0, 0, "end"), (-60, 3600, "end"), (-14 * 86_400, 0, "start"), (None, 0, "start")],
)
def test_a_bad_backfill_names_the_field_and_runs_nothing(
    site: ScheduleSite, start: int | None, end: int, field: str
) -> None:
    site.create()
    now: datetime = site.bench.sql("SELECT clock_timestamp()")[0][0]
    begin = None if start is None else stamp(now + timedelta(seconds=start))
    request = pb.BackfillScheduleRequest(name="tick", start=begin, end=stamp(now + timedelta(seconds=end)))

    error = refusal(lambda: site.stub.BackfillSchedule(request))

    assert error.field == field
    assert site.bench.sql("SELECT count(*) FROM job") == [(0,)]
