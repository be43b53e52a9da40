"""Promises of the order of starts: strict by priority, FIFO within one, and nothing starves."""

from tests.runtime.jobs.scripts.index import Index, Q


def order_of(index: Index, want: int) -> list[str]:
    return [held.id for held in index.take(want)]


def test_of_ten_starts_one_is_for_a_lower_priority_that_has_aged(index: Index) -> None:
    index.configure(age_ms=0)
    index.push_all(*(f"low-{n}" for n in range(3)), priority=4)
    index.push_all(*(f"top-{n:02}" for n in range(30)), priority=1)

    order = order_of(index, 20)

    assert order[:9] == [f"top-{n:02}" for n in range(9)]
    assert order[9] == "low-0"
    assert order[10:19] == [f"top-{n:02}" for n in range(9, 18)]
    assert order[19] == "low-1"


def test_single_claims_give_the_same_order_as_one_big_one(index: Index) -> None:
    index.configure(age_ms=0)
    index.push_all(*(f"low-{n}" for n in range(3)), priority=4)
    index.push_all(*(f"top-{n:02}" for n in range(30)), priority=1)

    order = [order_of(index, 1)[0] for _ in range(20)]

    assert [at for at, job_id in enumerate(order) if job_id.startswith("low")] == [9, 19]


def test_what_has_not_aged_waits_for_its_turn(index: Index) -> None:
    index.push_all("low", priority=4)
    index.push_all(*(f"top-{n:02}" for n in range(20)), priority=1)

    assert order_of(index, 20) == [f"top-{n:02}" for n in range(20)]


def test_the_longest_waiting_of_all_lower_priorities_has_the_turn(index: Index) -> None:
    index.configure(age_ms=0)
    index.client.hset(index.keys.of_queue(Q, "count"), "started", 9)
    index.push("top", priority=1)
    index.push("low", priority=4)
    index.push("batch", priority=5)
    waiting_since = index.scripts.time_ms()
    while index.scripts.time_ms() == waiting_since:  # who came within one millisecond has waited as long
        continue
    index.push("high", priority=2)

    assert order_of(index, 1) == ["low"]


def test_no_priority_starves_while_higher_ones_keep_coming(index: Index) -> None:
    index.configure(age_ms=0)
    index.push_all(*(f"{priority}-{n}" for priority in (3, 5) for n in range(2)), priority=5)
    for n in range(60):
        index.push(f"top-{n}", priority=1)

    started = [order_of(index, 1)[0] for _ in range(40)]

    assert [job_id for job_id in started if not job_id.startswith("top")] == ["3-0", "3-1", "5-0", "5-1"]


def test_an_aged_job_whose_gate_is_closed_does_not_waste_the_turn(index: Index) -> None:
    index.configure(age_ms=0)
    index.client.hset(index.keys.of_queue(Q, "count"), "started", 9)
    index.gate("g:shut", until_ms=-1)
    index.push("shut", priority=4, group="shut")
    index.push("low", priority=4)
    index.push("top", priority=1)

    assert order_of(index, 2) == ["low", "top"]
    assert index.view().parked == ["shut"]
