"""Owns the small service whose stores the fixtures keep. It must never lose a name: releases have written it down."""

from typing import Any

from shared.bootstrap import ServiceRuntime
from shared.bootstrap.scheduler import declare
from shared.db import Database
from shared.jobs import Catalogue, JobContext, Jobs, Queue, Rate, fixed, job, minutes, seconds
from shared.jobs.broker import MillraceBroker
from shared.jobs.maintenance.reconciler import reconcile_once
from shared.jobs.scripts import Scripts
from tests.runtime.jobs.provider import Provider
from tests.runtime.jobs.sample import SERVICE, Bench, Play, Stage

WORK = Queue("work", slots=4)
STOPPED = Queue("stopped", slots=1)
LIMITED = Queue("limited", slots=2, rate=Rate(100, minutes(1)))
QUEUES = (WORK, STOPPED, LIMITED)
CHARGE, DRAW, FAIL = "charge", "draw", "fail"
NO_ANSWER = "no answer"
#: Of jobs that are not there yet when a fixture is written: of a schedule that is due, of a message that waits.
DUE, WAITING = 900, 901


@job(queue=WORK, name="errand", timeout=seconds(30), attempts=3, backoff=fixed(60))
def errand(ctx: JobContext, args: Play) -> Any:
    """Does what `carry_out` says; seconds; a second run repeats nothing outside."""
    return ctx.resource(Stage).perform(ctx, args)


@job(queue=WORK, name="ping", timeout=seconds(30), durable=False)
def ping(ctx: JobContext, args: Play) -> Any:
    """May be lost with Redis."""
    return ctx.resource(Stage).perform(ctx, args)


def carry_out(ctx: JobContext, args: Play) -> dict[str, Any]:
    """What an errand does, in every release: an effect, a step or a failure where its note says so."""
    if args.note == CHARGE:
        return {"number": args.number, **ctx.effect(CHARGE, ctx.resource(Provider).charge)}
    if args.note == DRAW:
        return {"number": args.number, "drawn": ctx.step(DRAW, lambda _work: ctx.attempt)}
    if args.note == FAIL:
        raise ValueError(NO_ANSWER)
    return {"number": args.number}


def house_of(database: Database, scripts: Scripts) -> Bench:
    """The service on these stores; nothing is touched yet."""
    catalogue = Catalogue(SERVICE.display, (errand, ping), QUEUES)
    jobs = Jobs(catalogue, database, scripts)
    stage = Stage(act=carry_out)
    resources: dict[type, object] = {Stage: stage, Provider: Provider()}
    return Bench(ServiceRuntime(SERVICE, None, database, jobs, MillraceBroker(catalogue), resources), stage)


def boot(bench: Bench) -> None:
    """Declare queues and open claims, as the scheduler role does."""
    declare(bench.runtime)
    reconcile_once(bench.jobs)
