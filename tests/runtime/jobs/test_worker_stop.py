"""A worker that was told to stop: what it no longer starts while it drains."""

import threading

from tests.runtime.jobs.sample import Bench, at_work, hold_until
from tests.runtime.jobs.waiting import eventually


def test_a_worker_that_was_told_to_stop_starts_nothing_while_what_runs_goes_on(bench: Bench) -> None:
    released = threading.Event()
    bench.stage.act = hold_until(released)

    with at_work(bench) as worker:
        first = bench.submit(1)
        eventually(lambda: bench.stage.numbers == [1])
        worker.stop_claiming()
        later = [bench.submit(number) for number in (2, 3)]
        released.set()
        worker.stop(10)

    assert bench.stage.numbers == [1]
    assert bench.state(first.id) == "completed"
    assert [bench.state(job.id) for job in later] == ["queued", "queued"]
