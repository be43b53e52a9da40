"""Owns what a service says of jobs that other services' flows have here. It must never change one."""

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from protos.jobs.v1 import flows_pb2
from shared.errors import InvalidArgument
from shared.jobs import payloads, wire
from shared.jobs.admission import prepare
from shared.jobs.keyed_nodes import refuse_latest
from shared.jobs.ledger import queries
from shared.jobs.states import State
from shared.jobs.submission import Jobs

NODES_MAX = 200
ANSWER_BYTES = 2 * 1024 * 1024

_MADE = sa.text("""
SELECT message_id, result #>> '{}' FROM inbox WHERE source = :source AND message_id = ANY(:ids)
""")


def check_nodes(jobs: Jobs, nodes: Sequence[Any]) -> None:
    """Whether this service would take these jobs. Raises InvalidArgument naming the node's field."""
    for at, node in enumerate(nodes):
        try:
            submission = prepare(
                jobs.catalogue, node.name, payloads.parse_object(node.args_json or "{}"), queue=node.queue or None,
                priority=node.priority or None, scheduled_for=wire.instant_of(node, "scheduled_for"),
            )  # fmt: skip
            if not submission.is_durable:
                raise InvalidArgument("a job with durable=False keeps no row, so it cannot be in a flow", field="name")
            refuse_latest(submission)
        except InvalidArgument as error:
            error.args = (f"nodes[{at}].{error.field}: {error}",)
            error.field = f"nodes[{at}].{error.field}"
            raise


def outcomes_of(jobs: Jobs, source: str, nodes: Sequence[Any]) -> list[Any]:
    """How the jobs of these messages stand; unknown messages are left out, and what is too much for one answer."""
    if len(nodes) > NODES_MAX:
        raise InvalidArgument(f"at most {NODES_MAX} nodes a call", field="nodes")
    with jobs.database.unit_of_work() as work:
        ids = {"source": source, "ids": [node.message_id for node in nodes]}
        made = {row[0]: row[1] for row in work.connection.execute(_MADE, ids)}
        found = {node.message_id: _uuid(made.get(node.message_id)) or _uuid(node.job_id) for node in nodes}
        rows = {job_id: queries.get(work, job_id) for job_id in found.values() if job_id}
    told: list[Any] = []
    size = 0
    for message_id, job_id in found.items():
        if not job_id:
            continue
        row = rows[job_id]
        told.append(flows_pb2.NodeOutcome(message_id=message_id, job_id=job_id))
        if row is not None:
            told[-1].state = wire.STATES[row.state]
            told[-1].error_message = str((row.error or {}).get("message", ""))[:2000]
            told[-1].result_json = msgspec.json.encode(row.result).decode() if row.state is State.COMPLETED else ""
        size += told[-1].ByteSize()
        if size > ANSWER_BYTES:
            break
    return told


def _uuid(text: str | None) -> str:
    """The id of a job, or nothing: another service's word is no id yet, nor is what its other messages led to."""
    try:
        return str(uuid.UUID(text or ""))
    except ValueError:
        return ""
