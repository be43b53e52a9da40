"""Proves that an order reaches its program unchanged and that a producer does what it says."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tools.benchmarks import orders
from tools.benchmarks.__main__ import parsed
from tools.benchmarks.orders import Order

ORDER = Order(redis_url="redis://one", database_url="postgresql://two", marks="three", slots=10, first=5, count=4)


def test_an_order_survives_its_file_which_only_the_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "1-produce.order"

    orders.write(ORDER, path)

    assert orders.read(path) == ORDER
    assert path.stat().st_mode & 0o077 == 0


def test_a_producer_without_a_bulk_call_hands_over_one_by_one() -> None:
    given: list[int] = []

    answer = orders.produce(replace(ORDER, in_bulk=True), given.append, None)

    assert given == [5, 6, 7, 8]
    assert len(answer.stamps) == 4


def test_a_bulk_producer_hands_over_every_number_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "BULK", 3)
    given: list[Sequence[int]] = []

    orders.produce(replace(ORDER, in_bulk=True), lambda _: None, given.append)

    assert [list(chunk) for chunk in given] == [[5, 6, 7], [8]]


def test_a_producer_that_knows_its_instant_has_it_kept() -> None:
    assert orders.produce(ORDER, lambda number: 1000 + number, None).stamps == [1005, 1006, 1007, 1008]


def test_the_payload_has_about_100_bytes() -> None:
    assert 90 <= len(msgspec.json.encode(ORDER.arguments(12_345))) <= 110


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["drian"], "ROW must be one of drain, limited"),
        (["--rounds", "0"], "--rounds must be from 1 to 20, got 0"),
        (["--json", "no/such/folder/f.json"], "--json must name a file in a folder that exists"),
    ],
)
def test_bad_options_are_refused_with_what_is_allowed(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parsed(arguments)

    assert complaint in capsys.readouterr().err
