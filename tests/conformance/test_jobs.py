"""Proves that each file in jobs/ registers one job that says what it is, where it waits and how long it may take."""

import importlib
from datetime import timedelta
from pathlib import Path

import pytest

from shared.jobs.definitions import JobDefinition
from tests.conformance.services import GATEWAY, NAMES, SERVICES, WITH_JOBS, job_files

JOB_FILES = [(name, path) for name in NAMES for path in job_files(name)]


def definitions_in(name: str, path: Path) -> list[JobDefinition]:  # type: ignore[type-arg]  # of any arguments
    module = importlib.import_module(f"services.{name}.jobs.{path.stem}")
    found = [value for value in vars(module).values() if isinstance(value, JobDefinition)]
    return [definition for definition in found if definition.function.__module__ == module.__name__]


@pytest.mark.parametrize("name", WITH_JOBS)
def test_a_service_with_queues_has_a_job_for_each(name: str) -> None:
    service = importlib.import_module(f"services.{name}.app").SERVICE

    used = {definition.queue for path in job_files(name) for definition in definitions_in(name, path)}

    assert set(service.queues) == used


def test_the_gateway_has_no_jobs() -> None:
    assert not (SERVICES / GATEWAY / "jobs").exists()


@pytest.mark.parametrize(("name", "path"), JOB_FILES, ids=[path.stem for _, path in JOB_FILES])
def test_a_file_in_jobs_registers_one_job_under_its_own_name(name: str, path: Path) -> None:
    names = [definition.name for definition in definitions_in(name, path)]

    assert [job.replace("-", "_") for job in names] == [path.stem]


@pytest.mark.parametrize(("name", "path"), JOB_FILES, ids=[path.stem for _, path in JOB_FILES])
def test_a_job_has_a_docstring_a_queue_and_a_timeout(name: str, path: Path) -> None:
    (definition,) = definitions_in(name, path)

    assert definition.summary.endswith(".")
    assert "second run" in (definition.function.__doc__ or "")
    assert definition.queue.name
    assert timedelta(0) < definition.timeout <= timedelta(hours=24)


@pytest.mark.parametrize(("name", "path"), JOB_FILES, ids=[path.stem for _, path in JOB_FILES])
def test_the_readme_of_the_service_names_the_job(name: str, path: Path) -> None:
    (definition,) = definitions_in(name, path)

    assert f"`{definition.name}`" in (SERVICES / name / "README.md").read_text(encoding="utf-8")


def test_job_names_are_unique_over_all_services() -> None:
    names = [definition.name for name, path in JOB_FILES for definition in definitions_in(name, path)]

    assert sorted(names) == sorted(set(names))
