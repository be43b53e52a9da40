"""Owns the sandbox's own doors below /_sandbox: faults, log, coins, prices. No product client may need them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tools.sandbox.exchange import Provider, Reply, Request
from tools.sandbox.faults import ControlError, FaultBook
from tools.sandbox.market import Market, plain
from tools.sandbox.request_log import MAX_PAGE, RequestLog
from tools.sandbox.tokens import CHAINS, Token, is_address

_COIN_FIELDS = ("symbol", "name", "chain", "address", "price_usd", "liquidity_usd")


class Control:
    """The doors a test or a person uses to look into the sandbox and to script it."""

    def __init__(self, market: Market, faults: FaultBook, log: RequestLog, providers: Sequence[Provider]) -> None:
        self._market = market
        self._faults = faults
        self._log = log
        self._providers = {provider.name: provider for provider in providers}
        self._doors = {
            ("GET", "/health"): self._health,
            ("GET", "/coins"): self._coins,
            ("POST", "/coins"): self._add_coin,
            ("GET", "/prices"): self._prices,
            ("GET", "/faults"): self._list_faults,
            ("POST", "/faults"): self._add_fault,
            ("DELETE", "/faults"): self._clear_faults,
            ("GET", "/requests"): self._requests,
        }

    def answer(self, request: Request) -> Reply:
        """Answer a request below /_sandbox; wrong ones get 400, 404 or 405 naming what is allowed."""
        door = self._doors.get((request.method, request.path.rstrip("/")))
        if door is None:
            allowed = sorted(f"{method} /_sandbox{path}" for method, path in self._doors)
            known = any(path == request.path.rstrip("/") for _, path in self._doors)
            return Reply({"error": "no such door", "allowed": allowed}, status=405 if known else 404)
        try:
            return door(request)
        except ControlError as error:
            return Reply({"error": str(error), "allowed": error.allowed}, status=400)

    def _health(self, request: Request) -> Reply:
        _no_query(request)
        return Reply({"status": "ok", "seed": self._market.seed, "providers": list(self._providers)})

    def _coins(self, request: Request) -> Reply:
        _no_query(request)
        return Reply([_shown(token) for token in self._market.listed()])

    def _add_coin(self, request: Request) -> Reply:
        token = _token_of(_json(request))
        if not self._market.add(token):
            return Reply({"error": f"{token.address} on {token.chain} is listed already"}, status=409)
        return Reply(_shown(token), status=201)

    def _prices(self, request: Request) -> Reply:
        _no_query(request)
        second = self._market.second()
        return Reply(
            [
                _shown(token)
                | {
                    "second": second,
                    "prices": {
                        name: plain(self._market.price(token, second, provider.basis))
                        for name, provider in self._providers.items()
                    },
                }
                for token in self._market.listed()
            ]
        )

    def _list_faults(self, request: Request) -> Reply:
        _no_query(request)
        return Reply({"items": self._faults.listed()})

    def _add_fault(self, request: Request) -> Reply:
        return Reply(self._faults.add(_json(request)), status=201)

    def _clear_faults(self, request: Request) -> Reply:
        query = _query(request, ("provider",))
        return Reply({"deleted": self._faults.clear(query.get("provider"))})

    def _requests(self, request: Request) -> Reply:
        query = _query(request, ("provider", "after", "limit"))
        provider = query.get("provider")
        if provider is not None and provider not in self._providers:
            raise ControlError(f"unknown provider {provider!r}", list(self._providers))
        after = _whole(query, "after", default=0, least=0, most=2**53)
        limit = _whole(query, "limit", default=1000, least=1, most=MAX_PAGE)
        return Reply(self._log.page(provider=provider, after=after, limit=limit))


def _shown(token: Token) -> dict[str, Any]:
    return {"symbol": token.symbol, "name": token.name, "chain": token.chain, "address": token.address}


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise ControlError(f"the body is no JSON: {error}") from error


def _token_of(spec: Any) -> Token:
    if not isinstance(spec, dict):
        raise ControlError("a coin is a JSON object", _COIN_FIELDS)
    for name in spec:
        if name not in _COIN_FIELDS:
            raise ControlError(f"unknown field {name!r}", _COIN_FIELDS)
    for name in ("symbol", "name", "chain", "address"):
        if not isinstance(spec.get(name), str) or not 1 <= len(spec[name]) <= 120:
            raise ControlError(f"{name} must be text of 1 to 120 characters")
    if spec["chain"] not in CHAINS:
        raise ControlError(f"unknown chain {spec['chain']!r}", list(CHAINS))
    if not is_address(spec["chain"], spec["address"]):
        raise ControlError(f"address is not one of {spec['chain']}: {spec['address']!r}")
    return Token(
        spec["chain"],
        spec["address"],
        spec["symbol"],
        spec["name"],
        base_price=_positive(spec, "price_usd", 0.01),
        liquidity_usd=_positive(spec, "liquidity_usd", 250_000.0),
    )


def _positive(spec: Mapping[str, Any], name: str, default: float) -> float:
    value = spec.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1e-9 <= value <= 1e9:
        raise ControlError(f"{name} must be a number from 1e-9 to 1e9, got {value!r}")
    return float(value)


def _no_query(request: Request) -> None:
    _query(request, ())


def _query(request: Request, allowed: Sequence[str]) -> Mapping[str, str]:
    for name in request.query:
        if name not in allowed:
            raise ControlError(f"unknown parameter {name!r}", list(allowed))
    return request.query


def _whole(query: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 16 or not least <= int(text) <= most:
        raise ControlError(f"{name} must be a whole number from {least} to {most}, got {text[:40]!r}")
    return int(text)
