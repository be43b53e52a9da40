"""Promises of the key names: one slot a service, one place that builds them."""

import pytest

from shared.jobs.keys import QUEUE_KEYS, SERVICE_KEYS, Keys

KEYS = Keys("market-data")


def test_every_key_of_a_service_has_its_hash_tag_and_no_two_are_the_same() -> None:
    queues = [*KEYS.queue("price-updates"), *KEYS.queue("maintenance")]
    names = [*KEYS.base(), *queues, KEYS.claim("r"), KEYS.worker_wake("w"), KEYS.lock("l"), KEYS.locks()]

    assert all(name.startswith("{market-data}:") for name in names)
    assert len(set(names)) == len(names)


def test_the_scripts_get_the_names_in_the_order_they_expect() -> None:
    assert KEYS.base() == ["{market-data}:" + name for name in SERVICE_KEYS]
    assert KEYS.queue("q") == ["{market-data}:q:q:" + name for name in QUEUE_KEYS]
    assert (KEYS.of("seq"), KEYS.of_queue("q", "wake")) == ("{market-data}:seq", "{market-data}:q:q:wake")


@pytest.mark.parametrize("name", ["", "job", "ready"])
def test_a_name_that_is_no_key_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        KEYS.of(name)


def test_a_name_that_is_no_key_of_a_queue_is_refused() -> None:
    with pytest.raises(KeyError):
        KEYS.of_queue("q", "jobs")


def test_two_services_share_no_key() -> None:
    other = Keys("social")

    assert not {*KEYS.base(), *KEYS.queue("q")} & {*other.base(), *other.queue("q")}
