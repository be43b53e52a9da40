"""Owns the fixture of the scripts' tests: a bare index. It must never hold a promise of its own."""

from collections.abc import Iterator

import pytest

from tests.runtime.jobs.scripts.index import Index


@pytest.fixture
def index(redis_url: str) -> Iterator[Index]:
    """The scripts of a made-up service on an empty database, claims open."""
    opened = Index(redis_url)
    yield opened
    opened.client.close()
