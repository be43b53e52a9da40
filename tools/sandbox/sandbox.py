"""Owns how the parts of the sandbox fit together. It must never be imported by the product, only by tests and tools."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from tools.sandbox.coingecko import CoinGecko
from tools.sandbox.control import Control
from tools.sandbox.dexscreener import DexScreener
from tools.sandbox.exchange import Provider, Reply, Request
from tools.sandbox.faults import CONTENT_KINDS, Fault, FaultBook
from tools.sandbox.geckoterminal import GeckoTerminal
from tools.sandbox.limits import CallLimits
from tools.sandbox.market import Market
from tools.sandbox.request_log import Exchange, RequestLog
from tools.sandbox.server import HOST, SandboxServer

CONTROL = "_sandbox"


@dataclass(frozen=True, slots=True)
class Options:
    """How one sandbox behaves; port 0 takes any free one."""

    port: int = 0
    seed: int = 1
    price_unknown: bool = True
    enforce_limits: bool = False
    coingecko_key: str | None = None
    coingecko_keyless_addresses: int = 30
    log_file: Path | None = None


class Sandbox:
    """The outside world on one loopback port: each provider below its own path, the control doors below /_sandbox."""

    def __init__(self, options: Options | None = None, *, now: Callable[[], float] = time.time) -> None:
        options = options or Options()
        self._now = now
        self.stopping = threading.Event()
        self.market = Market(options.seed, now=now, price_unknown=options.price_unknown)
        self._providers: dict[str, Provider] = {
            provider.name: provider
            for provider in (
                DexScreener(self.market),
                CoinGecko(
                    self.market, key=options.coingecko_key, keyless_addresses=options.coingecko_keyless_addresses
                ),
                GeckoTerminal(self.market),
            )
        }
        self.faults = FaultBook(list(self._providers), now=time.monotonic, seed=options.seed)
        self.log = RequestLog(options.log_file)
        self._limits = (
            CallLimits({name: each.per_minute for name, each in self._providers.items()}, now=time.monotonic)
            if options.enforce_limits
            else None
        )
        self._control = Control(self.market, self.faults, self.log, list(self._providers.values()))
        self._server = SandboxServer(options.port, self)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def serve(self, *, poll_seconds: float = 0.1) -> None:
        """Serve until `stop` is called from another thread, which is noticed after `poll_seconds`."""
        self._server.serve_forever(poll_interval=poll_seconds)

    def stop(self) -> None:
        """Stop serving at once; answers in the middle of a fault end too."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self.log.close()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve, kwargs={"poll_seconds": 0.01}, name="sandbox", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, request: Request) -> tuple[Reply, Fault | None]:
        """The reply of the part of the world that the first path segment names."""
        prefix, _, rest = request.path.lstrip("/").partition("/")
        inner = replace(request, path=f"/{rest}")
        if prefix == CONTROL:
            return self._control.answer(inner), None
        provider = self._providers.get(prefix)
        if provider is None:
            allowed = [f"/{name}/" for name in (*self._providers, CONTROL)]
            return Reply({"error": f"nothing lives below /{prefix[:40]}", "allowed": allowed}, status=404), None
        fault = self.faults.take(provider.name)
        wait = self._limits.refused_for(provider.name) if self._limits else None
        if wait is not None:
            headers = {"Retry-After": str(math.ceil(wait))}
            return Reply({"error": "Too Many Requests"}, status=429, headers=headers), None
        reply = provider.answer(inner)
        if fault is None or fault.kind == "slow":
            return reply, fault
        if fault.kind in CONTENT_KINDS and reply.status == 200:
            reply = replace(reply, payload=provider.corrupted(reply.payload, fault.kind))
        return replace(reply, prices=()), fault

    def record(self, request: Request, reply: Reply, *, status: int, fault: Fault | None, seconds: float) -> None:
        """Write a provider's request into the log; control requests are not part of the play."""
        provider = request.path.lstrip("/").partition("/")[0]
        if provider not in self._providers:
            return
        self.log.record(
            Exchange(
                at=self._now(),
                provider=provider,
                method=request.method,
                path=request.path,
                query=urlencode(request.query, safe=","),
                status=status,
                fault=fault.kind if fault else None,
                latency_ms=round(seconds * 1000, 3),
                prices=reply.prices,
            )
        )
