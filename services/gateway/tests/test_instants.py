"""How times are read and written."""

from datetime import UTC, datetime

import pytest

from services.gateway.domain import instants
from shared.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31t12:00:00z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31T12:00:00.123456789Z", datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_rfc_3339_is_read(text: str, instant: datetime) -> None:
    assert instants.parse(text, "from") == instant


@pytest.mark.parametrize(
    "text",
    ["", "2026-01-31", "2026-01-31T12:00:00", "20260131T120000Z", "2026-W05-6T12:00:00Z", "2026-02-30T00:00:00Z",
     "2026-01-31T12:00:60Z", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "٢٠٢٦-01-31T12:00:00Z",
     "2026-01-31T12:00:00 02:00", "1769860800"],
)  # fmt: skip
def test_anything_else_is_refused_by_field(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        instants.parse(text, "from")

    assert caught.value.field == "from"


def test_times_are_written_in_utc_with_milliseconds() -> None:
    assert instants.render(datetime(2026, 1, 31, 12, 0, 0, 9999, tzinfo=UTC)) == "2026-01-31T12:00:00.009Z"
