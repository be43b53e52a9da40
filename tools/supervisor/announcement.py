"""Owns the one block that tells a newcomer where everything is. It must never name what does not run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.supervisor.state import StateFolder

WIDTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """`grpc` maps display names to addresses; `dashboard` says whether the gateway serves a page at /."""

    state: StateFolder
    topology: str
    seconds: float
    connections: Mapping[str, str]
    grpc: Mapping[str, str]
    stores: Mapping[str, str]
    paces: Sequence[str]
    dashboard: bool

    def text(self) -> str:
        url, key = self.connections["MILLRACE_URL"], self.connections["MILLRACE_API_KEY"]
        page = [("Dashboard", f"{url}/#key={key}")] if self.dashboard else []
        lines = [
            *page,
            ("REST", f"{url}/api/v1/"),
            ("API docs", f"{url}/docs"),
            ("API key", key),
            ("gRPC", ", ".join(f"{name} {address}" for name, address in self.grpc.items())),
            ("PostgreSQL", f"psql {self.connections['DATABASE_URL']}   ({self.stores['postgres']})"),
            (
                "Redis",
                f"redis-cli -u {self.connections['REDIS_URL']}   ({self.stores['valkey']}; valkey-cli works too)",
            ),
            ("Sandbox", f"{self.connections['MILLRACE_SANDBOX_URL']}/_sandbox/prices   (plays the price providers)"),
            ("Data", str(self.state.folder)),
            ("Logs", f"{self.state.logs}   (tools/logs -f)"),
            *([("Demo pace", "; ".join(self.paces))] if self.paces else []),
        ]
        body = "\n".join(f"  {name:<{WIDTH}}{value}" for name, value in lines)
        first = f"Millrace is up: {self.topology} topology, ready after {self.seconds:.1f} s"
        curl = f"curl -s -H 'Authorization: Bearer {key}' '{url}/api/v1/coins?limit=20'"
        return f"\n{first}\n\n{body}\n\n  Try next    {curl}\n  Stop        tools/down\n"
