"""Owns the shape of credentials: service tokens and API keys. It must never store or show a secret, only its hash."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from shared.errors import Unauthenticated
from shared.settings import Secret

_KEY = re.compile(r"mr_([A-Za-z0-9]{1,32})_([A-Za-z0-9_\-]{32,128})")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`mr_<id>_<secret>`: the id finds the row, the secret proves the holder."""

    id: str
    secret: Secret

    def reveal(self) -> str:
        """The whole key, for the one time it is shown to its owner."""
        return f"mr_{self.id}_{self.secret.reveal()}"


def same(left: str, right: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def generate_api_key() -> ApiKey:
    """A new key with 256 random bits."""
    return ApiKey(secrets.token_hex(6), Secret(secrets.token_urlsafe(32)))


def parse_api_key(text: str) -> ApiKey:
    """The parts of a key. Raises Unauthenticated for anything else, without repeating it."""
    match = _KEY.fullmatch(text)
    if match is None:
        raise Unauthenticated("the API key is malformed; expected mr_<id>_<secret>")
    return ApiKey(match[1], Secret(match[2]))


def hash_secret(secret: Secret) -> str:
    """SHA-256 in hex. The secret is random with 256 bits, so a slow password hash would protect nothing more."""
    return hashlib.sha256(secret.reveal().encode()).hexdigest()


def verify_secret(secret: Secret, secret_hash: str) -> bool:
    """Whether this secret has that hash, in constant time."""
    return same(hash_secret(secret), secret_hash)


def bearer_token(header: str) -> str:
    """The credential of an `Authorization: Bearer …` value; empty when it is another scheme or none."""
    scheme, _, credential = header.strip().partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""
