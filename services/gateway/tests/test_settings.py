"""Which settings let a gateway start."""

import pytest

from services.gateway.settings import GatewaySettings
from shared.errors import ConfigurationInvalid
from shared.settings import load

GOOD = {
    "GATEWAY_DATABASE_URL": "postgresql://gateway:secret@127.0.0.1/millrace",
    "MILLRACE_SERVICES": "market-data=127.0.0.1:7701, social=[::1]:7702",
    "MILLRACE_SERVICE_TOKEN": "t" * 32,
    "MILLRACE_BOOTSTRAP_API_KEY": "mr_abc_" + "s" * 43,
}


def load_with(**changes: str) -> GatewaySettings:
    return load(GatewaySettings, service="gateway", environ={**GOOD, **changes})


def test_the_services_are_read_with_their_addresses() -> None:
    settings = load_with()

    assert settings.addresses == {"market-data": "127.0.0.1:7701", "social": "[::1]:7702"}
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 7780)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MILLRACE_SERVICES", "market-data", "'market-data' must read name=host:port"),
        ("MILLRACE_SERVICES", "market-data=127.0.0.1:0", "must read name=host:port"),
        ("MILLRACE_SERVICES", "market-data=127.0.0.1:70000", "must read name=host:port"),
        ("MILLRACE_SERVICES", "market-data=:7701", "must read name=host:port"),
        ("MILLRACE_SERVICES", "Market=h:1", "must read name=host:port"),
        ("MILLRACE_SERVICES", "a=h:1,a=h:2", "names a twice"),
        ("MILLRACE_SERVICES", ",", "at least one service"),
        ("MILLRACE_SERVICES", "", "MILLRACE_SERVICES is required"),
        ("MILLRACE_SERVICE_TOKEN", "", "MILLRACE_SERVICE_TOKEN is required"),
        ("MILLRACE_BOOTSTRAP_API_KEY", "secret", "MILLRACE_BOOTSTRAP_API_KEY must have the form"),
        ("GATEWAY_HTTP_HOST", "0.0.0.0", "GATEWAY_ALLOW_REMOTE=true"),
        ("GATEWAY_HTTP_HOST", "192.168.1.5", "GATEWAY_ALLOW_REMOTE=true"),
        ("GATEWAY_HTTP_HOST", "example.org", "GATEWAY_ALLOW_REMOTE=true"),
        ("GATEWAY_HTTP_PORT", "http", "GATEWAY_HTTP_PORT must be a whole number"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        load_with(**{name: value})

    assert said in str(caught.value)
    assert caught.value.exit_code == 78


def test_all_wrong_values_are_listed_at_once_without_the_key() -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        load_with(MILLRACE_SERVICES="x", MILLRACE_BOOTSTRAP_API_KEY="hunter2", GATEWAY_HTTP_HOST="0.0.0.0")

    assert len(caught.value.problems) == 3
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "::1", "127.8.8.8"])
def test_loopback_needs_no_permission(host: str) -> None:
    assert load_with(GATEWAY_HTTP_HOST=host).http_host == host


def test_a_remote_address_needs_an_explicit_permission() -> None:
    assert load_with(GATEWAY_HTTP_HOST="0.0.0.0", GATEWAY_ALLOW_REMOTE="true").allow_remote


def test_one_entry_stands_for_every_service_that_has_a_contract() -> None:
    settings = load_with(MILLRACE_SERVICES="*={name}-api:7700")

    assert settings.addresses["market-data"] == "market-data-api:7700"
    assert not {"jobs", "rest"} & settings.addresses.keys()
