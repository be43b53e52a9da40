"""Limits, rates and order are judged from events alone."""

from tools.faults.replay import Rules, replay
from tools.faults.valkey_faults import Loss
from tools.faults.watch import Seen


def event(at_ms: int, kind: str, job_id: str = "a", *, token: str = "t", state: str = "running") -> Seen:
    return Seen(at_ms, job_id, "q", state, kind, token)


def enqueued(at_ms: int, job_id: str) -> Seen:
    return event(at_ms, "enqueued", job_id, state="queued")


def kinds(events: list[Seen], losses: tuple[Loss, ...] = (), **rules: object) -> list[str]:
    return [violation.kind for violation in replay(events, losses, Rules(**rules))]  # type: ignore[arg-type]  # any rule


def test_a_second_lease_beside_the_first_is_seen() -> None:
    assert kinds([event(1, "started", token="t1"), event(2, "started", token="t2")]) == ["double lease"]


def test_a_lease_after_the_first_was_taken_back_is_no_double() -> None:
    assert kinds([event(1, "started"), event(2, "reclaimed"), event(3, "started")]) == []


def test_a_lease_from_before_a_loss_is_forgotten() -> None:
    assert kinds([event(1, "started"), event(9, "started")], (Loss(5, "flush"),)) == []


def test_a_lease_is_forgotten_by_a_kill_only_when_it_was_given_shortly_before() -> None:
    twice = [event(10_000, "started"), event(15_000, "started")]

    assert kinds(twice, kills=(10_010,)) == []
    assert kinds(twice, kills=(12_500,)) == ["double lease"]
    assert kinds(twice, kills=(9_000,)) == ["double lease"]
    assert kinds(twice, kills=(15_010,)) == ["double lease"]


def test_more_leases_than_max_running_are_seen() -> None:
    starts = [event(at, "started", job_id) for at, job_id in enumerate("abc")]

    assert kinds(starts, max_running={"q": 2}) == ["limit"]


def test_an_end_makes_room() -> None:
    events = [event(1, "started", "a"), event(2, "completed", "a"), event(3, "started", "b")]

    assert kinds(events, max_running={"q": 1}) == []


def test_one_start_too_many_in_any_window_is_seen() -> None:
    starts = [event(at, "started", job_id) for at, job_id in ((500, "a"), (1_400, "b"), (1_499, "c"))]

    assert kinds(starts, rates={"q": (2, 1_000)}) == ["rate"]


def test_a_start_exactly_one_window_later_is_allowed() -> None:
    starts = [event(at, "started", job_id) for at, job_id in ((500, "a"), (1_400, "b"), (1_500, "c"))]

    assert kinds(starts, rates={"q": (2, 1_000)}) == []


def test_a_rate_holds_across_a_loss() -> None:
    starts = [event(at, "started", job_id) for at, job_id in ((1, "a"), (9, "b"))]

    assert kinds(starts, (Loss(5, "flush"),), rates={"q": (1, 1_000)}) == ["rate"]


def test_a_start_before_its_turn_is_seen() -> None:
    assert kinds([enqueued(1, "a"), enqueued(2, "b"), event(3, "started", "b")], ordered=frozenset({"q"})) == ["order"]


def test_a_lower_priority_number_goes_first() -> None:
    events = [enqueued(1, "a"), enqueued(2, "b"), event(3, "started", "b")]

    assert kinds(events, ordered=frozenset({"q"}), priorities={"a": 3, "b": 1}) == []


def test_a_job_that_was_taken_back_keeps_its_place() -> None:
    events = [enqueued(1, "a"), enqueued(2, "b"), event(3, "started", "a"), event(4, "reclaimed", "a")]
    events += [event(5, "started", "b")]

    assert kinds(events, ordered=frozenset({"q"})) == ["order"]


def test_a_retry_that_waits_for_its_time_is_passed() -> None:
    events = [enqueued(1, "a"), enqueued(2, "b"), event(3, "started", "a"), event(4, "retrying", "a")]
    events += [event(5, "started", "b")]

    assert kinds(events, ordered=frozenset({"q"})) == []


def waiting(at_ms: int, kind: str, *, due_ms: int, state: str = "scheduled") -> Seen:
    return Seen(at_ms, "a", "q", state, kind, "", due_ms=due_ms)


def test_a_start_before_its_time_is_seen() -> None:
    assert kinds([waiting(1, "enqueued", due_ms=9), event(8, "started")]) == ["early"]
    assert kinds([waiting(1, "enqueued", due_ms=9), event(9, "started")]) == []
    assert kinds([waiting(1, "retrying", due_ms=9, state="retrying"), event(8, "started")]) == ["early"]


def test_the_time_that_counts_is_the_one_a_job_was_last_given() -> None:
    first = waiting(1, "enqueued", due_ms=9)

    assert kinds([first, waiting(2, "changed", due_ms=20), event(10, "started")]) == ["early"]
    assert kinds([first, waiting(2, "changed", due_ms=2, state="queued"), event(3, "started")]) == []
    assert kinds([first, event(8, "started")], (Loss(5, "flush"),)) == []
