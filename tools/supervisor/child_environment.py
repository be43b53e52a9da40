"""Owns what the product's processes find in their environment. No service may find another service's password there."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.stores.ports import HOST
from tools.supervisor.credentials import Credentials
from tools.supervisor.demonstrations import Demonstration
from tools.supervisor.wiring import GATEWAY, Ports, as_role, display

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
    demonstrations: Sequence[Demonstration] = ()

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

    def paces(self) -> list[str]:
        """What the demonstrations set, in words, where the user has not set it himself."""
        return [each.pace for each in self.demonstrations if each.is_ours(self.user)]

    def everybody(self) -> list[str]:
        return [*self.services, GATEWAY]

    def _databases(self, hosted: Sequence[str]) -> dict[str, str]:
        return {f"{service.upper()}_DATABASE_URL": self.database_url(service) for service in hosted}

    def _common(self) -> dict[str, str]:
        addresses = [f"{display(service)}={self.ports.address(f'grpc:{service}')}" for service in self.services]
        shown: dict[str, str] = {}
        for each in self.demonstrations:
            paths = {f"{each.service.upper()}_{name}": path for name, path in each.sandbox.items()}
            shown |= {**each.settings, **{name: self.ports.http("sandbox", path) for name, path in paths.items()}}
        return {
            "REDIS_URL": self.redis_url,
            "MILLRACE_SERVICE_TOKEN": self.credentials.service_token,
            "MILLRACE_SERVICES": ",".join(addresses),
            "GRPC_HOST": HOST,
            "LOG_LEVEL": "info",
            "LOG_FORMAT": "json",
            "PYTHONUNBUFFERED": "1",
            "SHUTDOWN_GRACE_SECONDS": SHUTDOWN_GRACE_SECONDS,
            **shown,
        }

    def _with_user(self, made: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in self.user.items() if name not in DROPPED}
        return dict(made) | {name: value for name, value in kept.items() if name not in made or _says(name, value)}


def _says(name: str, value: str) -> bool:
    """An empty value and port 0 leave the choice to us."""
    return bool(value.strip()) and not (name.endswith("_PORT") and value.strip() == "0")
