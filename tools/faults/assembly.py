"""Owns the run's service: declared here in code, with the real runtime under it. It must never open a store itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from shared.bootstrap import Service, ServiceRuntime
from shared.db import Database, migrations
from shared.db.engine import psycopg_url
from shared.jobs import Catalogue, Guards, JobDefinition, Jobs, Misfire, Overlap, Schedule, put_schedule, seconds
from shared.jobs.broker import MillraceBroker
from shared.jobs.connection import connect
from shared.jobs.ledger.models import metadata
from shared.jobs.scripts import Scripts
from shared.settings import ServiceSettings, setting
from tools.faults import graph_jobs, keyed_jobs, kinds, timed_jobs
from tools.faults.jobs import JOBS, QUEUES
from tools.faults.oracle import Oracle

NAME = "nemesis"
GATEWAY = "gateway"
SHORT, REAL = "short", "real"
SCHEDULES = 3
#: How the names of schedules begin whose ticks wait for nobody.
FREE = "second-"
ALL_JOBS: tuple[JobDefinition[Any, Any], ...] = (
    *JOBS,
    *kinds.JOBS,
    *keyed_jobs.JOBS,
    *graph_jobs.JOBS,
    *timed_jobs.JOBS,
)


@dataclass(frozen=True, slots=True)
class FaultSettings(ServiceSettings):
    """Beside every service's settings, where bodies write."""

    oracle_file: str = setting("ORACLE_FILE")
    #: Whether losses are noticed ten times as fast as in production.
    timings: str = setting("TIMINGS", default=SHORT, choices=(SHORT, REAL))


SERVICE = Service(name=NAME, settings=FaultSettings, queues=QUEUES)


def assemble(settings: FaultSettings, *, process: str, pool_size: int = 4) -> ServiceRuntime:
    """The service's runtime in this process."""
    name = f"{NAME}-{process}"
    database = Database(settings.database_url, NAME, pool_size=pool_size, application=name)
    scripts = Scripts(connect(settings.redis_location, name=name), NAME)
    catalogue = Catalogue(NAME, ALL_JOBS, QUEUES, budgets=(timed_jobs.METER,))
    jobs = Jobs(catalogue, database, scripts, peers=settings.addresses)
    resources: dict[type, Any] = {Oracle: Oracle(Path(settings.oracle_file)), Guards: Guards(jobs)}
    return ServiceRuntime(SERVICE, settings, database, jobs, MillraceBroker(catalogue), resources)


def make_schema(admin_url: str, service_url: str) -> None:
    """The ledger as the service's role, the tables of the run, and a trigger that sees every outcome."""
    migrations.prepare(admin_url, service_url, NAME)
    engine = sa.create_engine(
        "postgresql+psycopg://" + psycopg_url(service_url).partition("://")[2],
        connect_args={"options": f"-c search_path={NAME}"},
    )
    metadata.create_all(engine)
    engine.dispose()
    with psycopg.connect(psycopg_url(service_url), autocommit=True, options=f"-c search_path={NAME}") as connection:
        connection.execute(_OWN_TABLES)


def make_gateway_schema(admin_url: str, service_url: str) -> None:
    """The gateway's own tables, as its migrations make them."""
    migrations.prepare(admin_url, service_url, GATEWAY)
    migrations.upgrade(service_url, GATEWAY)


def put_schedules(runtime: ServiceRuntime) -> None:
    """Some schedules that tick every second."""
    with runtime.database.unit_of_work() as work:
        for number in range(SCHEDULES):
            put_schedule(work, Schedule(name=f"{FREE}{number}", job="tick", every=seconds(1), overlap=Overlap.ALLOW))
        for name, (overlap, every, run_ms) in timed_jobs.BEATS.items():
            args = {"run_ms": run_ms}
            put_schedule(work, Schedule(name=name, job="beat", every=seconds(every), overlap=overlap, args=args))
        put_schedule(work, Schedule(
            name=timed_jobs.FILLED, job="beat", every=seconds(1), overlap=Overlap.ALLOW, misfire=Misfire.BACKFILL,
            misfire_max=timed_jobs.FILLED_MAX,
        ))  # fmt: skip


_OWN_TABLES = """
CREATE TABLE limit_set (job_id uuid, until timestamptz);
CREATE TABLE effect (job_id uuid, generation integer, pid integer, at timestamptz DEFAULT clock_timestamp());
CREATE TABLE step_effect (job_id uuid, generation integer);
CREATE TABLE walk_effect (job_id uuid, generation integer, part integer);
CREATE TABLE circuit_turn (turn bigint, state text, opens_ms bigint, since_ms bigint);
CREATE TABLE intent (n bigint);
CREATE TABLE outcome (job_id uuid, generation integer, before text, after text,
                      at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION see_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.finished_at IS NOT NULL AND OLD.finished_at IS NULL)
     OR (OLD.finished_at IS NOT NULL AND OLD.generation = NEW.generation
         AND (NEW.state, NEW.finished_at, NEW.result, NEW.error)
             IS DISTINCT FROM (OLD.state, OLD.finished_at, OLD.result, OLD.error)) THEN
    INSERT INTO outcome (job_id, generation, before, after) VALUES (NEW.id, NEW.generation, OLD.state, NEW.state);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER see_outcome AFTER UPDATE ON job FOR EACH ROW EXECUTE FUNCTION see_outcome();
CREATE FUNCTION see_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO limit_set VALUES (NEW.job_id, least(NEW.expires_at, NEW.deadline_at));
  RETURN NEW;
END $$;
CREATE TRIGGER see_limit AFTER INSERT OR UPDATE ON job_limit FOR EACH ROW EXECUTE FUNCTION see_limit();
CREATE FUNCTION see_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO circuit_turn VALUES (NEW.turn, NEW.state, NEW.opens_ms, NEW.since_ms);
  RETURN NEW;
END $$;
CREATE TRIGGER see_turn AFTER UPDATE ON circuit FOR EACH ROW WHEN (OLD.turn < NEW.turn) EXECUTE FUNCTION see_turn();
"""
