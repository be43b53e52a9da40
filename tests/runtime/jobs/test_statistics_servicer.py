"""StatisticsService over real gRPC: minutes of a queue, their sum, and points of as many minutes as are wanted."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from protos.jobs.v1 import statistics_pb2 as pb
from protos.jobs.v1 import statistics_pb2_grpc
from shared.errors import InvalidArgument, UnknownQueue
from shared.jobs import JobContext
from shared.jobs.queue_statistics import MINUTE_MS
from shared.jobs.steering import steering_servicers
from shared.rpc import Peers, RpcServer
from tests.runtime.jobs.sample import Bench, Play
from tests.runtime.jobs.site import TOKEN, refusal

Ask = Callable[..., Any]


@pytest.fixture
def statistics(bench: Bench) -> Iterator[Ask]:
    server = RpcServer(steering_servicers(bench.jobs), host="127.0.0.1", port=0, token=TOKEN, name="market-data")
    peers = Peers({"market-data": f"127.0.0.1:{server.start()}"}, TOKEN)
    stub: Any = peers.stub(statistics_pb2_grpc.StatisticsServiceStub, "market-data")
    yield lambda queue="work", **fields: stub.GetStatistics(pb.GetStatisticsRequest(queue=queue, **fields))
    peers.close()
    server.stop(0)


def move(bench: Bench, *, minutes: int) -> None:
    """What was counted was counted so long ago."""
    key = bench.jobs.scripts.keys.of_queue("work", "stats")
    for minute, packed in bench.redis.hgetall(key).items():
        bench.redis.hdel(key, minute)
        bench.redis.hset(key, int(minute) - minutes, packed)


def work(bench: Bench, *, good: int, bad: int) -> None:
    def act(_ctx: JobContext, args: Play) -> None:
        if args.number >= good:
            raise ValueError("no")

    bench.stage.act = act
    for number in range(good + bad):
        bench.submit(number)
    bench.run()
    bench.settle()


def test_the_sum_and_its_points_tell_what_happened_when(bench: Bench, statistics: Ask) -> None:
    work(bench, good=3, bad=1)
    move(bench, minutes=5)
    work(bench, good=2, bad=0)

    answer = statistics(minutes=11, step_minutes=4)

    total = answer.total
    assert (total.minutes, total.enqueued, total.started, total.completed, total.failed, total.retried, total.dead) == (
        11, 6, 6, 5, 1, 1, 0,
    )  # fmt: skip
    assert (total.waits.count, total.runs.count) == (6, 6)
    assert 0 < total.runs.p50_ms <= total.runs.p95_ms <= total.runs.p99_ms
    assert [point.minutes for point in answer.points] == [3, 4, 4]
    assert sum(point.completed for point in answer.points) == 5
    starts = [point.at.ToMilliseconds() // MINUTE_MS for point in answer.points]
    assert [after - before for before, after in itertools.pairwise(starts)] == [3, 4]
    # A minute may end between what is done here and the answer.
    assert [point.completed for point in answer.points] in ([0, 3, 2], [3, 0, 2])


def test_without_numbers_it_is_the_last_hour_by_the_minute(bench: Bench, statistics: Ask) -> None:
    answer = statistics()

    assert (answer.total.minutes, len(answer.points)) == (60, 60)
    assert not answer.total.runs.HasField("p50_ms")


def test_two_weeks_are_told_in_as_few_points_as_one_answer_may_have(bench: Bench, statistics: Ask) -> None:
    answer = statistics(minutes=20_160)

    assert {point.minutes for point in answer.points} == {14}
    assert len(answer.points) == 1_440


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"minutes": -1}, "minutes"),
        ({"minutes": 20_161}, "minutes"),
        ({"minutes": 10, "step_minutes": 11}, "step_minutes"),
        ({"minutes": 10, "step_minutes": -1}, "step_minutes"),
        ({"minutes": 20_160, "step_minutes": 13}, "step_minutes"),
    ],
)
def test_bad_input_is_refused_by_field_with_its_bounds(statistics: Ask, fields: dict[str, Any], field: str) -> None:
    error = refusal(lambda: statistics(**fields))

    assert isinstance(error, InvalidArgument)
    assert (error.field, "must be from" in str(error)) == (field, True)


def test_an_unknown_queue_is_refused_naming_the_known_ones(statistics: Ask) -> None:
    error = refusal(lambda: statistics("nowhere"))

    assert isinstance(error, UnknownQueue)
    assert "side, work" in str(error)
