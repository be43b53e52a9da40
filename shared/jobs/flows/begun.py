"""Owns what a job may do with flows: begin one, read its part of one. Two attempts must never begin two."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from shared.db import UnitOfWork
from shared.errors import InvalidArgument
from shared.jobs.flows.graphs import Node
from shared.jobs.flows.opening import submit_flow
from shared.jobs.flows.reads import Flow, ParentResult, results_of_parents
from shared.jobs.ledger.records import JobId
from shared.jobs.scripts import Held
from shared.jobs.submission import Jobs
from shared.rpc import Peers

#: Namespace of the ids that flows derive from (job, generation, key), as those of children do.
_FLOWS = uuid.UUID("1e0d3c5a-7f0b-5a61-9c36-0f6f5b8f2d1c")


class BeginsFlows:
    """What a job's context offers of flows."""

    id: JobId
    _jobs: Jobs
    _held: Held
    _resources: dict[type, object]
    _final: UnitOfWork | None

    def submit_flow(
        self,
        name: str,
        nodes: Sequence[Node],
        *,
        key: str,
        timeout: timedelta | None = None,
        on_success: Node | None = None,
        on_complete: Node | None = None,
        on_death: Node | None = None,
    ) -> Flow:
        """Begin a graph of jobs, as shared.jobs.submit_flow does. `key` names it within this job: a repeated attempt

        gets the flow that is there. Inside unit_of_work() it commits with it; else at once. Nodes of other services are
        asked of them first, so that such a flow belongs before unit_of_work().
        """
        if not 1 <= len(key) <= 200:
            raise InvalidArgument("key must have 1 to 200 characters", field="key")
        if self._final is not None and any(node.service for node in nodes):
            raise RuntimeError("a flow with nodes of other services asks them: it belongs before unit_of_work()")
        peers = self._resources.get(Peers)
        return submit_flow(
            self._jobs, name, nodes, timeout=timeout, on_success=on_success, on_complete=on_complete,
            on_death=on_death, peers=peers if isinstance(peers, Peers) else None, within=self._final,
            flow_id=str(uuid.uuid5(_FLOWS, f"{self.id}:{self._held.generation}:{key}")),
        )  # fmt: skip

    def results(self) -> dict[str, ParentResult]:
        """What those it has waited for came to, by key in its flow, else by id. Raises PayloadTooLarge above 16 MiB."""
        return results_of_parents(self._jobs.database, self.id)
