"""Credentials: parsed strictly, compared in constant time, stored as hashes only."""

import pytest

from shared.errors import Unauthenticated
from shared.security.tokens import bearer_token, generate_api_key, hash_secret, parse_api_key, same, verify_secret
from shared.settings import Secret


def test_a_generated_key_is_read_back_and_verified_by_its_hash() -> None:
    key = generate_api_key()

    read = parse_api_key(key.reveal())

    assert read == key
    assert verify_secret(read.secret, hash_secret(key.secret))
    assert len(hash_secret(key.secret)) == 64


def test_two_generated_keys_differ_in_id_and_secret() -> None:
    one, two = generate_api_key(), generate_api_key()

    assert one.id != two.id
    assert not verify_secret(one.secret, hash_secret(two.secret))


def test_a_key_does_not_show_its_secret() -> None:
    key = generate_api_key()

    assert key.secret.reveal() not in f"{key!r} {key}"


@pytest.mark.parametrize(
    "text",
    ["", "mr_", "mr_a_b", "mr__" + "s" * 43, "xx_a_" + "s" * 43, "mr_a_" + "s" * 129, "mr_a_" + "s" * 43 + "\n",
     "mr_ä_" + "s" * 43, " mr_a_" + "s" * 43],
)  # fmt: skip
def test_anything_else_is_no_key_and_is_not_repeated(text: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        parse_api_key(text)

    assert "sss" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", ""),
        ("abc", ""),
        ("", ""),
        ("Bearer", ""),
    ],
)
def test_only_a_bearer_header_carries_a_token(header: str, token: str) -> None:
    assert bearer_token(header) == token


def test_comparison_takes_any_text() -> None:
    assert same("é", "é")
    assert not same("", "x")
    assert not same("\ud800", "x")
    assert not verify_secret(Secret("é"), "no hash")
