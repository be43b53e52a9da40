"""Whose key opens what, and for how long."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from services.gateway.auth import keys
from services.gateway.auth.keys import KeyRing
from services.gateway.domain.roles import Principal, Role
from services.gateway.rest import problems
from services.gateway.store import KeyStore
from services.gateway.tables import api_key
from shared import clock
from shared.db import Database
from shared.errors import StoreUnavailable, Unauthenticated
from shared.security.tokens import ApiKey, generate_api_key, hash_secret
from shared.settings import Secret


def kept(store: KeyStore, *, role: Role = Role.VIEWER, expires_at: datetime | None = None) -> ApiKey:
    key = generate_api_key()
    store.add(key.id, hash_secret(key.secret), name="ops", role=role, expires_at=expires_at)
    return key


@contextmanager
def monotonic_at(patch: pytest.MonkeyPatch, seconds: float) -> Iterator[None]:
    with patch.context() as scoped:
        scoped.setattr(clock, "monotonic", lambda: seconds)
        yield


def test_a_key_speaks_for_its_name_and_role(store: KeyStore) -> None:
    key = kept(store, role=Role.OPERATOR)

    assert KeyRing(store).authenticate(key.reveal()) == Principal(key.id, "ops", Role.OPERATOR)


def test_another_secret_under_a_known_id_is_refused(store: KeyStore) -> None:
    key = kept(store)
    ring = KeyRing(store)
    ring.authenticate(key.reveal())

    with pytest.raises(Unauthenticated):
        ring.authenticate(ApiKey(key.id, generate_api_key().secret).reveal())


@pytest.mark.parametrize("text", ["", "x", "mr_a_short", "mr_a_" + "s" * 43, "mr_" + "é" * 40])
def test_what_is_no_known_key_is_refused(store: KeyStore, text: str) -> None:
    with pytest.raises(Unauthenticated):
        KeyRing(store).authenticate(text)


def test_an_expired_key_is_refused(store: KeyStore) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)

    with pytest.raises(Unauthenticated):
        KeyRing(store).authenticate(kept(store, expires_at=yesterday).reveal())


def test_a_revoked_key_dies_within_five_seconds(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    key = kept(store)
    ring = KeyRing(store)
    with monotonic_at(monkeypatch, 100):
        ring.authenticate(key.reveal())
    store.revoke(key.id)

    with monotonic_at(monkeypatch, 104.9):
        ring.authenticate(key.reveal())
    with monotonic_at(monkeypatch, 105), pytest.raises(Unauthenticated):
        ring.authenticate(key.reveal())


def test_a_cached_key_costs_no_query(store: KeyStore, database: Database) -> None:
    key = kept(store)
    ring = KeyRing(store)
    ring.authenticate(key.reveal())
    with database.unit_of_work() as work:
        work.connection.execute(sa.delete(api_key))

    assert ring.authenticate(key.reveal()).key_id == key.id


def test_the_cache_is_bounded(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MAX_CACHED", 2)
    ring = KeyRing(store)

    for _ in range(4):
        ring.authenticate(kept(store).reveal())

    assert len(ring._verdicts) == 2


def test_the_secret_is_nowhere_in_the_database(store: KeyStore, database: Database) -> None:
    key = kept(store)

    with database.unit_of_work() as work:
        row = work.connection.execute(sa.select(sa.cast(sa.literal_column("api_key"), sa.Text)).select_from(api_key))
        assert key.secret.reveal() not in row.scalar_one()


def test_use_is_remembered(store: KeyStore, database: Database) -> None:
    key = kept(store)

    KeyRing(store).authenticate(key.reveal())

    with database.unit_of_work() as work:
        assert work.connection.execute(sa.select(api_key.c.last_used_at)).scalar_one() is not None


def test_the_bootstrap_key_is_an_administrators(store: KeyStore) -> None:
    ring = KeyRing(store)
    key = generate_api_key()

    for _ in range(2):
        ring.keep_bootstrap(Secret(key.reveal()))

    assert ring.authenticate(key.reveal()).role is Role.ADMIN


def test_a_new_bootstrap_key_takes_the_place_of_the_old(store: KeyStore) -> None:
    old, new = generate_api_key(), generate_api_key()
    other = kept(store)
    KeyRing(store).keep_bootstrap(Secret(old.reveal()))

    KeyRing(store).keep_bootstrap(Secret(new.reveal()))

    assert KeyRing(store).authenticate(new.reveal())
    assert KeyRing(store).authenticate(other.reveal())
    with pytest.raises(Unauthenticated):
        KeyRing(store).authenticate(old.reveal())


def test_a_revoked_bootstrap_key_stays_revoked(store: KeyStore) -> None:
    key = generate_api_key()
    KeyRing(store).keep_bootstrap(Secret(key.reveal()))
    store.revoke(key.id)

    KeyRing(store).keep_bootstrap(Secret(key.reveal()))

    with pytest.raises(Unauthenticated):
        KeyRing(store).authenticate(key.reveal())


def test_a_database_that_is_down_is_no_wrong_key_and_its_address_no_answer() -> None:
    nowhere = Database("postgresql://nobody:x@127.0.0.1:1/none", "gateway")

    with pytest.raises(StoreUnavailable) as caught:
        KeyRing(KeyStore(nowhere)).authenticate(generate_api_key().reveal())

    answer = problems.problem(caught.value, instance="/")
    assert answer.status_code == 503
    assert b"127.0.0.1" not in answer.body
