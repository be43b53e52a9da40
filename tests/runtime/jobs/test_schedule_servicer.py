"""ScheduleService over real gRPC: make, read, change, start, stop, trigger, backfill, preview, history."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from protos.jobs.v1 import schedules_pb2 as pb
from shared.errors import AlreadyExists, InvalidArgument, NotFound, UnknownJob, WrongState
from shared.jobs.schedules.declared import declare_schedules
from shared.jobs.schedules.firing import fire_once
from tests.runtime.jobs.sample import Bench
from tests.runtime.jobs.schedule_site import ScheduleSite, open_schedule_site
from tests.runtime.jobs.site import TOKEN, refusal
from tests.runtime.jobs.test_schedules_declared import catalogue_with

ACTIVE, STOPPED, FINISHED = pb.SCHEDULE_STATE_ACTIVE, pb.SCHEDULE_STATE_STOPPED, pb.SCHEDULE_STATE_FINISHED


@pytest.fixture
def site(bench: Bench) -> Iterator[ScheduleSite]:
    with open_schedule_site(bench, TOKEN) as opened:
        yield opened


def stamp(instant: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(instant.astimezone(UTC).replace(tzinfo=None))
    return made


def change(site: ScheduleSite, *paths: str, reset: bool = False, **spec: Any) -> Any:
    request = pb.UpdateScheduleRequest(
        name="tick", schedule=pb.ScheduleSpec(**spec), update_mask=FieldMask(paths=paths), reset=reset
    )
    return site.stub.UpdateSchedule(request).schedule


def rows(site: ScheduleSite) -> list[Any]:
    return site.bench.sql("SELECT name FROM schedule")


def test_a_schedule_is_answered_as_committed_with_its_next_runs(site: ScheduleSite) -> None:
    made = site.create(cron="EVERY_5_MINUTES", timezone="Europe/Berlin", args_json='{"number": 7}', max_runs=9)
    read = site.get(next_runs=3)

    assert (made.spec.name, made.spec.cron, made.state) == ("tick", "EVERY_5_MINUTES", ACTIVE)
    assert made.description.startswith("Every fifth minute of every hour, Europe/Berlin time, at most 9 times")
    assert [run.seconds % 300 for run in read.next_runs] == [0, 0, 0]
    assert read.next_runs[0] == read.next_run_at == made.next_run_at
    assert read.next_runs[2].seconds - read.next_runs[0].seconds == 600
    assert (read.missed, read.declared, read.edited, read.runs_made) == (False, False, False, 0)


@pytest.mark.parametrize(
    ("spec", "kind", "field"),
    [
        ({"name": ""}, InvalidArgument, "name"),
        ({"name": "a/b"}, InvalidArgument, "name"),
        ({"name": "<b>"}, InvalidArgument, "name"),
        ({"job": "plai"}, UnknownJob, "job"),
        ({"args_json": "{"}, InvalidArgument, "args"),
        ({"args_json": '{"numbr": 1}'}, InvalidArgument, "args.numbr"),
        ({"cron": "61 * * * *"}, InvalidArgument, "cron"),
        ({"cron": "1," * 200 + "1 * * * *"}, InvalidArgument, "cron"),
        ({"cron": "0 3 * * *", "every_ms": 5000}, InvalidArgument, "cron"),
        ({"cron": "0 3 * * *", "timezone": "Mars/Olympus"}, InvalidArgument, "timezone"),
        ({"every_ms": 999}, InvalidArgument, "every_ms"),
        ({"every_ms": 2**62}, InvalidArgument, "every_ms"),
        ({"every_ms": -5}, InvalidArgument, "every_ms"),
        ({"jitter_ms": 600_000}, InvalidArgument, "jitter_ms"),
        ({"misfire_window_ms": 0}, InvalidArgument, "misfire_window_ms"),
        ({"misfire_max": 0}, InvalidArgument, "misfire_max"),
        ({"max_runs": -1}, InvalidArgument, "max_runs"),
        ({"overlap": 99}, InvalidArgument, "overlap"),
        ({"misfire": 99}, InvalidArgument, "misfire"),
        ({"at": Timestamp(seconds=1)}, InvalidArgument, "at"),
        ({"at": Timestamp(seconds=2**40)}, InvalidArgument, "at"),
        ({"ends_at": Timestamp(seconds=1)}, InvalidArgument, "ends_at"),
        ({"starts_at": Timestamp(seconds=2 * 10**9), "ends_at": Timestamp(seconds=10**9)}, InvalidArgument, "ends_at"),
        ({"starts_at": Timestamp(seconds=2**33)}, InvalidArgument, "starts_at"),
    ],
)
def test_a_bad_schedule_names_the_field_and_nothing_is_written(
    site: ScheduleSite, spec: dict[str, Any], kind: type[InvalidArgument], field: str
) -> None:
    error = refusal(lambda: site.create(**spec))

    assert type(error) is kind
    assert error.field == field
    assert rows(site) == []


def test_a_second_schedule_of_one_name_is_refused(site: ScheduleSite) -> None:
    site.create()

    assert isinstance(refusal(site.create), AlreadyExists)


def test_schedules_are_listed_by_name_in_pages(site: ScheduleSite) -> None:
    for number in (3, 1, 2):
        site.create(name=f"tick-{number}")
    site.create(name="aside", job="play-aside")

    first = site.stub.ListSchedules(pb.ListSchedulesRequest(page_size=3))
    rest = site.stub.ListSchedules(pb.ListSchedulesRequest(page_size=3, page_token=first.next_page_token))
    of_job = site.stub.ListSchedules(pb.ListSchedulesRequest(job="play-aside"))

    assert [one.spec.name for one in first.schedules] == ["aside", "tick-1", "tick-2"]
    assert ([one.spec.name for one in rest.schedules], rest.next_page_token) == (["tick-3"], "")
    assert [one.spec.name for one in of_job.schedules] == ["aside"]


def test_a_change_takes_the_fields_of_the_mask_alone(site: ScheduleSite) -> None:
    site.create(max_runs=5, args_json='{"number": 7}')

    changed = change(site, "cron", "max_runs", "overlap", cron="0 3 * * *", overlap=pb.OVERLAP_POLICY_ALLOW)

    assert (changed.spec.cron, changed.spec.HasField("every_ms")) == ("0 3 * * *", False)
    assert changed.spec.HasField("max_runs") is False
    assert changed.spec.overlap == pb.OVERLAP_POLICY_ALLOW
    assert '"number":7' in changed.spec.args_json
    assert changed.edited is True
    assert changed.next_run_at.seconds % 86_400 == 3 * 3600


@pytest.mark.parametrize(
    ("paths", "spec", "field"),
    [
        (("nmae",), {}, "update_mask"),
        (("name",), {"name": "other"}, "update_mask"),
        (("cron",), {"cron": "x"}, "cron"),
        (("every_ms",), {}, "cron"),
        ((), {}, "schedule"),
        (("jitter_ms",), {"jitter_ms": 10**9}, "jitter_ms"),
        (("ends_at",), {"ends_at": Timestamp(seconds=1_500_000_000)}, "ends_at"),
    ],
)
def test_a_bad_change_names_the_field_and_changes_nothing(
    site: ScheduleSite, paths: tuple[str, ...], spec: dict[str, Any], field: str
) -> None:
    before = site.create()

    error = refusal(lambda: change(site, *paths, **spec))

    assert (type(error), error.field) == (InvalidArgument, field)
    assert site.get() == before


def test_an_operators_change_of_a_declared_schedule_stays_until_it_is_reset(
    site: ScheduleSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = catalogue_with("0 2 * * *")
    monkeypatch.setattr(site.bench.jobs, "catalogue", catalogue)

    def boot() -> None:
        with site.bench.jobs.database.unit_of_work() as work:
            declare_schedules(work, catalogue)

    boot()
    request = pb.UpdateScheduleRequest(
        name="nightly", schedule=pb.ScheduleSpec(cron="0 4 * * *"), update_mask=FieldMask(paths=["cron"])
    )
    site.stub.UpdateSchedule(request)
    boot()
    kept = site.get("nightly")
    deleted = refusal(lambda: site.stub.DeleteSchedule(pb.DeleteScheduleRequest(name="nightly")))
    reset = site.stub.UpdateSchedule(pb.UpdateScheduleRequest(name="nightly", reset=True)).schedule

    assert (kept.spec.cron, kept.edited, kept.declared) == ("0 4 * * *", True, True)
    assert isinstance(deleted, WrongState)
    assert (reset.spec.cron, reset.edited) == ("0 2 * * *", False)


def test_a_stopped_schedule_fires_no_more_until_it_is_started(site: ScheduleSite) -> None:
    site.create()
    stopped = site.stub.StopSchedule(pb.StopScheduleRequest(name="tick", reason="not now")).schedule
    site.bench.sql("UPDATE schedule SET next_run_at = now() - interval '5 hours'")
    fire_once(site.bench.jobs)
    started = site.stub.StartSchedule(pb.StartScheduleRequest(name="tick")).schedule
    fire_once(site.bench.jobs)

    assert (stopped.state, stopped.stop_reason, stopped.HasField("next_run_at")) == (STOPPED, "not now", False)
    assert (started.state, started.stop_reason) == (ACTIVE, "")
    assert site.bench.sql("SELECT count(*) FROM job") == [(0,)]


def test_a_trigger_submits_at_once_also_when_stopped_and_leaves_the_clock_alone(site: ScheduleSite) -> None:
    before = site.create(args_json='{"number": 3}')
    site.stub.StopSchedule(pb.StopScheduleRequest(name="tick"))

    first = site.stub.TriggerSchedule(pb.TriggerScheduleRequest(name="tick"))
    second = site.stub.TriggerSchedule(pb.TriggerScheduleRequest(name="tick"))
    after = site.stub.StartSchedule(pb.StartScheduleRequest(name="tick")).schedule

    assert first.job_id != second.job_id
    assert site.bench.row(first.job_id).args["number"] == 3
    assert after.next_run_at == before.next_run_at
    assert after.runs_made == 0
    assert after.last_job_id == second.job_id
    assert [tick.cause for tick in site.ticks().ticks] == ["trigger", "trigger"]


def test_a_preview_tells_what_a_schedule_would_do_and_writes_nothing(site: ScheduleSite) -> None:
    spec = pb.ScheduleSpec(cron="30 2 * * *", timezone="Europe/Berlin")
    after = stamp(datetime(2026, 3, 28, 12, tzinfo=UTC))

    answer = site.stub.PreviewSchedule(pb.PreviewScheduleRequest(schedule=spec, next_runs=2, after=after))

    assert answer.description.startswith("At 02:30 every day, Europe/Berlin time")
    found = [run.ToDatetime(tzinfo=UTC) for run in answer.next_runs]
    assert found == [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]
    assert rows(site) == []
    too_many = pb.PreviewScheduleRequest(schedule=spec, next_runs=101)
    assert refusal(lambda: site.stub.PreviewSchedule(too_many)).field == "next_runs"


def test_history_tells_what_was_expected_and_what_came(site: ScheduleSite) -> None:
    site.create()
    for _ in range(2):
        site.bench.sql("UPDATE schedule SET next_run_at = date_trunc('milliseconds', clock_timestamp())")
        fire_once(site.bench.jobs)

    page = site.ticks(page_size=1)
    rest = site.ticks(page_size=1, page_token=page.next_page_token)

    assert page.ticks[0].outcome == pb.TICK_OUTCOME_SKIPPED
    assert (rest.ticks[0].outcome, rest.ticks[0].job_state, rest.next_page_token) == (
        pb.TICK_OUTCOME_FIRED, "queued", ""
    )  # fmt: skip
    assert rest.ticks[0].fired_at.ToMicroseconds() >= rest.ticks[0].expected_at.ToMicroseconds()


def test_an_overdue_tick_shows_as_missed(site: ScheduleSite) -> None:
    site.create()
    site.bench.sql("UPDATE schedule SET next_run_at = now() - interval '46 seconds'")

    assert site.get().missed is True


def test_what_does_not_exist_is_not_found(site: ScheduleSite) -> None:
    for call in (
        site.get,
        site.ticks,
        lambda: site.stub.StopSchedule(pb.StopScheduleRequest(name="tick")),
        lambda: site.stub.TriggerSchedule(pb.TriggerScheduleRequest(name="tick")),
        lambda: site.stub.DeleteSchedule(pb.DeleteScheduleRequest(name="tick")),
    ):
        assert isinstance(refusal(call), NotFound)
