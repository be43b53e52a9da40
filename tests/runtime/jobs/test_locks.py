"""A named lock has one owner, who keeps it as long as his block runs, and nobody for longer than that."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from protos.jobs.v1 import locks_pb2, locks_pb2_grpc
from shared.errors import InvalidArgument, LockHeld, LockLost, NotFound
from shared.jobs import JobContext, analysis_lock, locks, seconds, similarity_lock, wallet_lock
from shared.jobs.lock_renewal import Renewals
from shared.jobs.lock_servicer import LOCK_SERVICE, LockServicer
from shared.jobs.outcomes import Again, Done
from shared.rpc import Peers, RpcServer, Servicer
from tests.runtime.jobs.sample import Bench, Play, at_work, hold_until, write_effect
from tests.runtime.jobs.site import TOKEN, refusal
from tests.runtime.jobs.waiting import eventually


def hold(
    bench: Bench, name: str = "a", *, ttl: float = 30, owner: str = "me", is_wanted: Callable[[], bool] = lambda: True,
    renewals: Renewals | None = None,
) -> AbstractContextManager[None]:  # fmt: skip
    return locks.held(
        renewals or bench.jobs.renewals, name, owner=owner, ttl=seconds(ttl), wait=seconds(0),
        pause=lambda _seconds: None, is_wanted=is_wanted, keeps=lambda _lock: False,
    )  # fmt: skip


def lose(lock: AbstractContextManager[None], act: Callable[[], object]) -> None:
    """Do it while the lock is held, which must turn out to be lost by then."""

    def held() -> None:
        with lock:
            act()

    with pytest.raises(LockLost):
        held()


def left_ms(bench: Bench, name: str = "a") -> int:
    return int(bench.redis.pttl(bench.jobs.scripts.keys.lock(name)))


def test_a_lock_is_renewed_for_as_long_as_its_block_runs(bench: Bench) -> None:
    with hold(bench, ttl=0.3):
        [before] = locks.listed(bench.jobs.scripts)

        [after] = eventually(
            lambda: [one for one in locks.listed(bench.jobs.scripts) if one.since < before.until < one.until]
        )

        assert (after.name, after.owner, after.since) == ("a", "me", before.since)
        with pytest.raises(LockHeld), hold(bench, owner="you"):
            pass
    assert locks.listed(bench.jobs.scripts) == []
    assert left_ms(bench) == -2


def test_a_lock_is_not_renewed_for_who_does_not_come_back(bench: Bench) -> None:
    is_wanted = threading.Event()
    is_wanted.set()

    def go_away() -> None:
        is_wanted.clear()
        eventually(lambda: left_ms(bench) == -2)
        with hold(bench, owner="you"):
            pass

    lose(hold(bench, ttl=0.1, is_wanted=is_wanted.is_set), go_away)


def test_a_lock_that_was_lost_keeps_its_block_from_being_committed(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        with ctx.lock("a", ttl=seconds(30)), ctx.unit_of_work() as work:
            write_effect(work, args.number)
            if len(bench.stage.runs) == 1:
                locks.release(bench.jobs.scripts, "a")

    bench.stage.act = act
    job = bench.submit(7)

    (lost,) = bench.run()
    assert isinstance(lost, Again)
    assert (lost.counts, lost.wait_reason, bench.effects()) == (False, "lock", [])
    bench.make_due()
    assert bench.run() == [Done(b"null", is_settled=True)]
    assert (bench.effects(), bench.row(job.id).attempts_made) == ([7], 1)


def is_free(bench: Bench, name: str = "a") -> bool:
    """Whether another could have it now."""
    token = secrets.token_hex(16)
    is_taken = bench.jobs.scripts.lock("take", name, token=token, ttl_ms=1_000, owner="you")
    if is_taken:
        bench.jobs.scripts.lock("free", name, token=token, ttl_ms=0)
    return is_taken


@pytest.mark.parametrize("fails", [False, True])
def test_nobody_has_a_lock_before_what_was_written_under_it_is_committed(bench: Bench, fails: bool) -> None:
    seen: list[object] = []

    def act(ctx: JobContext, args: Play) -> None:
        with ctx.lock("a", ttl=seconds(30)), ctx.unit_of_work() as work:
            write_effect(work, args.number)
            work.after_commit(lambda: seen.append(is_free(bench)))
        seen.append(is_free(bench))
        if fails:
            raise ValueError("after the block")

    bench.stage.act = act
    bench.submit(7)
    bench.run()

    assert (seen, bench.effects()) == (([False], []) if fails else ([False, False], [7]))
    assert is_free(bench)


def test_a_lock_whose_block_wrote_nothing_is_free_at_its_end(bench: Bench) -> None:
    seen: list[bool] = []

    def act(ctx: JobContext, args: Play) -> None:
        with ctx.lock("a", ttl=seconds(30)):
            pass
        with ctx.unit_of_work() as work:
            write_effect(work, args.number)
        seen.append(is_free(bench))

    bench.stage.act = act
    bench.submit(7)
    bench.run()

    assert (seen, bench.effects()) == ([True], [7])


def test_after_the_loss_of_the_index_nobody_believes_to_hold_a_lock(bench: Bench) -> None:
    def flush() -> None:
        bench.redis.flushall()
        assert locks.listed(bench.jobs.scripts) == []

    lose(hold(bench), flush)


def test_a_block_that_fails_keeps_its_own_error_and_gives_the_lock_back(bench: Bench) -> None:
    def fail(*, is_lost: bool) -> None:
        with hold(bench):
            if is_lost:
                locks.release(bench.jobs.scripts, "a")
            raise ZeroDivisionError

    for is_lost in (True, False):
        with pytest.raises(ZeroDivisionError):
            fail(is_lost=is_lost)
        assert left_ms(bench) == -2


def test_a_job_that_waits_for_a_lock_says_so_and_pays_nothing(bench: Bench) -> None:
    def act(ctx: JobContext, _args: Play) -> None:
        with ctx.lock("a", ttl=seconds(30)):
            pass

    bench.stage.act = act
    job = bench.submit()
    with hold(bench):
        bench.run()
        bench.write_history()
        row = bench.row(job.id)
        assert (row.state, row.wait_reason, row.attempts_made) == ("scheduled", "lock", 0)


def test_an_interrupted_job_gives_its_lock_back(bench: Bench) -> None:
    never = threading.Event()
    wait = hold_until(never)

    def act(ctx: JobContext, args: Play) -> Any:
        with ctx.lock("a", ttl=seconds(60)):
            return wait(ctx, args)

    bench.stage.act = act
    job = bench.submit()
    with at_work(bench):
        eventually(lambda: [one.owner for one in locks.listed(bench.jobs.scripts)] == [f"job {job.id}"])
        bench.jobs.scripts.client.incr(bench.jobs.scripts.keys.unwanted())
        bench.jobs.scripts.drop(job.id, "work", generation=1)
        eventually(lambda: locks.listed(bench.jobs.scripts) == [])


def test_a_lock_of_the_release_before_is_held_until_it_ends(bench: Bench) -> None:
    bench.redis.set(bench.jobs.scripts.keys.lock("a"), "c" * 32, px=60_000)

    with pytest.raises(LockHeld), hold(bench):
        pass
    assert bench.jobs.scripts.lock("free", "a", token="c" * 32, ttl_ms=0)


@pytest.mark.parametrize(
    ("wrong", "field"), [({"owner": ""}, "owner"), ({"ttl": 0}, "ttl"), ({"ttl": -1}, "ttl"), ({"name": "a\n"}, "key")]
)
def test_a_lock_that_cannot_be_had_is_refused_by_field(bench: Bench, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as caught, hold(bench, **wrong):
        pass
    assert caught.value.field == field
    assert locks.listed(bench.jobs.scripts) == []


def test_names_are_those_of_the_documents() -> None:
    assert wallet_lock("0xabc", "pnl") == "lock:wallet:0xabc:pnl"
    assert analysis_lock("0xabc", "behavior") == "lock:analysis:0xabc:behavior"
    assert similarity_lock("r-1") == "lock:similarity:r-1"
    for wrong in ("", "a:b", "x" * 200):
        with pytest.raises(InvalidArgument) as caught:
            wallet_lock(wrong, "pnl")
        assert caught.value.field == "address"


@pytest.fixture
def stub(bench: Bench) -> Iterator[Any]:
    """A caller of the bench's LockService."""
    servicer = Servicer(locks_pb2_grpc.add_LockServiceServicer_to_server, LockServicer(bench.jobs), LOCK_SERVICE)
    server = RpcServer((servicer,), host="127.0.0.1", port=0, token=TOKEN, name="market-data")
    peers = Peers({"market-data": f"127.0.0.1:{server.start()}"}, TOKEN)
    yield peers.stub(locks_pb2_grpc.LockServiceStub, "market-data")
    peers.close()
    server.stop(0)


def test_locks_are_listed_and_released_over_the_wire(bench: Bench, stub: Any) -> None:
    def look_and_release() -> None:
        with hold(bench, "a", ttl=60):
            shown = stub.ListLocks(locks_pb2.ListLocksRequest()).locks
            assert [(lock.name, lock.owner, lock.service) for lock in shown] == [
                ("b", "<script>", "market-data"), ("a", "me", "market-data")
            ]  # fmt: skip
            stub.ReleaseLock(locks_pb2.ReleaseLockRequest(name="b"))
            assert [lock.name for lock in stub.ListLocks(locks_pb2.ListLocksRequest()).locks] == ["a"]

    lose(hold(bench, "b", owner="<script>"), look_and_release)

    assert isinstance(refusal(lambda: stub.ReleaseLock(locks_pb2.ReleaseLockRequest(name="b"))), NotFound)
    assert refusal(lambda: stub.ReleaseLock(locks_pb2.ReleaseLockRequest())).field == "key"
