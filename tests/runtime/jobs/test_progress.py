"""What attempts report of themselves, what they leave for the next one, and who waits for their end."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import InvalidArgument, LeaseLost, NotFound
from shared.jobs import JobContext, seconds, wait
from shared.jobs import heartbeat as heartbeat_module
from shared.jobs.cursors import Cursor
from shared.jobs.effects import Place
from shared.jobs.ledger.records import events_from_stream
from shared.jobs.live import get_job
from shared.jobs.maintenance.sweeper import sweep_once
from shared.jobs.progress import Report, Stages
from shared.jobs.states import State
from tests.runtime.jobs.sample import Bench, Play, at_work, is_blocked
from tests.runtime.jobs.waiting import eventually

NOBODY = "00000000-0000-4000-8000-000000000000"


def reports(bench: Bench, job_id: str) -> list[dict[str, Any]]:
    entries = bench.redis.xrange(bench.jobs.scripts.keys.of("events"))
    events = [event for entry in entries for event in events_from_stream(*entry)]
    return [json.loads(event.extra) for event in events if event.job_id == job_id and event.kind == "progress"]


def test_the_end_is_estimated_from_the_share_that_is_done() -> None:
    half = json.loads(Report(1, 4).encoded(began_ms=1_000, now_ms=2_000))
    none = json.loads(Report(0, 4).encoded(began_ms=1_000, now_ms=2_000))

    assert half["eta_ms"] == 5_000
    assert "eta_ms" not in none


def test_stages_count_as_one_and_never_back() -> None:
    stages = Stages(("fetch", "compute"))

    shares = [stages.report(name, done, 10, "").done for name, done in (("fetch", 5), ("compute", 0), ("compute", 10))]

    assert shares == [25, 50, 100]
    with pytest.raises(InvalidArgument) as caught:
        stages.report("fetch", 1, 10, "")
    assert (caught.value.field, caught.value.allowed) == ("stage", ("compute",))


def test_a_report_carries_stage_and_object_to_whoever_reads_the_job(bench: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        ctx.stages("fetch", "compute")
        ctx.stage("compute", 1, 2, "<i>rows</i>")
        ctx.progress(80, data={"rows": 12})

    bench.stage.act = act
    job = bench.submit()
    bench.run()

    told = reports(bench, job.id)
    assert (told[0]["done"], told[0]["stage"], told[0]["note"]) == (75, "compute", "<i>rows</i>")


@pytest.mark.parametrize("data", [{"x": object()}, {"x": "y" * 5_000}, {"x": "\x00"}])
def test_an_object_that_cannot_be_kept_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Report(1, 2, data=data).encoded(began_ms=0, now_ms=1)

    assert caught.value.field == "data"


def test_of_reports_that_come_too_fast_the_newest_is_told_a_moment_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat_module, "TICK_SECONDS", 0.01)
    released = threading.Event()

    def act(ctx: JobContext, _args: Play) -> None:
        for done in range(1, 60):
            ctx.progress(done)
        while not released.wait(0.005):
            pass

    bench.stage.act = act
    job = bench.submit()
    with at_work(bench):
        eventually(lambda: [each["done"] for each in reports(bench, job.id)] == [1, 59])
        released.set()


def test_a_cursor_is_where_the_attempt_before_left_it(bench: Bench) -> None:
    seen: list[Any] = []

    def act(ctx: JobContext, _args: Play) -> int:
        cursor = ctx.cursor("page")
        seen.append(cursor.value)
        for page in range((cursor.value or 0) + 1, 6):
            cursor.move(page, every=timedelta(0))
            if page == 3 and len(seen) == 1:
                raise RuntimeError("in the middle")
        return int(cursor.value)

    bench.stage.act = act
    job = bench.submit()
    bench.run()
    bench.make_due()
    bench.run()
    bench.settle()

    assert seen == [None, 3]
    assert bench.row(job.id).result == 5


def test_a_cursor_is_written_once_a_second_and_with_a_step(bench: Bench) -> None:
    kept: list[Any] = []

    def act(ctx: JobContext, _args: Play) -> None:
        cursor = ctx.cursor("page")
        statement = "SELECT value ->> 'value' FROM job_step WHERE step = 'cursor:page'"
        for page in range(1, 101):
            cursor.move(page)
        kept.append(bench.sql(statement)[0][0])
        ctx.step("between", lambda _work: None)
        kept.append(bench.sql(statement)[0][0])

    bench.stage.act = act
    bench.submit()
    bench.run()

    assert kept == ["1", "100"]


def test_an_attempt_that_was_overtaken_does_not_set_the_cursor_back(bench: Bench) -> None:
    job = bench.submit()
    place = Place(job.id, 1, "page")
    old, new = (Cursor(bench.jobs.database, place, claimed_ms=at, hear=lambda: None) for at in (1_000, 2_000))
    new.move(7)

    with pytest.raises(LeaseLost):
        old.move(3)

    assert Cursor(bench.jobs.database, place, claimed_ms=3_000, hear=lambda: None).value == 7


def test_a_kept_value_is_computed_once_until_its_time_is_over(bench: Bench) -> None:
    computed: list[int] = []

    def act(ctx: JobContext, args: Play) -> Any:
        def compute() -> dict[str, int]:
            computed.append(args.number)
            return {"number": args.number}

        return ctx.cached("pnl:wallet-7", compute, ttl=seconds(60))

    bench.stage.act = act
    first, second = bench.submit(1), bench.submit(2)
    bench.run()
    bench.settle()
    bench.sql("UPDATE result_cache SET expires_at = now() - interval '1 second'")
    third = bench.submit(3)
    bench.run()
    bench.settle()

    assert computed == [1, 3]
    assert [bench.row(each.id).result for each in (first, second, third)] == [
        {"number": 1}, {"number": 1}, {"number": 3}
    ]  # fmt: skip
    bench.sql("UPDATE result_cache SET expires_at = now() - interval '1 second'")
    sweep_once(bench.jobs)
    assert bench.sql("SELECT count(*) FROM result_cache") == [(0,)]


def test_whoever_waits_is_told_when_the_job_has_ended(bench: Bench) -> None:
    job = bench.submit(7)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait, bench.jobs, job.id, timeout=seconds(20))
        eventually(lambda: is_blocked(bench, "xread"))
        bench.run()
        ended = waiting.result(timeout=4)  # sooner than its next look

    assert (ended.state, ended.result) == (State.COMPLETED, {"number": 7})
    assert wait(bench.jobs, job.id, timeout=seconds(20)).state is State.COMPLETED


def test_a_wait_that_is_over_tells_how_the_job_stands(bench: Bench) -> None:
    job = bench.submit()

    assert wait(bench.jobs, job.id, timeout=seconds(0.05)).state is State.QUEUED
    assert get_job(bench.jobs, job.id) is not None
    with pytest.raises(NotFound):
        wait(bench.jobs, NOBODY, timeout=seconds(1))
    with pytest.raises(InvalidArgument):
        wait(bench.jobs, job.id, timeout=timedelta(hours=2))
