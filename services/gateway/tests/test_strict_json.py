"""What strangers may send as JSON."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.domain.strict_json import MalformedJson, parse_object
from shared.errors import InvalidArgument

LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = st.recursive(LEAVES | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8)


@settings(max_examples=40)
@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.booleans())
def test_what_json_writes_is_read_back(value: dict[str, object], ascii_only: bool) -> None:
    assert parse_object(json.dumps(value, ensure_ascii=ascii_only).encode(), max_depth=100) == value


@given(st.binary(max_size=200))
def test_any_bytes_give_an_object_or_a_refusal(raw: bytes) -> None:
    with contextlib.suppress(MalformedJson, InvalidArgument):
        assert isinstance(parse_object(raw, max_depth=5), dict)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a":1}{"b":2}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 01}', "not JSON"),
        (b'{"a": "\x01"}', "not JSON"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b"[]", "not an array"),
        (b"null", "not null"),
        (b"7", "not a single value"),
        (b'{"a": 1, "a": 1}', "'a' twice"),
        (b'{"x": [{"b": 1, "\\u0062": 2}]}', "'b' twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "range of a double"),
        (b'{"a": 0.' + b"1" * 70 + b"}", "64 digits"),
        (b'{"a": 9223372036854775808}', "64 bits"),
        (b'{"a": ' + b"9" * 5000 + b"}", "64 bits"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'{"a": ["x\\u0000"]}', "U+0000"),
    ],
)
def test_what_readers_could_understand_differently_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(MalformedJson) as caught:
        parse_object(raw, max_depth=17)

    assert said in str(caught.value)


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse_object(b'{"a": "\\ud83d\\ude00"}', max_depth=1) == {"a": "\U0001f600"}


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_depth_is_counted_with_the_object_itself(opened: str, closed: str) -> None:
    def nested(levels: int) -> bytes:
        return f'{{"a":{opened * (levels - 1)}{"1" if "{" in opened else ""}{closed * (levels - 1)}}}'.encode()

    assert parse_object(nested(17), max_depth=17)
    with pytest.raises(InvalidArgument):
        parse_object(nested(18), max_depth=17)
    with pytest.raises(InvalidArgument):
        parse_object(nested(200_000), max_depth=17)
