"""Promises of what may travel in a job: strict JSON within bounds, typed, and never repaired."""

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidArgument, PayloadTooLarge
from shared.jobs.definitions import Arguments
from shared.jobs.payloads import MAX_BYTES, check, encode, parse_object, typed

DEEP = 16


class UpdateCoinPrice(Arguments, frozen=True):
    """Sample arguments."""

    coin_id: int
    tick_at: str = ""
    weights: dict[str, float] = {}  # noqa: RUF012  # msgspec copies a default


def nested(depth: int) -> str:
    """An object whose containers stand `depth` levels deep."""
    return '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not valid JSON"),
        ("", "not valid JSON"),
        ('{"a": 1,}', "not valid JSON"),
        ("{'a': 1}", "not valid JSON"),
        ('{"a": 1} {"b": 2}', "not valid JSON"),
        ('{"a": "line\nbreak"}', "not valid JSON"),
        ("[]", "must be a JSON object, not list"),
        ('"text"', "must be a JSON object, not str"),
        ("null", "must be a JSON object, not NoneType"),
        ('{"a": NaN}', "may not hold NaN"),
        ('{"a": [-Infinity]}', "may not hold -Infinity"),
        ('{"a": 1e999}', "may not hold inf"),
        ('{"a": 1, "a": 1}', "has the key 'a' twice"),
        ('{"x": [{"deep": {"b": 1, "c": 2, "b": 3}}]}', "has the key 'b' twice"),
        (nested(DEEP + 1), "deeper than 16"),
        ('{"a":' + "[" * DEEP + "]" * DEEP + "}", "deeper than 16"),
        ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "deeper than 16"),
        (r'{"a": "\ud800"}', "lone surrogate"),
        (r'{"\udfff": 1}', "lone surrogate"),
        (r'{"a": "x\u0000y"}', "NUL"),
        (r'{"\u0000": 1}', "NUL"),
        ('{"a": 18446744073709551616}', "64 bits"),
        ('{"a": -18446744073709551616}', "64 bits"),
        ('{"a": ' + "9" * 5_000 + "}", ""),
    ],
)
def test_what_is_no_safe_json_object_is_refused_naming_the_field(text: str, says: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        parse_object(text, field="payload")

    assert says in str(refused.value)
    assert "payload" in str(refused.value)
    assert refused.value.field == "payload"
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("raw", [b'{"a": "\xff"}', b'\xef\xbb\xbf{"a": 1}', b'{"a": "\xed\xa0\x80"}'])
def test_bytes_that_are_no_plain_utf8_are_refused(raw: bytes) -> None:
    with pytest.raises(InvalidArgument, match="not valid JSON"):
        parse_object(raw)


def test_text_with_a_lone_surrogate_in_it_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        parse_object('{"a": "\ud800"}')


def test_the_size_limit_counts_bytes_and_its_last_byte_is_allowed() -> None:
    frame = len('{"a":""}')
    most = '{"a":"' + "x" * (MAX_BYTES - frame) + '"}'

    assert len(parse_object(most)["a"]) == MAX_BYTES - frame
    with pytest.raises(PayloadTooLarge, match="262,145 bytes") as refused:
        parse_object(most.replace("x", "xx", 1), field="args")
    assert refused.value.field == "args"
    with pytest.raises(PayloadTooLarge):
        parse_object('{"a":"' + "ü" * (MAX_BYTES // 2) + '"}')


def test_257_kib_are_too_many() -> None:
    with pytest.raises(PayloadTooLarge):
        parse_object('{"a":"' + "x" * 257 * 1024 + '"}')


def test_sixteen_levels_are_allowed() -> None:
    assert parse_object(nested(DEEP))
    assert parse_object('{"a":' + "[" * (DEEP - 1) + "]" * (DEEP - 1) + "}")


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1, 2**64 - 1, -(2**63)])
def test_whole_numbers_up_to_64_bits_survive(number: int) -> None:
    assert parse_object(f'{{"a": {number}}}') == {"a": number}


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    )
)
def test_what_is_safe_comes_back_unchanged(value: dict[str, object]) -> None:
    check(value)
    assert parse_object(msgspec.json.encode(value)) == value


@given(st.binary(max_size=64) | st.text(max_size=64))
def test_any_input_gives_an_object_or_a_refusal(text: bytes | str) -> None:
    with contextlib.suppress(InvalidArgument):
        assert isinstance(parse_object(text), dict)


@pytest.mark.parametrize("key", ["coin_id", "coinId", "coinID"])
def test_the_documents_spellings_are_accepted(key: str) -> None:
    assert typed(UpdateCoinPrice, {key: 7, "tickAt": "now"}) == UpdateCoinPrice(coin_id=7, tick_at="now")


