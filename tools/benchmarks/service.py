"""Owns the service under test: one queue, two jobs. It must never know how it is measured."""

from collections.abc import Callable

from shared.bootstrap import Service, ServiceRuntime
from shared.db import Database
from shared.jobs import Arguments, Catalogue, JobContext, JobDefinition, Jobs, Queue, job, minutes
from shared.jobs.broker import MillraceBroker
from shared.jobs.connection import connect
from shared.jobs.scripts import Scripts
from shared.settings import ServiceSettings
from tools.benchmarks.marks import Pen
from tools.benchmarks.orders import Order

#: Migrations belong to services that ship, so the bench borrows a ledger; it uses nothing else of that service.
SCHEMA = "market_data"
QUEUE = "bench"


class Note(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payload that every engine gets."""

    number: int
    pause_ms: int
    padding: str


def note(ctx: JobContext, args: Note) -> None:
    """Leaves its mark when ordered, within a millisecond; a second run leaves a second mark, which the bench counts."""
    ctx.resource(Pen).note(args.number, args.pause_ms)


def assemble(order: Order, *, process: str) -> ServiceRuntime:
    """What shared.bootstrap makes of a service's folder, made of this module."""
    settings = ServiceSettings(database_url=order.database_url, redis_url=order.redis_url)
    queue = Queue(QUEUE, slots=order.slots, max_running=order.limit or None)
    service = Service(name=SCHEMA, settings=ServiceSettings, queues=(queue,))
    name = f"{service.display}-{process}"
    database = Database(settings.database_url, SCHEMA, application=name)
    catalogue = Catalogue(service.display, definitions(queue), (queue,))
    jobs = Jobs(catalogue, database, Scripts(connect(settings.redis_location, name=name), service.display))
    return ServiceRuntime(service, settings, database, jobs, MillraceBroker(catalogue), {Pen: Pen(order.marks)})


def definitions(queue: Queue) -> tuple[JobDefinition[Note, None], ...]:
    """The same function twice: recorded in PostgreSQL, and not."""
    declared: list[JobDefinition[Note, None]] = []
    for is_durable in (True, False):
        declare: Callable[..., JobDefinition[Note, None]] = job(
            queue=queue, name=name_of(is_durable=is_durable), timeout=minutes(5), durable=is_durable
        )
        declared.append(declare(note))
    return tuple(declared)


def name_of(*, is_durable: bool) -> str:
    """The job's name."""
    return "note-durable" if is_durable else "note"
