"""Which queues have live workers: a worker tells by itself, and is forgotten when it leaves or is silent."""

from shared.jobs.presence import LIFE_MS, leave, tell, watch_presence
from tests.runtime.jobs.sample import Bench, at_work
from tests.runtime.jobs.waiting import eventually


def present(bench: Bench, queue: str = "work") -> list[bytes]:
    now_ms = bench.jobs.scripts.time_ms()
    found: list[bytes] = bench.redis.zrangebyscore(bench.jobs.scripts.keys.serving(queue), now_ms, "+inf")
    return found


def test_a_worker_tells_that_it_serves_its_queues_until_it_leaves(bench: Bench) -> None:
    with at_work(bench) as worker:
        watch = watch_presence(worker)
        watch.start()
        eventually(lambda: present(bench, "side") == [b"test-worker"])
        eventually(lambda: present(bench) == [b"test-worker"])
        watch.request_stop()
        watch.join(2)
        leave(worker)

    assert (present(bench), present(bench, "side")) == ([], [])


def test_one_that_was_silent_for_its_life_is_gone_and_takes_no_room(bench: Bench) -> None:
    key = bench.jobs.scripts.keys.serving("work")
    tell(bench.jobs, "dead")
    bench.redis.zadd(key, {"dead": bench.jobs.scripts.time_ms() - 1})

    tell(bench.jobs, "alive")

    assert bench.redis.zrange(key, 0, -1) == [b"alive"]
    assert 0 < bench.redis.pttl(key) <= LIFE_MS
