"""Garbage: what a process starts with is not looked at again, what it makes later is."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from shared.bootstrap import garbage


class Knot:
    """Refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_there_is_left_alone_and_what_comes_later_is_found() -> None:
    old = Knot()
    garbage.settle()
    seen = weakref.ref(old), weakref.ref(Knot())
    del old

    gc.collect()

    assert [each() is None for each in seen] == [False, True]
    assert gc.get_freeze_count() > 0


def test_the_youngest_are_looked_at_without_being_asked() -> None:
    garbage.settle()
    seen = weakref.ref(Knot())
    kept: list[list[int]] = []

    while seen() is not None and len(kept) < 10 * garbage.YOUNG:
        kept.append([])

    assert seen() is None
