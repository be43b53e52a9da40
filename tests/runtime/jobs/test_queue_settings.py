"""Queue settings: PostgreSQL keeps them versioned, boot respects an operator's change, the index gets a copy."""

import pytest

from shared.db import Database
from shared.jobs import Queue, Rate, minutes, seconds, submit_many
from shared.jobs.queue_settings import QueueSetting, copy_settings, declare, read
from shared.jobs.schedules import Schedule, put_schedule
from shared.jobs.schedules.declared import overbooked
from tests.runtime.jobs.sample import NAME, Bench, Play, catalogue_of, jobs_of, location, open_bench, play


def declared(bench: Bench, *queues: Queue) -> dict[str, QueueSetting]:
    with bench.jobs.database.unit_of_work() as work:
        declare(work, queues)
        return {setting.queue: setting for setting in read(work)}


def test_declared_settings_are_kept_and_follow_the_code(bench: Bench) -> None:
    before = declared(bench)["work"]

    after = declared(bench, Queue("work", slots=7, rate=Rate(10, minutes(1)), max_running=3))["work"]

    assert (before.slots, before.rate, before.max_running) == (4, 0, 0)
    assert (after.slots, after.rate, after.window_ms, after.max_running) == (7, 10, 60_000, 3)
    assert after.version == before.version + 1


def test_an_unchanged_declaration_makes_no_new_version(bench: Bench) -> None:
    queue = Queue("work", slots=4)

    assert declared(bench, queue) == declared(bench, queue)


def test_boot_does_not_overwrite_what_an_operator_has_changed(bench: Bench) -> None:
    bench.sql("UPDATE queue_setting SET rate = 600, window_ms = 60000, is_paused = TRUE, is_edited = TRUE")

    after = declared(bench, Queue("work", slots=9, rate=Rate(10, minutes(1))))["work"]

    assert (after.slots, after.rate, after.is_paused) == (4, 600, True)


def test_a_pause_reaches_the_index_and_is_lifted_again(bench: Bench) -> None:
    bench.submit(1)
    bench.sql("UPDATE queue_setting SET is_paused = TRUE, version = version + 1 WHERE queue = 'work'")
    copy_settings(bench.jobs)
    paused = bench.claim()

    bench.sql("UPDATE queue_setting SET is_paused = FALSE, version = version + 1 WHERE queue = 'work'")
    copy_settings(bench.jobs)

    assert paused == ()
    assert len(bench.claim()) == 1


def test_an_older_copy_never_overwrites_a_newer_one(bench: Bench) -> None:
    newer = {"is_paused": True, "max_running": 0, "rate": 0, "window_ms": 0}
    bench.jobs.scripts.configure("work", version=100, **newer)  # type: ignore[arg-type]  # one mapping of two types
    bench.submit(1)

    copy_settings(bench.jobs)

    assert bench.claim() == ()


@pytest.mark.parametrize(
    ("queue", "allowed"),
    [(Queue("work", slots=4, rate=Rate(2, seconds(60))), 2), (Queue("work", slots=4, max_running=3), 3)],
)
def test_limits_of_the_declaration_hold_in_a_claim(empty_url: str, redis_url: str, queue: Queue, allowed: int) -> None:
    bench = open_bench(jobs_of(Database(empty_url, NAME), redis_url, queues=(queue, Queue("side", slots=1))))
    submit_many(bench.jobs, play, [Play()] * 10)

    assert len(bench.claim()) == allowed
    assert bench.claim() == ()
    bench.redis.close()
    bench.jobs.database.close()


def test_schedules_beyond_a_queues_rate_are_named(bench: Bench) -> None:
    with bench.jobs.database.unit_of_work() as work:
        for number in range(3):
            put_schedule(work, Schedule(name=f"tick-{number}", job="play", every=seconds(10)))
        sentences = [
            overbooked(
                work, catalogue_of((Queue("work", slots=1, rate=Rate(starts, minutes(1))), Queue("side", slots=1)))
            )
            for starts in (17, 18)
        ]

    assert sentences == [["work: schedules ask for 18.0 starts a minute, its rate allows 17.0"], []]


def test_a_location_names_the_same_index(bench: Bench) -> None:
    other = jobs_of(bench.jobs.database, location(bench))
    bench.submit(1)

    assert other.scripts.client.zcard(other.scripts.keys.of_queue("work", "ready")) == 1
    other.scripts.client.close()
