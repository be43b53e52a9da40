"""Plays CoinGecko: prices by contract address. It must never answer but in CoinGecko's own wire format."""

from typing import Any

from tools.sandbox.exchange import Reply, Request, SentPrice
from tools.sandbox.market import Market, plain
from tools.sandbox.tokens import CHAINS, made_up_address

KEY_HEADER = "x-cg-demo-api-key"

_CHAIN_BY_PLATFORM = {chain.coingecko: chain for chain in CHAINS.values()}


class CoinGecko:
    """`GET /api/v3/simple/token_price/{platform}?contract_addresses=…&vs_currencies=usd`.

    `key`, when set, is the only key accepted; `keyless_addresses` is what a call without a key may ask for.
    """

    name = "coingecko"
    per_minute = 30
    basis = 0.0012

    def __init__(self, market: Market, *, key: str | None = None, keyless_addresses: int = 30) -> None:
        self._market = market
        self._key = key
        self._keyless_addresses = keyless_addresses

    def answer(self, request: Request) -> Reply:
        parts = request.path.strip("/").split("/")
        if request.method != "GET" or len(parts) != 5 or parts[:4] != ["api", "v3", "simple", "token_price"]:
            return Reply({"error": "Incorrect path. Please check the API reference."}, status=404)
        key = request.headers.get(KEY_HEADER)
        if key is not None and self._key is not None and key != self._key:
            message = "API Key Missing or invalid. Please make sure you are using the right authentication method."
            return Reply({"status": {"error_code": 10002, "error_message": message}}, status=401)
        chain = _CHAIN_BY_PLATFORM.get(parts[4])
        if chain is None:
            return Reply({"error": "asset platform not found"}, status=404)
        addresses = [text for text in request.query.get("contract_addresses", "").split(",") if text]
        if not addresses or not request.query.get("vs_currencies"):
            missing = "contract_addresses" if not addresses else "vs_currencies"
            return Reply({"error": f"Missing parameter {missing}"}, status=422)
        allowed = self._keyless_addresses if key is None else 100
        if len(addresses) > allowed:
            noun = "contract address" if allowed == 1 else "addresses"
            message = f"Number of contract addresses in the request exceeds the allowed limit ({allowed} {noun})."
            return Reply({"error_code": 10012, "status": {"error_message": message}}, status=400)
        return self._prices(chain.name, addresses, request)

    def corrupted(self, payload: Any, kind: str) -> Any:
        if kind == "wrong_token":
            return {
                made_up_address("solana" if not address.startswith("0x") else "ethereum", "stranger").lower(): entry
                for address, entry in payload.items()
            }
        if kind == "missing_fields":
            return {a: {k: v for k, v in entry.items() if k != "usd"} for a, entry in payload.items()}
        price = 0 if kind == "zero_price" else float("nan")
        return {address: entry | {"usd": price} for address, entry in payload.items()}

    def _prices(self, chain: str, addresses: list[str], request: Request) -> Reply:
        second = self._market.second()
        answer: dict[str, dict[str, float | int]] = {}
        prices = []
        for address in addresses:
            token = self._market.find(chain, address)
            if token is None:
                continue
            price = self._market.price(token, second, self.basis)
            entry: dict[str, float | int] = {"usd": float(price)}
            if request.query.get("include_24hr_vol") == "true":
                entry["usd_24h_vol"] = self._market.volume_24h(token, second)
            if request.query.get("include_24hr_change") == "true":
                entry["usd_24h_change"] = self._market.change_24h_percent(token, second)
            if request.query.get("include_last_updated_at") == "true":
                entry["last_updated_at"] = second
            answer[token.address if chain == "solana" else token.address.lower()] = entry
            prices.append(SentPrice(chain, token.address, plain(price)))
        return Reply(answer, prices=tuple(prices))
