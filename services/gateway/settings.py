"""Owns the gateway's own knobs. It must never read the environment itself; shared.settings does."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import ConfigurationInvalid, Unauthenticated
from shared.security.tokens import parse_api_key
from shared.settings import HTTP_SCHEMES, Secret, ServiceSettings, setting

_SERVICE_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}", re.ASCII)
MAX_SERVICES = 64


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
        problems = [*_bind_problems(self), *_key_problems(self), *parse_services(self.services)[1]]
        if problems:
            raise ConfigurationInvalid(problems)

    @property
    def addresses(self) -> Mapping[str, str]:
        """Display name to host:port."""
        return parse_services(self.services)[0]


@dataclass(frozen=True, slots=True)
class CliSettings:
    """What the command line needs to reach a gateway."""

    url: str = setting("MILLRACE_URL", default="http://127.0.0.1:7780", schemes=HTTP_SCHEMES)
    api_key: Secret = setting("MILLRACE_API_KEY")


def parse_services(text: str) -> tuple[dict[str, str], list[str]]:
    """The addresses in a MILLRACE_SERVICES text, and one sentence per entry that is wrong."""
    addresses: dict[str, str] = {}
    problems: list[str] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, address = entry.partition("=")
        host, _, port = address.rpartition(":")
        is_port = port.isascii() and port.isdigit() and 0 < int(port[:6]) <= 65535
        if not (_SERVICE_NAME.fullmatch(name) and host and is_port) or "@" in host:
            problems.append(f"MILLRACE_SERVICES entry {entry[:80]!r} must read name=host:port")
        elif name in addresses:
            problems.append(f"MILLRACE_SERVICES names {name} twice")
        else:
            addresses[name] = address
    if not addresses and not problems:
        problems.append("MILLRACE_SERVICES must name at least one service as name=host:port")
    if len(addresses) > MAX_SERVICES:
        problems.append(f"MILLRACE_SERVICES names more than {MAX_SERVICES} services")
    return addresses, problems


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
