"""Proves that every service has the platform's shape: app, contract, README, and no word of another service's code."""

import importlib
import re

import pytest

from tests.conformance.services import GATEWAY, NAMES, ROOT, SERVICES, WITH_JOBS, code_files


def test_services_are_found() -> None:
    assert {GATEWAY, "market_data"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_app_declares_the_service_under_its_folders_name(name: str) -> None:
    app = importlib.import_module(f"services.{name}.app")

    assert app.SERVICE.name == name


@pytest.mark.parametrize("name", WITH_JOBS)
def test_a_service_has_a_versioned_contract_of_its_own(name: str) -> None:
    contract = ROOT / "protos" / name / "v1" / f"{name}.proto"

    assert f"package millrace.{name}.v1;" in contract.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_is_short_enough_to_be_read(name: str) -> None:
    lines = (SERVICES / name / "README.md").read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith("# ")
    assert len(lines) <= 40


@pytest.mark.parametrize("name", NAMES)
def test_no_code_of_a_service_names_another_service(name: str) -> None:
    others = "|".join(other for other in NAMES if other != name)
    naming = re.compile(rf"\bservices[./]({others})\b|from services import ")

    found = [path.name for path in code_files(name) if naming.search(path.read_text(encoding="utf-8"))]

    assert found == []


@pytest.mark.parametrize("name", NAMES)
def test_every_folder_with_modules_is_a_package(name: str) -> None:
    folders = {path.parent for path in code_files(name) if path.suffix == ".py"}

    missing = [folder.name for folder in folders if folder.name != "versions" and not (folder / "__init__.py").exists()]

    assert missing == []
