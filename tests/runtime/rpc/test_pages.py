"""Pages of lists over gRPC: tokens lead on, and what is no token is refused by name."""

import base64
from datetime import UTC, datetime

import pytest

from shared.errors import InvalidArgument
from shared.rpc import pages

AT = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_token_leads_to_where_its_page_ended() -> None:
    assert pages.after_id(pages.after_id_token(2**63 - 1)) == 2**63 - 1
    assert pages.before(pages.before_token(AT)) == AT
    assert (pages.after_id(""), pages.before(""), pages.page_size(0)) == (0, None, pages.DEFAULT_PAGE)


@pytest.mark.parametrize(
    "token",
    ["x", "é", "=" * 8, encoded("[1]"), encoded('{"after_id": 0}'), encoded('{"after_id": true}'), encoded("[" * 140),
     encoded('{"after_id": 9223372036854775808}'), encoded('{"after_id": 1, "more": 2}'), "A" * 201,
     pages.before_token(AT)],
)  # fmt: skip
def test_what_is_no_token_of_ids_is_refused(token: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        pages.after_id(token)

    assert refused.value.field == "page_token"


@pytest.mark.parametrize("content", ['{"before": 1}', '{"before": "soon"}', '{"before": "2026-01-31T12:00:00"}'])
def test_what_is_no_token_of_instants_is_refused(content: str) -> None:
    with pytest.raises(InvalidArgument, match="page_token"):
        pages.before(encoded(content))


@pytest.mark.parametrize("size", [-1, pages.MAX_PAGE + 1])
def test_a_page_has_bounds(size: int) -> None:
    with pytest.raises(InvalidArgument, match="page_size must be from 1 to 500"):
        pages.page_size(size)
