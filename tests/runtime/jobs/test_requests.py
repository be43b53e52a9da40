"""The request that led to a job: in its row, its reading, its logs, its children, and what other services do for it."""

from typing import Any

from shared import logs
from shared.jobs import JobContext, submit_many
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.testing import drain
from tests.runtime.jobs.pair import Pair, here, there
from tests.runtime.jobs.sample import Bench, Play, play
from tests.runtime.jobs.site import Site


def told(bench: Bench) -> list[Any]:
    return [row[0] for row in bench.sql("SELECT request_id FROM job ORDER BY seq")]


def hears(seen: list[str]) -> Any:
    """A job body that writes down in whose name it runs."""
    return lambda _ctx, _args: seen.append(logs.request_id())


def test_a_job_runs_in_the_name_of_the_call_that_submitted_it(site: Site) -> None:
    seen: list[str] = []
    site.bench.stage.act = hears(seen)
    with logs.bound(request_id="from-a-person"):
        accepted = site.submit().job

    drain(site.bench.runtime)

    assert seen == ["from-a-person"]
    assert site.get(accepted.id).request_id == "from-a-person"


def test_a_job_that_nobody_asked_for_runs_in_no_name_whoever_ran_before(bench: Bench) -> None:
    seen: list[str] = []
    bench.stage.act = hears(seen)
    with logs.bound(request_id="from-a-person"):
        submit_many(bench.jobs, play, [Play(), Play()])
    bench.submit()

    drain(bench.runtime)

    assert seen == ["from-a-person", "from-a-person", ""]
    assert told(bench) == ["from-a-person", "from-a-person", None]


def test_a_lost_index_and_a_child_keep_it(bench: Bench) -> None:
    def act(ctx: JobContext, args: Play) -> None:
        if args.number == 1:
            ctx.submit(play, Play(number=2), key="child")

    bench.stage.act = act
    with logs.bound(request_id="from-a-person"):
        bench.submit(1)
    bench.redis.flushdb()
    reconcile_once(bench.jobs)

    drain(bench.runtime)

    assert told(bench) == ["from-a-person", "from-a-person"]


def test_every_node_of_a_flow_runs_in_its_name_also_in_another_service(pair: Pair) -> None:
    seen: list[str] = []
    pair.home.stage.act = pair.away.stage.act = hears(seen)
    with logs.bound(request_id="from-a-person"):
        pair.submit(here("first"), there("elsewhere", "first"), here("last", "elsewhere"))

    pair.turn()

    assert seen == ["from-a-person"] * 3
    assert told(pair.away) == ["from-a-person"]
