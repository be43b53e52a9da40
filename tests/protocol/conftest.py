"""Owns the one compiled model of a test run."""

import os

import pytest

from tests.protocol.program import MISSING, Program, compile_into, find_compiler


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The model, compiled; without a compiler CI fails and everybody else is told."""
    compiler = find_compiler()
    if compiler is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    return compile_into(tmp_path_factory.mktemp("protocol"), compiler)
