"""A service that nobody has written yet is one folder, one contract and one block of the compose file, and works."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.acceptance import third_service
from tests.acceptance.clones import Clone
from tests.acceptance.product import Product
from tools.stores.temporary import temporary_folder

pytestmark = pytest.mark.full
IMPORTER = "services/tides/jobs/measure_tide.py"


@pytest.fixture(scope="module")
def extended() -> Iterator[Clone]:
    """A copy of the tree with the new service, whose stubs are made."""
    with temporary_folder("millrace third ") as folder:
        clone = Clone.make(Path(folder) / "a clone")
        third_service.add(clone.root)
        made = clone.command("protos")
        assert made.returncode == 0, made.stdout + made.stderr
        yield clone


@pytest.fixture(scope="module")
def running(extended: Clone) -> Iterator[Product]:
    """The copy, started by its own command."""
    product = Product(extended)
    try:
        product.start()
        yield product
    finally:
        extended.forget()


def test_its_job_runs_and_its_rest_answers_what_the_job_wrote(running: Product) -> None:
    job = running.rest("POST", "/jobs", json={"name": "measure-tide", "args": {"harbour": "Brest", "height_cm": 412}})

    done = running.finished(job.json()["id"])
    tide = running.rest("GET", "/tides/Brest")

    assert (done["service"], done["queue"], done["result"]) == ("tides", "gauges", {"height_cm": 412})
    assert (tide.status_code, tide.json()) == (200, {"harbour": "Brest", "height_cm": 412})


def test_its_face_is_closed_to_strangers_and_refuses_what_is_wrong(running: Product) -> None:
    assert running.rest("GET", "/tides/Brest", key="").status_code == 401
    assert running.rest("GET", "/tides/Atlantis").status_code == 404
    assert running.rest("GET", f"/tides/{'x' * 41}").json()["field"] == "harbour"
    assert running.rest("GET", "/tides/Brest?depth=1").status_code == 422


def test_its_queue_and_its_route_are_seen_by_the_gateway(running: Product) -> None:
    queues = {(queue["service"], queue["name"]) for queue in running.read("/queues")["items"]}
    metrics = running.rest("GET", "/../../metrics").text
    paths = running.rest("GET", "/../../openapi.json").json()["paths"]

    assert ("tides", "gauges") in queues
    assert 'route="/api/v1/tides/{harbour}"' in metrics
    assert "/api/v1/tides/{harbour}" in paths


def test_its_log_is_followed_while_its_job_runs(running: Product, report: list[str]) -> None:
    args = {"harbour": "Ostend", "height_cm": 1, "readings": 20}
    job = running.rest("POST", "/jobs", json={"name": "measure-tide", "args": args}).json()["id"]

    lines = [(json.loads(text), at) for text, at in running.typed("--json", "job", "logs", job, "--follow")]

    assert [line["fields"]["number"] for line, _ in lines] == list(range(20))
    late = sorted((at - datetime.fromisoformat(line["at"])).total_seconds() for line, at in lines)
    report.append(f"live tail of {len(late)} lines: {late[10]:.2f} s in the middle, {late[-1]:.2f} s at most")


def test_its_processes_are_started_and_its_address_is_announced(running: Product) -> None:
    assert "tides 127.0.0.1:" in running.block
    assert running.connections["TIDES_GRPC"] in running.block


def test_the_checks_know_it(extended: Clone) -> None:
    conforms = extended.shell([".venv/bin/python", "-m", "pytest", "tests/conformance", "-k", "tides"])
    imports = extended.shell([".venv/bin/lint-imports", "--no-logo"])

    assert conforms.returncode == 0, conforms.stdout
    assert imports.returncode == 0, imports.stdout


@pytest.mark.parametrize(
    "line", ["from services.alerts.store import AlertStore  # noqa", "from redis import Redis  # noqa"]
)
def test_an_import_across_its_borders_is_refused(extended: Clone, line: str) -> None:
    path = extended.root / IMPORTER
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(f"{text}\n{line}\n", encoding="utf-8")
        imports = extended.shell([".venv/bin/lint-imports", "--no-logo"])
    finally:
        path.write_text(text, encoding="utf-8")

    assert imports.returncode == 1
    assert "services.tides.jobs.measure_tide" in imports.stdout
