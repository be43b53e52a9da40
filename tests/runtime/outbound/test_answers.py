"""Promises of reading a provider's bytes and of the addresses we call."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ConfigurationInvalid, InvalidArgument
from shared.outbound.answers import excerpt, parse_json, retry_after
from shared.outbound.targets import checked_base_url, under

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def test_fractions_are_exact_decimals() -> None:
    assert parse_json(b'{"usd": 0.1000000000000000055511151231257827}') == {
        "usd": Decimal("0.1000000000000000055511151231257827")
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b'{"a": 1',
        b"\xff\xfe\xfa",
        b"[" * 100_000,
        b"[1e99999999999999999999]",
        b"[" + b"9" * 10_000 + b"]",
    ],
    ids=["empty", "html", "nan", "inf", "-inf", "truncated", "bytes", "deep", "huge exponent", "huge integer"],
)
def test_what_is_not_strict_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message belongs to the parser
        parse_json(body)


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_are_a_value_error(body: bytes) -> None:
    try:
        parse_json(body)
    except ValueError:
        return


def test_an_excerpt_is_short_and_printable_and_hides_our_key() -> None:
    body = b"\x1b[31mbad key CG-secret-1 given\r\n" + b"x" * 500

    shown = excerpt(body, ["CG-secret-1"])

    assert shown.startswith("[31mbad key *** given x")
    assert len(shown) == 80


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("0", 1),
        ("999999", 3600),
        ("Fri, 01 May 2026 12:01:30 GMT", 90),
        ("Fri, 01 May 2026 11:00:00 GMT", 1),
        ("Fri, 01 May 2026 12:00:30 -0000", 30),
        ("Fri, 01 May 2099 12:00:00 GMT", 3600),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_within_a_second_and_an_hour(header: str, seconds: float) -> None:
    assert retry_after(header, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "1e9", "Fri, 99 Foo 2026 99:99:99 GMT"])
def test_a_retry_after_that_says_nothing_is_none(header: str | None) -> None:
    assert retry_after(header, NOW) is None


@given(st.text(max_size=60))
def test_no_retry_after_header_breaks_the_reader(header: str) -> None:
    asked = retry_after(header, NOW)

    assert asked is None or timedelta(seconds=1) <= asked <= timedelta(hours=1)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://provider.test/",
        "file:///etc/passwd",
        "provider.test/v1",
        "http://",
        "https://user:key@provider.test/",
        "https://provider.test/v1?key=1",
        "https://provider.test/#x",
        "http://[::1",
    ],
)
def test_a_base_url_that_could_leak_or_mislead_is_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="base URL of acme"):
        checked_base_url("acme", url)


def test_a_path_is_joined_below_the_base_path() -> None:
    base = checked_base_url("acme", "https://provider.test/api/v3/")

    assert str(under(base, "/simple/price")) == "https://provider.test/api/v3/simple/price"


@pytest.mark.parametrize(
    "path",
    ["", "simple", "//evil.test/x", "/a/../../b", "/a/./b", "/a?b=c", "/a#b", "/a\\b", "/a b", "/a\r\nHost: x", "/%2e"],
)
def test_a_path_that_could_leave_the_base_is_refused(path: str) -> None:
    base = checked_base_url("acme", "https://provider.test/api")

    with pytest.raises(InvalidArgument, match="path must be"):
        under(base, path)
