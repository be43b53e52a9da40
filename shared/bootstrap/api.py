"""Owns the api role: one gRPC server and port per service. It must never run a job."""

from collections.abc import Callable

from protos.jobs.v1 import jobs_pb2, jobs_pb2_grpc, locks_pb2_grpc
from shared.bootstrap.process import Process
from shared.bootstrap.service import ServiceRuntime
from shared.errors import ConfigurationInvalid
from shared.health import HealthRegistry
from shared.jobs.demands import refuse_unsafe
from shared.jobs.lock_servicer import LOCK_SERVICE, LockServicer
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
    lock_service = Servicer(locks_pb2_grpc.add_LockServiceServicer_to_server, LockServicer(runtime.jobs), LOCK_SERVICE)
    own = runtime.service.servicers(runtime) if runtime.service.servicers else ()
    return RpcServer(
        (job_service, lock_service, *own),
        host=process.settings.grpc_host,
        port=runtime.settings.grpc_port,
        token=process.settings.service_token,
        name=runtime.service.display,
        health=checks,
    )
