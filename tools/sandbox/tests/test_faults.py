"""Promises of scripted misbehaviour and of the providers' own limits."""

from typing import Any

import pytest

from tools.sandbox.faults import KINDS, MAX_FAULTS, ControlError, FaultBook
from tools.sandbox.limits import CallLimits


class HandClock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def book(clock: HandClock) -> FaultBook:
    return FaultBook(["dexscreener", "coingecko"], now=clock)


def test_a_counted_fault_ends_after_its_count(book: FaultBook) -> None:
    book.add({"provider": "dexscreener", "kind": "html", "count": 2})

    taken = [book.take("dexscreener") for _ in range(3)]

    assert [fault.kind if fault else None for fault in taken] == ["html", "html", None]
    assert book.listed() == []


def test_a_timed_fault_ends_with_its_time(book: FaultBook, clock: HandClock) -> None:
    book.add({"provider": "dexscreener", "kind": "html", "for_seconds": 60})

    clock.seconds += 59.9
    during = book.take("dexscreener")
    clock.seconds += 0.1

    assert during is not None
    assert book.take("dexscreener") is None


def test_a_fault_with_no_end_stays_until_deleted(book: FaultBook, clock: HandClock) -> None:
    book.add({"provider": "dexscreener", "kind": "html"})
    clock.seconds += 1e6

    assert book.take("dexscreener") is not None
    assert book.clear("coingecko") == 0
    assert book.clear() == 1
    assert book.take("dexscreener") is None


def test_other_providers_are_not_touched(book: FaultBook) -> None:
    book.add({"provider": "dexscreener", "kind": "html"})

    assert book.take("coingecko") is None


def test_faults_act_in_the_order_they_were_scripted(book: FaultBook) -> None:
    book.add({"provider": "dexscreener", "kind": "html", "count": 1})
    book.add({"provider": "dexscreener", "kind": "stall", "count": 1})

    kinds = [fault.kind for _ in range(2) if (fault := book.take("dexscreener"))]

    assert kinds == ["html", "stall"]


def test_a_probable_fault_acts_about_as_often_as_it_says(book: FaultBook) -> None:
    book.add({"provider": "dexscreener", "kind": "html", "probability": 0.3})

    hits = sum(book.take("dexscreener") is not None for _ in range(1000))

    assert 250 < hits < 350


@pytest.mark.parametrize(
    ("spec", "match"),
    [
        ([], "a JSON object"),
        ({"provider": "dexscreener"}, "unknown kind None"),
        ({"provider": "dexscreener", "kind": "melt"}, "unknown kind 'melt'"),
        ({"provider": "moon", "kind": "html"}, "unknown provider 'moon'"),
        ({"provider": [], "kind": "html"}, "unknown provider"),
        ({"provider": "dexscreener", "kind": "html", "colour": 1}, "unknown field 'colour'"),
        ({"provider": "dexscreener", "kind": "html", "count": 0}, "count must be a whole number"),
        ({"provider": "dexscreener", "kind": "html", "count": 1.5}, "count must be a whole number"),
        ({"provider": "dexscreener", "kind": "html", "count": True}, "count must be a whole number"),
        ({"provider": "dexscreener", "kind": "html", "for_seconds": "60"}, "for_seconds must be a number"),
        ({"provider": "dexscreener", "kind": "html", "for_seconds": float("nan")}, "for_seconds must be a number"),
        ({"provider": "dexscreener", "kind": "html", "probability": 2}, "probability must be a number"),
        ({"provider": "dexscreener", "kind": "html", "status": 500}, "status belongs to server_error only"),
        ({"provider": "dexscreener", "kind": "server_error", "status": 404}, "status must be a whole number"),
        ({"provider": "dexscreener", "kind": "html", "delay_ms": 5}, "delay_ms belongs to slow and stall"),
    ],
)
def test_a_wrong_script_is_refused_by_name(book: FaultBook, spec: Any, match: str) -> None:
    with pytest.raises(ControlError, match=match):
        book.add(spec)

    assert book.listed() == []


def test_an_unknown_kind_is_answered_with_the_known_ones(book: FaultBook) -> None:
    with pytest.raises(ControlError) as caught:
        book.add({"provider": "dexscreener", "kind": "melt"})

    assert caught.value.allowed == list(KINDS)


def test_scripts_are_bounded(book: FaultBook) -> None:
    for _ in range(MAX_FAULTS):
        book.add({"provider": "dexscreener", "kind": "html"})

    with pytest.raises(ControlError, match="at most 100"):
        book.add({"provider": "dexscreener", "kind": "html"})


def test_a_provider_refuses_calls_above_its_rate_and_says_for_how_long(clock: HandClock) -> None:
    limits = CallLimits({"coingecko": 3}, now=clock)
    for _ in range(3):
        assert limits.refused_for("coingecko") is None
        clock.seconds += 10

    assert limits.refused_for("coingecko") == pytest.approx(30)
    clock.seconds += 30
    assert limits.refused_for("coingecko") is None
