"""Owns submitting as strangers do: by gRPC and by REST, repeated with one idempotency key. Must never use a store."""

import threading
from collections.abc import Callable

import grpc
import httpx
import msgspec

from protos.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from shared.errors import PlatformError
from shared.rpc.channel import Peers
from shared.settings import Secret
from tools.faults.assembly import NAME
from tools.stores.ports import HOST

CALL_SECONDS = 3.0
TRIES = 4
AGAIN_SECONDS = 0.5
ACCEPTED = 202


class Unanswered(Exception):
    """No answer that says whether there is a job."""


class Calls:
    """The two doors for strangers. A key makes a repeated call the same submission, so both repeat what failed."""

    def __init__(self, *, grpc_port: int, token: Secret, http_port: int, api_key: Secret) -> None:
        self._peers = Peers({NAME: f"{HOST}:{grpc_port}"}, token)
        self._http = httpx.Client(
            base_url=f"http://{HOST}:{http_port}",
            headers={"X-API-Key": api_key.reveal()},
            timeout=CALL_SECONDS,
            trust_env=False,
        )
        self._stopping = threading.Event()

    def close(self) -> None:
        """Repeat nothing any more and let go of the connections."""
        self._stopping.set()
        self._peers.close()
        self._http.close()

    def by_grpc(self, number: int, job: str, args: dict[str, int]) -> str:
        """SubmitJob; the id of the job."""
        stub = self._peers.stub(jobs_pb2_grpc.JobServiceStub, NAME)
        request = jobs_pb2.SubmitJobRequest(
            name=job, args_json=msgspec.json.encode(args).decode(), idempotency_key=f"nemesis-{number}"
        )
        return self._repeated(lambda: str(stub.SubmitJob(request, timeout=CALL_SECONDS).job.id))

    def by_rest(self, number: int, job: str, args: dict[str, int]) -> str:
        """POST /api/v1/jobs; the id of the job."""

        def post() -> str:
            response = self._http.post(
                "/api/v1/jobs",
                json={"name": job, "service": NAME, "args": args},
                headers={"Idempotency-Key": f"nemesis-{number}"},
            )
            if response.status_code != ACCEPTED:
                raise Unanswered(f"status {response.status_code}: {response.text[:200]}")
            return str(response.json()["id"])

        return self._repeated(post)

    def _repeated(self, call: Callable[[], str]) -> str:
        for left in reversed(range(TRIES)):
            try:
                return call()
            except (grpc.RpcError, httpx.HTTPError, PlatformError, Unanswered):
                if not left or self._stopping.wait(AGAIN_SECONDS):
                    raise
        raise Unanswered
