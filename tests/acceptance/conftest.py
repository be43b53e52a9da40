"""Owns the one product that these tests share, and the figures it shows. It must never leave a process running."""

import os
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.clones import Clone
from tests.acceptance.polling import eventually
from tests.acceptance.product import Product
from tools.stores.temporary import temporary_folder

#: Options of tools/up; MILLRACE_ACCEPTANCE_TOPOLOGY=split gives each service processes of its own.
UP = [f"--topology={topology}"] if (topology := os.environ.get("MILLRACE_ACCEPTANCE_TOPOLOGY")) else []
REPORT = pytest.StashKey[list[str]]()


@pytest.fixture(scope="package")
def product(request: pytest.FixtureRequest) -> Iterator[Product]:
    """Started once by its own command, in a folder whose name has spaces, and stopped whatever happens."""
    report = request.config.stash.setdefault(REPORT, [])
    with temporary_folder("millrace acceptance ") as folder:
        running = Product(Clone.make(folder / "a clone"))
        try:
            running.start(*UP)
            _measure_start(running, report)
            yield running
            report.append(f"PSS of everything, at the end: {running.status().get('memory_mb')} MB")
        finally:
            if request.session.testsfailed:
                report.append(running.clone.logs())
            running.clone.forget()


def _measure_start(running: Product, report: list[str]) -> None:
    """Figures, not promises: this machine may be doing much else."""
    ready = time.monotonic()
    count = "SELECT count(DISTINCT coin_id) FROM market_data.coin_price"
    eventually(lambda: running.rows(count)[0][0] >= 1, "a first price")
    first = time.monotonic() - ready
    eventually(lambda: running.rows(count)[0][0] >= 20, "a price of each of 20 coins")
    report.append(f"first start of a new clone: {running.start_seconds:.1f} s; {running.block.split(chr(10))[1]}")
    report.append(f"after that, first price {first:.1f} s, 20 coins {time.monotonic() - ready:.1f} s")
    report.append(f"PSS of everything, at the start: {running.status()['memory_mb']} MB")


@pytest.fixture
def report(request: pytest.FixtureRequest) -> list[str]:
    """Lines shown after the run."""
    return request.config.stash.setdefault(REPORT, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what was measured, and the product's own last words when a test failed."""
    lines = config.stash.get(REPORT, [])
    if lines:
        terminalreporter.section("acceptance")
        for line in lines:
            terminalreporter.write_line(line)
