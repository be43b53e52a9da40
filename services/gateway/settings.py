"""Owns the gateway's own knobs. It must never read the environment itself; shared.settings does."""

import ipaddress
from dataclasses import dataclass

from shared.errors import ConfigurationInvalid, Unauthenticated
from shared.security.tokens import parse_api_key
from shared.settings import HTTP_SCHEMES, Secret, ServiceSettings, parse_services, setting


@dataclass(frozen=True, slots=True)
class GatewaySettings(ServiceSettings):
    """Where the gateway listens, which services it asks, and the first key."""

    http_host: str = setting("GATEWAY_HTTP_HOST", default="127.0.0.1")
    http_port: int = setting("GATEWAY_HTTP_PORT", default=7780, minimum=0, maximum=65535)
    #: Without it the gateway refuses to listen on anything but loopback.
    allow_remote: bool = setting("GATEWAY_ALLOW_REMOTE", default=False)
    #: name=host:port,… of every service's gRPC server; names as displayed, for example market-data.
    services: str = setting("MILLRACE_SERVICES")
    service_token: Secret = setting("MILLRACE_SERVICE_TOKEN")
    #: Made an administrator's key at boot; whoever starts the platform hands it out.
    bootstrap_api_key: Secret | None = setting("MILLRACE_BOOTSTRAP_API_KEY", default=None)

    def __post_init__(self) -> None:
        problems = [*_bind_problems(self), *_key_problems(self), *_service_problems(self)]
        if problems:
            raise ConfigurationInvalid(problems)


@dataclass(frozen=True, slots=True)
class CliSettings:
    """What the command line needs to reach a gateway."""

    url: str = setting("MILLRACE_URL", default="http://127.0.0.1:7780", schemes=HTTP_SCHEMES)
    api_key: Secret = setting("MILLRACE_API_KEY")


def _service_problems(settings: GatewaySettings) -> list[str]:
    addresses, problems = parse_services(settings.services)
    if not addresses and not problems:
        return ["MILLRACE_SERVICES must name at least one service as name=host:port"]
    return problems


def _bind_problems(settings: GatewaySettings) -> list[str]:
    if settings.allow_remote or _is_loopback(settings.http_host):
        return []
    return [
        f"GATEWAY_HTTP_HOST {settings.http_host!r} is not loopback; set GATEWAY_ALLOW_REMOTE=true to listen there, "
        "behind something that speaks TLS"
    ]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _key_problems(settings: GatewaySettings) -> list[str]:
    if settings.bootstrap_api_key is None:
        return []
    try:
        parse_api_key(settings.bootstrap_api_key.reveal())
    except Unauthenticated:
        return ["MILLRACE_BOOTSTRAP_API_KEY must have the form mr_<id>_<secret>"]
    return []
