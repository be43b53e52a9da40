"""Owns what the product's processes find in their environment. No service may find another service's password there."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.stores.ports import HOST
from tools.supervisor.credentials import Credentials
from tools.supervisor.wiring import GATEWAY, Ports, as_role, display

#: The demonstration's pace; the documents' own is ten times slower than a newcomer's patience.
DEMO_PACE = {"PRICE_INTERVAL_SECONDS": "10", "QUOTE_MAX_AGE_SECONDS": "5", "PRICE_UPDATES_RATE_PER_MINUTE": "600"}
SANDBOX_PATHS = {
    "MARKET_DATA_DEXSCREENER_BASE_URL": "/dexscreener",
    "MARKET_DATA_COINGECKO_BASE_URL": "/coingecko/api/v3",
    "MARKET_DATA_GECKOTERMINAL_BASE_URL": "/geckoterminal/api/v2",
}
#: Shorter than the supervisor's own grace, so that processes end by themselves.
SHUTDOWN_GRACE_SECONDS = "6"
#: PYTHONDONTWRITEBYTECODE would have each process compile everything anew at each start: seconds instead of tenths.
DROPPED = frozenset(
    {"PYTHONDONTWRITEBYTECODE"}
    | {"PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "VIRTUAL_ENV", "DATABASE_URL", "DATABASE_ADMIN_URL", "HEALTH_PORT"}
    | {"REDIS_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_DB"}
)


def user_environment() -> dict[str, str]:
    """The environment this command was called with; the one place of these tools that reads it."""
    return dict(os.environ)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnvironments:
    """Makes environments for one start. What the user has set wins over what we would set."""

    user: Mapping[str, str]
    credentials: Credentials
    ports: Ports
    services: Sequence[str]
    admin_url: str
    redis_url: str

    def database_url(self, service: str) -> str:
        return as_role(self.admin_url, service, self.credentials.roles[service])

    def api_key(self) -> str:
        return self.user.get("MILLRACE_BOOTSTRAP_API_KEY", "").strip() or self.credentials.api_key

    def for_role(self, process: str, hosted: Sequence[str]) -> dict[str, str]:
        """Of one process of the product: the URLs of the services it hosts and of no other."""
        strangers = {f"{service.upper()}_DATABASE_URL" for service in self.everybody() if service not in hosted}
        made = self._common() | self._databases(hosted) | {"HEALTH_PORT": str(self.ports[f"health:{process}"])}
        made |= {f"{service.upper()}_GRPC_PORT": str(self.ports[f"grpc:{service}"]) for service in self.services}
        if GATEWAY in hosted:
            made |= {
                "GATEWAY_HTTP_HOST": HOST,
                "GATEWAY_HTTP_PORT": str(self.ports["gateway"]),
                "MILLRACE_BOOTSTRAP_API_KEY": self.api_key(),
            }
        return {name: value for name, value in self._with_user(made).items() if name not in strangers}

    def for_migration(self) -> dict[str, str]:
        """Of the one command that may act as the database's owner."""
        made = self._common() | self._databases(self.everybody())
        return self._with_user(made) | {"DATABASE_ADMIN_URL": self.admin_url, "DATABASE_URL": self.admin_url}

    def for_closing(self) -> dict[str, str]:
        """Of the command that ends all claims when the product stops."""
        return self._with_user(self._common() | self._databases(self.services))

    def for_sandbox(self) -> dict[str, str]:
        return self._with_user({})

    def connections(self) -> dict[str, str]:
        """What `tools/status --env` prints."""
        grpc = {f"{service.upper()}_GRPC": self.ports.address(f"grpc:{service}") for service in self.services}
        return {
            "MILLRACE_URL": self.ports.http("gateway"),
            "MILLRACE_API_KEY": self.api_key(),
            "DATABASE_URL": self.admin_url,
            "REDIS_URL": self.redis_url,
            "MILLRACE_SANDBOX_URL": self.ports.http("sandbox"),
            **grpc,
        }

    def pace_set(self) -> bool:
        """Whether the demonstration's pace is ours and not the user's."""
        return all(not self.user.get(name) for name in DEMO_PACE)

    def everybody(self) -> list[str]:
        return [*self.services, GATEWAY]

    def _databases(self, hosted: Sequence[str]) -> dict[str, str]:
        return {f"{service.upper()}_DATABASE_URL": self.database_url(service) for service in hosted}

    def _common(self) -> dict[str, str]:
        addresses = [f"{display(service)}={self.ports.address(f'grpc:{service}')}" for service in self.services]
        sandbox = {name: self.ports.http("sandbox", path) for name, path in SANDBOX_PATHS.items()}
        return {
            "REDIS_URL": self.redis_url,
            "MILLRACE_SERVICE_TOKEN": self.credentials.service_token,
            "MILLRACE_SERVICES": ",".join(addresses),
            "GRPC_HOST": HOST,
            "LOG_LEVEL": "info",
            "LOG_FORMAT": "json",
            "PYTHONUNBUFFERED": "1",
            "SHUTDOWN_GRACE_SECONDS": SHUTDOWN_GRACE_SECONDS,
            **DEMO_PACE,
            **sandbox,
        }

    def _with_user(self, made: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in self.user.items() if name not in DROPPED}
        return dict(made) | {name: value for name, value in kept.items() if name not in made or _says(name, value)}


def _says(name: str, value: str) -> bool:
    """An empty value and port 0 leave the choice to us."""
    return bool(value.strip()) and not (name.endswith("_PORT") and value.strip() == "0")
