"""Owns the api role: one gRPC server and port per service. It must never run a job."""

from collections.abc import Callable

from protos.jobs.v1 import concurrency_pb2_grpc, jobs_pb2, jobs_pb2_grpc, providers_pb2_grpc, results_pb2_grpc
from shared.bootstrap.process import Process
from shared.bootstrap.service import ServiceRuntime
from shared.errors import ConfigurationInvalid
from shared.health import HealthRegistry
from shared.jobs import concurrency_servicer, provider_servicer, result_servicer
from shared.jobs.demands import refuse_unsafe
from shared.jobs.servicer import JobServicer
from shared.rpc import WATCH_STREAMS, RpcServer, Servicer, StreamSlots

JOB_SERVICE = str(jobs_pb2.DESCRIPTOR.services_by_name["JobService"].full_name)


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
    """The server of one service: its own contracts and JobService."""
    checks = HealthRegistry()
    checks.add("postgres", runtime.database.ping)
    checks.add("redis", runtime.jobs.scripts.ping)
    process.health.include(checks, prefix=runtime.service.display)
    job_service = Servicer(
        jobs_pb2_grpc.add_JobServiceServicer_to_server,
        JobServicer(runtime.jobs, StreamSlots(WATCH_STREAMS)),
        JOB_SERVICE,
    )
    own = runtime.service.servicers(runtime) if runtime.service.servicers else ()
    return RpcServer(
        (job_service, *_beside(runtime), *own),
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
    )
