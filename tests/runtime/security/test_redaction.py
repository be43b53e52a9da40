"""What may not be shown is not shown, and what is harmless stays readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.security.redaction import is_secret_name, redact_text

SECRET_NAMES = (
    "password db_password redisPassword secret client_secret secret_id token lease_token refreshToken authorization "
    "Authorization api_key apiKey APIKey apikey X-API-Key x-cg-demo-api-key key private_key Set-Cookie "
    "MILLRACE_SERVICE_TOKEN MILLRACE_BOOTSTRAP_API_KEY passphrase mnemonic"
)
HARMLESS_NAMES = (
    "token_address key_id idempotency_key lock_key page_token tokenised monkey keyboard queue job_id author "
    "public_key token_count secretary …"
)


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_a_name_of_a_secret_is_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", [*HARMLESS_NAMES.split(), ""])
def test_a_harmless_name_is_left_alone(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "text",
    [
        "connect to postgresql://app:hunter2@db:5432/x failed",
        "postgresql+psycopg://app:hunter2@db/x",
        "redis://:hunter2@127.0.0.1:6379/0",
        "redis://:hun/hunter2@127.0.0.1:6379/0",
        "GET https://user:hunter2@example.com/path?x=1",
        "Authorization: Bearer hunter2hunter2",
        "authorization: basic aHVudGVyMmh1bnRlcjI=hunter2",
        "key mr_0a1b2c_hunter2hunter2hunter2hunter2hunter2 refused",
        "host=db user=app password=hunter2 dbname=x",
        "host=db password='hunter2'",
        '{"api_key": "hunter2"}',
        "https://api.example.com/v1?api_key=hunter2&x=1",
        "https://api.example.com/v1?token=hunter2",
        "https://api.example.com/v1?key=hunter2",
        "MILLRACE_SERVICE_TOKEN=hunter2",
        "refresh_token: hunter2",
    ],
)
def test_a_secret_inside_text_is_removed(text: str) -> None:
    assert "hunter2" not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "pair is for another token: 0xabcdef",
        "https://api.dexscreener.com/tokens/v1/solana/So11111111111111111111111111111111111111112",
        "mail to admin@example.com about it",
        "see https://medium.com/@someone/post",
        'duplicate key value violates unique constraint "uq_coins_chain"',
        "basic authentication required",
    ],
)
def test_harmless_text_is_unchanged(text: str) -> None:
    assert redact_text(text) == text


def test_redaction_keeps_what_tells_where_the_trouble_is() -> None:
    assert redact_text("postgresql://app:hunter2@db:5432/x") == "postgresql://***@db:5432/x"
    assert redact_text("mr_0a1b_" + "s" * 43) == "mr_0a1b_***"


@given(st.text(alphabet="a:/@_-=. \"'bp", max_size=300))
def test_any_text_is_redacted_without_an_error_and_stays_so(text: str) -> None:
    once = redact_text(text)

    assert redact_text(once) == once
