"""Owns what may not be shown: secrets by field name and inside text. It must never keep what it removed."""

import functools
import re
from dataclasses import dataclass

MASK = "***"
#: A name holding one of these words names a secret, wherever the word stands: db_password, secret_id.
_SECRET_WORDS = frozenset(
    {
        "apikey",
        "authorization",
        "cookie",
        "credential",
        "credentials",
        "mnemonic",
        "passphrase",
        "passwd",
        "password",
        "pwd",
        "secret",
    }
)
#: A name ending in one of these names a secret; token_address and key_id do not.
_SECRET_ENDINGS = frozenset({"cookies", "key", "passwords", "secrets", "token", "tokens"})
_HARMLESS = frozenset(
    {
        "group_key",
        "idempotency_key",
        "limiter_key",
        "lock_key",
        "page_token",
        "partition_key",
        "public_key",
        "redis_key",
        "unique_key",
    }
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class _Rule:
    """One replacement; `signs` are texts of which one must be there, because searching them is far cheaper."""

    signs: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str


# Quantifiers are bounded, so that hostile text costs linear time.
_TEXT_RULES = (
    _Rule(
        # Store URLs: the password may hold an unquoted slash, so everything up to the @ goes.
        ("://",),
        re.compile(r"(?i)\b((?:postgres(?:ql)?(?:\+\w{1,20})?|rediss?|valkeys?|amqps?)://)[^\s@]{0,512}@"),
        rf"\1{MASK}@",
    ),
    _Rule(("://",), re.compile(r"(?i)\b([a-z][a-z0-9+.\-]{0,30}://)[^\s/?#@]{0,512}@"), rf"\1{MASK}@"),
    _Rule(("bearer",), re.compile(r"(?i)\b(bearer\s{1,4})[a-z0-9._~+/=\-]{8,}"), rf"\1{MASK}"),
    _Rule(("basic",), re.compile(r"(?i)\b(basic\s{1,4})[a-z0-9+/=]{16,}"), rf"\1{MASK}"),
    _Rule(("mr_",), re.compile(r"\b(mr_[A-Za-z0-9]{1,32}_)[A-Za-z0-9_\-]{16,}"), rf"\1{MASK}"),
    _Rule(
        ("pass", "pwd", "secret", "key", "token"),
        re.compile(
            r"(?i)\b((?:[a-z0-9]{1,32}[_\-]){0,4}"
            r"(?:password|passwd|pwd|secret|api[_\-]?key|access[_\-]?key|private[_\-]?key|[a-z]{1,32}[_\-]token))"
            r"([\"']?\s{0,4}[=:]\s{0,4}[\"']?)[^\s\"',;&]{1,1024}"
        ),
        rf"\1\2{MASK}",
    ),
    # In prose "token: 0x…" is a coin, so the bare words count only as query parameters and settings.
    _Rule(("token=", "key="), re.compile(r"(?i)\b(token|key)=[^\s\"',;&]{1,1024}"), rf"\1={MASK}"),
)
# Most texts show no sign at all; one search tells.
_ANY_SIGN = re.compile("(?i)" + "|".join(sorted({re.escape(sign) for rule in _TEXT_RULES for sign in rule.signs})))


@functools.lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Whether a field, header or setting of this name holds a secret: api_key, X-API-Key, refreshToken, db_password."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or "_".join(words) in _HARMLESS:
        return False
    return words[-1] in _SECRET_ENDINGS or not _SECRET_WORDS.isdisjoint(words)


def redact_text(text: str) -> str:
    """The text without URL user info, bearer credentials, API keys and `password=…` values."""
    if _ANY_SIGN.search(text) is None:
        return text
    folded = text.lower()
    for rule in _TEXT_RULES:
        if any(sign in folded for sign in rule.signs):
            text = rule.pattern.sub(rule.replacement, text)
    return text
