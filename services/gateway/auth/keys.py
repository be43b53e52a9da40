"""Owns the check of API keys. It must never keep a secret longer than the request, nor a verdict longer than 5 s."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from services.gateway.domain.roles import Principal
from services.gateway.store import KeyStore
from shared import clock
from shared.errors import Unauthenticated
from shared.logs import get_logger
from shared.security.tokens import hash_secret, parse_api_key, same
from shared.settings import Secret

log = get_logger(__name__)

MAX_AGE_SECONDS = 5.0
MAX_CACHED = 1_024
BOOTSTRAP_NAME = "bootstrap"


@dataclass(frozen=True, slots=True)
class _Verdict:
    """A key that was good at a moment."""

    secret_sha256: str
    principal: Principal
    good_until: float


class KeyRing:
    """Answers whose key it is. Good verdicts are remembered for 5 s, so that a revoked key dies within 5 s."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._verdicts: OrderedDict[str, _Verdict] = OrderedDict()

    def keep_bootstrap(self, key: Secret | None) -> None:
        """Make the key from the environment the administrator's; None leaves the store as it is."""
        if key is None:
            return
        parsed = parse_api_key(key.reveal())
        self._store.keep_bootstrap(parsed.id, hash_secret(parsed.secret), name=BOOTSTRAP_NAME)
        log.info("bootstrap key kept", key_id=parsed.id)

    def authenticate(self, text: str) -> Principal:
        """Whose key this is. Raises Unauthenticated in the same words for unknown, wrong, expired and revoked keys."""
        key = parse_api_key(text)
        digest = hash_secret(key.secret)
        with self._lock:
            verdict = self._verdicts.get(key.id)
        if verdict is not None and clock.monotonic() < verdict.good_until and same(verdict.secret_sha256, digest):
            return verdict.principal
        return self._look_up(key.id, digest)

    def _look_up(self, key_id: str, digest: str) -> Principal:
        stored = self._store.find(key_id)
        if stored is None or not same(stored.secret_sha256, digest) or not stored.is_usable:
            log.warning("key refused", key_id=key_id)
            raise Unauthenticated("the API key is not valid")
        self._store.touch(key_id)
        principal = Principal(stored.id, stored.name, stored.role)
        with self._lock:
            self._verdicts[key_id] = _Verdict(digest, principal, clock.monotonic() + MAX_AGE_SECONDS)
            self._verdicts.move_to_end(key_id)
            while len(self._verdicts) > MAX_CACHED:
                self._verdicts.popitem(last=False)
        return principal
