"""Plays GeckoTerminal: tokens by address. It must never answer but in GeckoTerminal's own wire format."""

from typing import Any

from tools.sandbox.exchange import Reply, Request, SentPrice
from tools.sandbox.market import Market, plain
from tools.sandbox.tokens import CHAINS, Token, made_up_address

MAX_ADDRESSES = 30

_CHAIN_BY_NETWORK = {chain.geckoterminal: chain for chain in CHAINS.values()}


class GeckoTerminal:
    """`GET /api/v2/networks/{network}/tokens/multi/{a1,a2,…}`."""

    name = "geckoterminal"
    per_minute = 30
    basis = -0.0018

    def __init__(self, market: Market) -> None:
        self._market = market

    def answer(self, request: Request) -> Reply:
        parts = request.path.strip("/").split("/")
        if request.method != "GET" or len(parts) != 7 or [*parts[:3], *parts[4:6]] != _ROUTE:
            return _error(404, "Not Found")
        chain = _CHAIN_BY_NETWORK.get(parts[3])
        if chain is None:
            return _error(404, f"Could not find network with id: {parts[3]}")
        addresses = list(dict.fromkeys(parts[6].split(",")))
        if len(addresses) > MAX_ADDRESSES:
            return _error(422, f"addresses must not exceed {MAX_ADDRESSES}")
        second = self._market.second()
        data, prices = [], []
        for address in addresses:
            token = self._market.find(chain.name, address)
            if token is not None:
                price = self._market.price(token, second, self.basis)
                data.append(self._token(token, parts[3], plain(price), second))
                prices.append(SentPrice(chain.name, token.address, plain(price)))
        return Reply({"data": data}, prices=tuple(prices))

    def corrupted(self, payload: Any, kind: str) -> Any:
        data = []
        for item in payload["data"]:
            attributes = dict(item["attributes"])
            network, _, _ = item["id"].rpartition("_")
            identity = item["id"]
            if kind == "missing_fields":
                del attributes["price_usd"]
            elif kind == "wrong_token":
                attributes["address"] = made_up_address("solana" if network == "solana" else "ethereum", "stranger")
                identity = f"{network}_{attributes['address']}"
            else:
                attributes["price_usd"] = "0.0" if kind == "zero_price" else "NaN"
            data.append(item | {"id": identity, "attributes": attributes})
        return {"data": data}

    def _token(self, token: Token, network: str, price: str, second: int) -> dict[str, Any]:
        # EVM addresses come in lower case here, whatever the case they were asked in.
        address = token.address if token.chain == "solana" else token.address.lower()
        pool = made_up_address(token.chain, f"pool/main/{token.address}")
        return {
            "id": f"{network}_{address}",
            "type": "token",
            "attributes": {
                "address": address,
                "name": token.name,
                "symbol": token.symbol,
                "decimals": 9 if token.chain == "solana" else 18,
                "image_url": "missing.png",
                "coingecko_coin_id": None,
                "total_supply": "1000000000000000000.0",
                "normalized_total_supply": "1000000000.0",
                "price_usd": price,
                "fdv_usd": str(round(float(price) * 1e9, 6)),
                "total_reserve_in_usd": str(token.liquidity_usd),
                "volume_usd": {"h24": str(self._market.volume_24h(token, second))},
                "market_cap_usd": None,
            },
            "relationships": {"top_pools": {"data": [{"id": f"{network}_{pool}", "type": "pool"}]}},
        }


_ROUTE = ["api", "v2", "networks", "tokens", "multi"]


def _error(status: int, title: str) -> Reply:
    return Reply({"errors": [{"status": str(status), "title": title}]}, status=status)
