"""Owns the api role: one gRPC server and port per service. It must never run a job."""

from collections.abc import Callable

from protos.jobs.v1 import (
    concurrency_pb2_grpc,
    flows_pb2,
    flows_pb2_grpc,
    history_pb2,
    history_pb2_grpc,
    jobs_pb2,
    jobs_pb2_grpc,
    locks_pb2_grpc,
    outcomes_pb2_grpc,
    providers_pb2_grpc,
    results_pb2_grpc,
    schedules_pb2,
    schedules_pb2_grpc,
)
from shared.bootstrap.process import Process
from shared.bootstrap.service import ServiceRuntime
from shared.db.demands import refuse_old
from shared.errors import ConfigurationInvalid
from shared.health import HealthRegistry
from shared.jobs import concurrency_servicer, outcome_servicer, provider_servicer, result_servicer
from shared.jobs.demands import refuse_unread, refuse_unsafe
from shared.jobs.flows.servicer import FlowServicer
from shared.jobs.history_servicer import HistoryServicer
from shared.jobs.lock_servicer import LOCK_SERVICE, LockServicer
from shared.jobs.schedule_servicer import ScheduleServicer
from shared.jobs.servicer import JobServicer
from shared.jobs.steering import steering_servicers
from shared.rpc import WATCH_STREAMS, Peers, RpcServer, Servicer, StreamSlots

SCHEDULE_SERVICE = str(schedules_pb2.DESCRIPTOR.services_by_name["ScheduleService"].full_name)
JOB_SERVICE = str(jobs_pb2.DESCRIPTOR.services_by_name["JobService"].full_name)
HISTORY_SERVICE = str(history_pb2.DESCRIPTOR.services_by_name["HistoryService"].full_name)
FLOW_SERVICE = str(flows_pb2.DESCRIPTOR.services_by_name["FlowService"].full_name)


def start(process: Process, runtimes: list[ServiceRuntime]) -> Callable[[], None]:
    """Serve every service on its own port; returns how to stop."""
    missing = [
        f"{runtime.service.name.upper()}_GRPC_PORT is required to serve {runtime.service.display}"
        for runtime in runtimes
        if not runtime.settings.grpc_port
    ]
    if missing:
        raise ConfigurationInvalid(missing)
    servers = []
    for runtime in runtimes:
        refuse_unsafe(runtime.jobs.scripts.client, in_production=process.settings.is_production)
        refuse_unread(runtime.jobs.scripts)
        refuse_old(runtime.database)
        servers.append(server_of(process, runtime))
    for server in servers:
        server.start()

    def stop() -> None:
        for server in servers:
            server.stop(grace=5)
        for runtime in runtimes:
            runtime.database.close()

    return stop


def server_of(process: Process, runtime: ServiceRuntime) -> RpcServer:
    """The server of one service: its own contracts and those of every service."""
    checks = HealthRegistry()
    checks.add("postgres", runtime.database.ping)
    checks.add("redis", runtime.jobs.scripts.ping)
    process.health.include(checks, prefix=runtime.service.display)
    streams = StreamSlots(WATCH_STREAMS)
    job_service = Servicer(
        jobs_pb2_grpc.add_JobServiceServicer_to_server, JobServicer(runtime.jobs, streams), JOB_SERVICE
    )
    history_service = Servicer(
        history_pb2_grpc.add_HistoryServiceServicer_to_server, HistoryServicer(runtime.jobs, streams), HISTORY_SERVICE
    )
    schedule_service = Servicer(
        schedules_pb2_grpc.add_ScheduleServiceServicer_to_server, ScheduleServicer(runtime.jobs), SCHEDULE_SERVICE
    )
    peers = Peers(runtime.settings.addresses, process.settings.service_token)  # opens no channel before its use
    flow_service = Servicer(
        flows_pb2_grpc.add_FlowServiceServicer_to_server, FlowServicer(runtime.jobs, peers), FLOW_SERVICE
    )
    own = runtime.service.servicers(runtime) if runtime.service.servicers else ()
    return RpcServer(
        (
            job_service,
            history_service,
            schedule_service,
            flow_service,
            *_beside(runtime),
            *steering_servicers(runtime.jobs),
            *own,
        ),
        host=process.settings.grpc_host,
        port=runtime.settings.grpc_port,
        token=process.settings.service_token,
        name=runtime.service.display,
        health=checks,
    )


def _beside(runtime: ServiceRuntime) -> tuple[Servicer, ...]:
    """The other contracts that every service serves for its own jobs."""
    return (
        Servicer(
            providers_pb2_grpc.add_ProviderServiceServicer_to_server,
            provider_servicer.ProviderServicer(runtime.jobs),
            provider_servicer.FULL_NAME,
        ),
        Servicer(
            results_pb2_grpc.add_ResultServiceServicer_to_server,
            result_servicer.ResultServicer(runtime.jobs),
            result_servicer.FULL_NAME,
        ),
        Servicer(
            concurrency_pb2_grpc.add_ConcurrencyServiceServicer_to_server,
            concurrency_servicer.ConcurrencyServicer(runtime.jobs),
            concurrency_servicer.FULL_NAME,
        ),
        Servicer(locks_pb2_grpc.add_LockServiceServicer_to_server, LockServicer(runtime.jobs), LOCK_SERVICE),
        Servicer(
            outcomes_pb2_grpc.add_OutcomeServiceServicer_to_server,
            outcome_servicer.OutcomeServicer(runtime.jobs),
            outcome_servicer.FULL_NAME,
        ),
    )
