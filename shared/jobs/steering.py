"""Owns which contracts every service serves beside JobService. It must never serve one of a service's own."""

from protos.jobs.v1 import (
    attempts_pb2_grpc,
    exchange_pb2,
    exchange_pb2_grpc,
    freshness_pb2_grpc,
    gates_pb2,
    gates_pb2_grpc,
    statistics_pb2_grpc,
    why_pb2,
    why_pb2_grpc,
)
from shared.jobs import attempt_servicer, statistics_servicer
from shared.jobs.attempt_servicer import AttemptServicer
from shared.jobs.exchange_servicer import ExchangeServicer
from shared.jobs.freshness.servicer import FRESHNESS, FreshnessServicer
from shared.jobs.gate_servicer import GateServicer
from shared.jobs.statistics_servicer import StatisticsServicer
from shared.jobs.submission import Jobs
from shared.jobs.why_servicer import WhyServicer
from shared.rpc import Servicer

GATES = str(gates_pb2.DESCRIPTOR.services_by_name["GateService"].full_name)
WHY = str(why_pb2.DESCRIPTOR.services_by_name["WhyService"].full_name)
EXCHANGE = str(exchange_pb2.DESCRIPTOR.services_by_name["ExchangeService"].full_name)


def steering_servicers(jobs: Jobs) -> tuple[Servicer, ...]:
    """Gates, the answer to why, messages and effects, attempts and statistics, for one service's jobs."""
    return (
        Servicer(gates_pb2_grpc.add_GateServiceServicer_to_server, GateServicer(jobs), GATES),
        Servicer(why_pb2_grpc.add_WhyServiceServicer_to_server, WhyServicer(jobs), WHY),
        Servicer(exchange_pb2_grpc.add_ExchangeServiceServicer_to_server, ExchangeServicer(jobs), EXCHANGE),
        Servicer(freshness_pb2_grpc.add_FreshnessServiceServicer_to_server, FreshnessServicer(jobs), FRESHNESS),
        Servicer(
            attempts_pb2_grpc.add_AttemptServiceServicer_to_server, AttemptServicer(jobs), attempt_servicer.FULL_NAME
        ),
        Servicer(
            statistics_pb2_grpc.add_StatisticsServiceServicer_to_server,
            StatisticsServicer(jobs),
            statistics_servicer.FULL_NAME,
        ),
    )
