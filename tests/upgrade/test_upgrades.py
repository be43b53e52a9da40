"""What every release promised to its jobs, kept by the code of today on the stores that the release left behind."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from shared.bootstrap.scheduler import declare
from shared.db import Database, migrations
from shared.errors import AlreadyExists
from shared.jobs import queue_settings, submit
from shared.jobs.connection import connect
from shared.jobs.control.queue_edits import resume
from shared.jobs.exchange import inbox
from shared.jobs.maintenance import Maintenance
from shared.jobs.queue_statistics import read_minutes, sum_of
from shared.jobs.schedules.firing import fire_once
from shared.jobs.scripts import Scripts
from shared.jobs.states import FINAL
from shared.jobs.testing.due import bring_forward
from tests.runtime.jobs.peer import open_peer
from tests.runtime.jobs.provider import Provider
from tests.runtime.jobs.sample import NAME, Bench, Play, at_work
from tests.runtime.jobs.waiting import eventually
from tests.stores import service_url
from tests.upgrade import fixture
from tests.upgrade.fixture import Fate, Manifest
from tests.upgrade.house import DUE, QUEUES, errand, house_of
from tests.upgrade.write import released, version
from tools.stores import PostgresServer, temporary_valkey

#: Nothing may start of these before somebody resumes their queue, or their time has come.
KEPT_BACK = {"held", "far"}


@dataclass(frozen=True, slots=True)
class Aftermath:
    """A release's stores after today's code has run out everything in them, and what was seen meanwhile."""

    manifest: Manifest
    bench: Bench
    statistics: tuple[int, ...]
    #: Labels of the jobs that had not ended before the pause was lifted and the far time had come.
    kept_back: set[str]

    @property
    def fates(self) -> dict[str, Fate]:
        return self.manifest.jobs


@pytest.fixture(scope="module", params=fixture.versions())
def aftermath(request: pytest.FixtureRequest, postgres: PostgresServer) -> Iterator[Aftermath]:
    """One release, upgraded and run out."""
    name = f"upgrade_{request.param}"
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = service_url(postgres, name, NAME)
    with temporary_valkey() as valkey:
        client = connect(valkey.url(), name="upgrade")
        fixture.load(request.param, admin_url=postgres.url(database=name), service_url=url, client=client)
        migrations.upgrade(url, NAME)
        database = Database(url, NAME, pool_size=8)
        yield run_out(house_of(database, Scripts(client, "market-data")), fixture.manifest_of(request.param))
        database.close()
        client.close()


def run_out(bench: Bench, manifest: Manifest) -> Aftermath:
    """Boot on the stores as they are, let every lease end and every time come, and wait until nothing is left."""
    total = sum_of(read_minutes(bench.jobs, "work", minutes=60))
    statistics = (total.enqueued, total.started, total.completed, total.failed, total.retried, total.dead)
    declare(bench.runtime)
    bench.expire_leases()
    bench.make_due()
    maintenance = Maintenance(bench.jobs, consumer="upgraded", fires_schedules=True)
    maintenance.start()
    try:
        eventually(lambda: is_open(bench) and not leases(bench), within=20)
        with worker(bench):
            eventually(lambda: live(bench, manifest) <= KEPT_BACK and DUE in bench.stage.numbers, within=20)
        kept_back = live(bench, manifest)
        resume(bench.jobs, "stopped")
        bring_forward(bench.jobs, ["work"])
        with worker(bench):
            eventually(lambda: not live(bench, manifest), within=20)
        eventually(lambda: is_written(bench), within=20)
    finally:
        maintenance.stop()
    return Aftermath(manifest, bench, statistics, kept_back)


def worker(bench: Bench) -> AbstractContextManager[object]:
    """One job at a time of each queue, so that the order of starts can be told."""
    return at_work(bench, slots={queue.name: 1 for queue in QUEUES})


def is_open(bench: Bench) -> bool:
    known = bench.sql("SELECT identity FROM redis_identity")[0][0]
    return bool(bench.redis.get(bench.jobs.scripts.keys.of("identity")) == known.encode())


def leases(bench: Bench) -> int:
    keys = bench.jobs.scripts.keys
    return sum(bench.redis.zcard(keys.of_queue(queue.name, "running")) for queue in QUEUES)


def live(bench: Bench, manifest: Manifest) -> set[str]:
    """Labels of the jobs that have not ended: by their row, or, where they have none, by their run."""
    states = {row[0]: row[1] for row in bench.sql("SELECT id::text, state FROM job")}
    started = {job_id for job_id, _, _ in bench.stage.runs}
    return {
        label
        for label, fate in manifest.jobs.items()
        if (states[fate.id] not in FINAL if fate.id in states else fate.id not in started)
    }


def is_written(bench: Bench) -> bool:
    """Every outcome is in PostgreSQL, and every event applied."""
    keys = bench.jobs.scripts.keys
    [group] = bench.redis.xinfo_groups(keys.of("events"))
    return bool(not bench.redis.zcard(keys.of("unsettled")) and group["lag"] == 0 and group["pending"] == 0)


def test_every_release_has_a_fixture() -> None:
    assert {version(), *released()} <= set(fixture.versions()), "make it with: python -m tests.upgrade.write"


def test_every_job_ends_as_its_release_promised(aftermath: Aftermath) -> None:
    fates = {label: fate for label, fate in aftermath.fates.items() if label != "index-only"}

    rows = {label: aftermath.bench.row(fate.id) for label, fate in fates.items()}

    seen = {label: (str(row.state), row.generation, row.result) for label, row in rows.items()}
    assert seen == {label: (fate.state, fate.generation, fate.result) for label, fate in fates.items()}


def test_what_had_ended_does_not_start_again_and_the_rest_starts_once_with_its_next_attempt(
    aftermath: Aftermath,
) -> None:
    starts: dict[str, list[int]] = {fate.id: [] for fate in aftermath.fates.values()}
    for job_id, attempt, _ in aftermath.bench.stage.runs:
        starts.setdefault(job_id, []).append(attempt)

    assert {label: starts[fate.id] for label, fate in aftermath.fates.items()} == {
        label: [fate.attempt] * fate.runs for label, fate in aftermath.fates.items()
    }


def test_no_attempt_completes_a_generation_twice(aftermath: Aftermath) -> None:
    completions = aftermath.bench.sql(
        "SELECT job.id::text, count(attempt.token) FILTER (WHERE attempt.outcome = 'completed') FROM job "
        "LEFT JOIN attempt ON attempt.job_id = job.id AND attempt.generation = job.generation "
        "WHERE job.state = 'completed' GROUP BY job.id"
    )

    assert {count for _, count in completions} == {1}


def test_dead_jobs_stay_dead_with_their_error_and_traceback(aftermath: Aftermath) -> None:
    dead = [fate for fate in aftermath.fates.values() if fate.state == "dead"]

    errors = [aftermath.bench.row(fate.id).error or {} for fate in dead]

    assert dead
    assert [error["message"] for error in errors] == [fate.error for fate in dead]
    assert all(error["traceback"].startswith("Traceback") for error in errors)


def test_jobs_start_by_priority_and_what_was_running_at_its_old_place(aftermath: Aftermath) -> None:
    # Every tenth start is for a lower priority that has waited long, as all of a fixture have: two may come sooner.
    ordered = [label for label in aftermath.manifest.order if label not in ("low", "batch")]
    wanted = [aftermath.fates[label].number for label in ordered]

    assert [number for number in aftermath.bench.stage.numbers if number in wanted] == wanted
    assert {aftermath.fates[label].number for label in ("low", "batch")} <= set(aftermath.bench.stage.numbers)


def test_a_pause_and_a_far_time_hold_over_the_upgrade(aftermath: Aftermath) -> None:
    assert aftermath.kept_back == KEPT_BACK


def test_edited_limits_are_kept(aftermath: Aftermath) -> None:
    with aftermath.bench.jobs.database.unit_of_work() as work:
        settings = {setting.queue: (setting.max_running, setting.rate) for setting in queue_settings.read(work)}

    assert {queue: settings[queue] for queue in aftermath.manifest.limits} == aftermath.manifest.limits


def test_statistics_of_the_release_are_read(aftermath: Aftermath) -> None:
    assert aftermath.statistics == aftermath.manifest.statistics
    assert min(aftermath.statistics) > 0


def test_an_idempotency_key_still_stands_for_its_job(aftermath: Aftermath) -> None:
    for key, label in aftermath.manifest.keys.items():
        fate = aftermath.fates[label]
        again = submit(aftermath.bench.jobs, errand, Play(number=fate.number), idempotency_key=key)
        assert again.id == fate.id
        with pytest.raises(AlreadyExists):
            submit(aftermath.bench.jobs, errand, Play(number=0), idempotency_key=key)


def test_no_effect_and_no_step_is_done_again(aftermath: Aftermath) -> None:
    assert aftermath.bench.runtime.resource(Provider).asked == []
    assert aftermath.fates["charged"].result["charge"] == aftermath.fates["drawn"].result["drawn"] == 1


def test_no_tick_fires_twice(aftermath: Aftermath) -> None:
    def ticks() -> list[Any]:
        return [tuple(row) for row in aftermath.bench.sql("SELECT schedule, count(*) FROM schedule_tick GROUP BY 1")]

    after_upgrade = ticks()
    aftermath.bench.sql("UPDATE schedule SET next_run_at = last_run_at")
    fire_once(aftermath.bench.jobs)

    assert sorted(after_upgrade) == sorted(ticks()) == [("due", 1), ("fired", 1)]


def test_a_consumed_message_is_known_and_a_waiting_one_is_delivered_once(aftermath: Aftermath) -> None:
    bench = aftermath.bench
    with bench.jobs.database.unit_of_work() as work:
        receipts = {
            message: inbox.once(work, "social", message, lambda _work: {"number": 2})
            for message in aftermath.manifest.inbox
        }
    with open_peer(bench) as peer:
        peer.deliver()
        states = {message: peer.message(message).state for message in aftermath.manifest.outbox}
        asked = len(peer.servicer.asked)

    assert receipts == {
        message: inbox.Receipt(result, is_first=False) for message, result in aftermath.manifest.inbox.items()
    }
    assert set(states.values()) == {"sent"}
    assert asked == list(aftermath.manifest.outbox.values()).count("waiting")