def test_only_argument_names_are_respelled_never_what_is_inside() -> None:
    arguments = typed(UpdateCoinPrice, {"coin_id": 1, "weights": {"someKey": 2}})

    assert arguments == UpdateCoinPrice(coin_id=1, weights={"someKey": 2.0})


def test_two_spellings_of_one_argument_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="twice, in two spellings") as refused:
        typed(UpdateCoinPrice, {"coin_id": 1, "coinId": 2})

    assert refused.value.field == "args.coin_id"


def test_an_unknown_argument_is_refused_naming_the_allowed_ones() -> None:
    with pytest.raises(InvalidArgument, match="'coinName'; allowed: coin_id, tick_at, weights") as refused:
        typed(UpdateCoinPrice, {"coin_id": 1, "coinName": "x"})

    assert refused.value.field == "args.coinName"
    assert refused.value.allowed == ("coin_id", "tick_at", "weights")


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({}, "args.coin_id"),
        ({"coin_id": "7"}, "args.coin_id"),
        ({"coin_id": 7.5}, "args.coin_id"),
        ({"coin_id": True}, "args.coin_id"),
        ({"coin_id": None}, "args.coin_id"),
        ({"coinId": []}, "args.coin_id"),
        ({"coin_id": 1, "tick_at": 5}, "args.tick_at"),
    ],
)
def test_a_wrong_or_missing_argument_is_named(value: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        typed(UpdateCoinPrice, value)

    assert refused.value.field == field
    assert field in str(refused.value)


def test_the_wrong_place_inside_an_argument_is_named() -> None:
    with pytest.raises(InvalidArgument) as refused:
        typed(UpdateCoinPrice, {"coin_id": 1, "weights": {"a": "b"}})

    assert refused.value.field.startswith("args.weights")


def test_typed_arguments_are_written_as_they_are_read() -> None:
    arguments = UpdateCoinPrice(coin_id=7, tick_at="2026-11-21")

    assert typed(UpdateCoinPrice, parse_object(encode(arguments))) == arguments


@pytest.mark.parametrize(
    "arguments",
    [
        UpdateCoinPrice(coin_id=1, weights={"a": float("nan")}),
        UpdateCoinPrice(coin_id=1, weights={"a": float("inf")}),
        UpdateCoinPrice(coin_id=1, tick_at="\ud800"),
        UpdateCoinPrice(coin_id=1, tick_at="\0"),
        UpdateCoinPrice(coin_id=2**64),
        UpdateCoinPrice(coin_id=-(2**64)),
    ],
)
def test_typed_arguments_that_json_cannot_hold_are_refused_not_repaired(arguments: UpdateCoinPrice) -> None:
    with pytest.raises(InvalidArgument):
        encode(arguments)


def test_typed_arguments_above_the_size_limit_are_refused() -> None:
    with pytest.raises(PayloadTooLarge):
        encode(UpdateCoinPrice(coin_id=1, tick_at="x" * MAX_BYTES))


class Anything(Arguments, frozen=True):
    """Arguments whose JSON may be somebody else's."""

    first: int = 1
    anything: Any = None


@pytest.mark.parametrize(
    ("anything", "says"),
    [
        (msgspec.Raw(b'2,"first":3'), "has the key 'first' twice"),
        (msgspec.Raw(b"NaN"), "not"),
        (msgspec.Raw(b"1}"), "not valid JSON"),
        ({1: "a", "1": "b"}, "has the key '1' twice"),
        ({"deep": {"a\x00": 1}}, "NUL"),
        ([[2**64]], "64 bits"),
        ("a\x00b", "NUL"),
        (-(2**64), "64 bits"),
        (float("inf"), "inf"),
        ("n" * MAX_BYTES, "bytes"),
    ],
)
def test_what_is_written_of_typed_arguments_is_refused_as_text_would_be(anything: object, says: str) -> None:
    with pytest.raises((InvalidArgument, PayloadTooLarge), match=says):
        encode(Anything(anything=anything))


@pytest.mark.parametrize(
    "anything", [None, "", "null {[ \U0001f40d", 0, 2**64 - 1, -1.5, True, [], {"a": [{"b": None}]}]
)
def test_what_is_written_of_typed_arguments_is_what_they_hold(anything: object) -> None:
    assert parse_object(encode(Anything(anything=anything))) == {"first": 1, "anything": anything}


def test_arguments_that_no_stack_can_hold_are_refused() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(InvalidArgument, match="deeper than 16"):
        encode(Anything(anything=deep))
