"""Proves that Compose and hadolint refuse planted faults, and that make-env fills what Compose asks for."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from shared.security.tokens import parse_api_key
from tools.checks import containers
from tools.checks.outcome import Verdict

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "tools" / "docker", tmp_path / "tools" / "docker")
    shutil.copy(ROOT / containers.COMPOSE, tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def made_environment(project: Path) -> dict[str, str]:
    done = subprocess.run([project / "tools/docker/make-env"], capture_output=True, text=True, check=True)
    pairs = (line.partition("=") for line in done.stdout.splitlines() if not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def test_the_compose_file_and_the_dockerfile_pass(project: Path) -> None:
    assert containers.compose(project).text == ""
    assert containers.dockerfile(project).text == ""


def test_a_key_that_compose_does_not_know_is_found(project: Path) -> None:
    edit(project / containers.COMPOSE, "    ports:", "    portz:")

    assert "portz" in containers.compose(project).text


def test_a_password_that_a_new_service_needs_is_made_without_another_edit(project: Path) -> None:
    new = "GATEWAY_DATABASE_URL: x://${RISK_DATABASE_PASSWORD:?set it in .env}:${RISK_KEY:?set it in .env}\n  GATEWAY_"
    edit(project / containers.COMPOSE, "GATEWAY_", new)

    assert {"RISK_DATABASE_PASSWORD", "RISK_KEY"} <= made_environment(project).keys()


def test_an_unpinned_base_image_is_found(project: Path) -> None:
    edit(project / containers.DOCKERFILE, "FROM python:3.12-slim AS build", "FROM python AS build")

    outcome = containers.dockerfile(project)

    assert outcome.verdict is Verdict.FAILED
    assert "DL3006" in outcome.text


def test_make_env_fills_every_name_and_never_twice_the_same(project: Path) -> None:
    first, second = made_environment(project), made_environment(project)

    assert list(first) == containers.names(project)
    assert all(re.fullmatch(r"\w{40,}", value) for value in first.values())
    assert not set(first.values()) & set(second.values())
    assert parse_api_key(first["MILLRACE_BOOTSTRAP_API_KEY"]).id
