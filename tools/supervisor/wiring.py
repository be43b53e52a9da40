"""Owns where everything listens: the ports of one start and the addresses made of them. It must never share a port."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from tools.stores.errors import PortTaken
from tools.stores.ports import HOST, PortClaim, claim_port, try_claim

GATEWAY = "gateway"
PREFERRED = {"gateway": 7780, "sandbox": 7790, "postgres": 7732, "valkey": 7779}
FIRST_GRPC_PORT = 7701
FIRST_HEALTH_PORT = 7740
DATABASE = "millrace"


def display(service: str) -> str:
    """market_data is market-data outside Python."""
    return service.replace("_", "-")


def find_services(clone: Path) -> list[str]:
    """Every folder of services/ that declares an app, but the gateway."""
    return sorted(app.parent.name for app in clone.glob("services/*/app.py") if app.parent.name != GATEWAY)


def preferred_ports(services: Sequence[str], processes: Sequence[str]) -> dict[str, int]:
    grpc = {f"grpc:{service}": FIRST_GRPC_PORT + number for number, service in enumerate(services)}
    health = {f"health:{process}": FIRST_HEALTH_PORT + number for number, process in enumerate(processes)}
    return PREFERRED | grpc | health


def demanded_ports(services: Sequence[str], environment: Mapping[str, str]) -> dict[str, tuple[str, int]]:
    """Ports that the user has chosen by name; a number that is none is left for the service to refuse."""
    names = {"gateway": "GATEWAY_HTTP_PORT"} | {
        f"grpc:{service}": f"{service.upper()}_GRPC_PORT" for service in services
    }
    chosen = {use: (name, environment.get(name, "").strip()) for use, name in names.items()}
    return {use: (name, int(text)) for use, (name, text) in chosen.items() if text.isdecimal() and int(text) > 0}


@dataclass(slots=True)
class Ports:
    """The claimed ports of this start, by use."""

    claims: dict[str, PortClaim] = field(default_factory=dict)

    def claim(
        self, preferred: Mapping[str, int], demanded: Mapping[str, tuple[str, int]], remembered: Mapping[str, int]
    ) -> None:
        """Demanded ports or PortTaken; else the ports of the last start, else the preferred ones, else free ones."""
        for use, (name, port) in demanded.items():
            claim = try_claim(port)
            if claim is None:
                raise PortTaken(f"{name}={port}: another program listens on that port; stop it or choose another")
            self.claims[use] = claim
        usual = set(preferred.values())
        for use, port in preferred.items():
            if use not in self.claims:
                earlier = try_claim(remembered[use]) if use in remembered else None
                self.claims[use] = earlier or claim_port(port, avoid=usual - {port})

    def release(self) -> None:
        for claim in self.claims.values():
            claim.release()

    def __getitem__(self, use: str) -> int:
        return self.claims[use].port

    def numbers(self) -> dict[str, int]:
        return {use: claim.port for use, claim in self.claims.items()}

    def http(self, use: str, path: str = "") -> str:
        return f"http://{HOST}:{self[use]}{path}"

    def address(self, use: str) -> str:
        return f"{HOST}:{self[use]}"


def as_role(admin_url: str, service: str, password: str) -> str:
    """The admin's database as the service's own role."""
    parts = urlsplit(admin_url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"millrace_{service}:{quote(password, safe='')}@{place}"))


def redis_url_of_user(environment: Mapping[str, str]) -> str:
    """REDIS_URL, or the documents' REDIS_HOST, REDIS_PORT, REDIS_PASSWORD and REDIS_DB; empty when neither is set."""
    if environment.get("REDIS_URL", "").strip() or not environment.get("REDIS_HOST", "").strip():
        return environment.get("REDIS_URL", "").strip()
    password = environment.get("REDIS_PASSWORD", "")
    login = f":{quote(password, safe='')}@" if password else ""
    place = f"{environment['REDIS_HOST'].strip()}:{environment.get('REDIS_PORT', '').strip() or '6379'}"
    return f"redis://{login}{place}/{environment.get('REDIS_DB', '').strip() or '0'}"
