"""Owns what the processes of a run find in their environment: always the proxies, never the stores themselves."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from shared.security.tokens import generate_api_key
from tools.faults import clocks
from tools.faults.assembly import GATEWAY, NAME, SHORT
from tools.stores import free_port
from tools.stores.ports import HOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Environments:
    """Credentials and ports of one run. Passwords are made anew for each."""

    folder: Path
    seed: int
    valkey_password: str
    clock_library: Path | None = None
    grace_seconds: int = 3
    timings: str = SHORT
    pace: int = 1
    service_passwords: dict[str, str] = field(
        default_factory=lambda: {name: secrets.token_hex(16) for name in (NAME, GATEWAY)}
    )
    token: str = field(default_factory=lambda: secrets.token_hex(32))
    api_key: str = field(default_factory=lambda: generate_api_key().reveal())
    grpc_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)

    def database_url(self, service: str, port: int) -> str:
        """The URL of a service's role on the server or proxy at a port."""
        return f"postgresql://millrace_{service}:{self.service_passwords[service]}@{HOST}:{port}/postgres"

    def of(self, name: str, *, to_postgres: int, to_valkey: int) -> dict[str, str]:
        """Of one process, by its name and the proxies' ports."""
        service = GATEWAY if name.startswith(GATEWAY) else NAME
        made = {
            "DATABASE_URL": self.database_url(service, to_postgres),
            "REDIS_URL": f"redis://:{self.valkey_password}@{HOST}:{to_valkey}/0",
            "ORACLE_FILE": str(self.folder / "oracle.log"),
            "PROMISES_FILE": str(self.folder / "promises.log"),
            "WISHES_FILE": str(self.folder / "wishes.log"),
            "RECORDS_FILE": str(self.folder / "records.jsonl"),
            "SEED": str(self.seed),
            "GRPC_PORT": str(self.grpc_port),
            "GATEWAY_HTTP_PORT": str(self.http_port),
            "MILLRACE_SERVICES": f"{NAME}={HOST}:{self.grpc_port}",
            "MILLRACE_SERVICE_TOKEN": self.token,
            "MILLRACE_BOOTSTRAP_API_KEY": self.api_key,
            "HEALTH_PORT": str(free_port()),
            "SHUTDOWN_GRACE_SECONDS": str(self.grace_seconds),
            "TIMINGS": self.timings,
            "PACE": str(self.pace),
            "LOG_FORMAT": "json",
            "PYTHONUNBUFFERED": "1",
            "PATH": os.defpath,
        }
        return made | clocks.environment(self.clock_library, name)
