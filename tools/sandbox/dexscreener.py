"""Plays DexScreener: pairs by token address. It must never answer but in DexScreener's own wire format."""

from decimal import Decimal, localcontext
from typing import Any

from tools.sandbox.exchange import Reply, Request, SentPrice
from tools.sandbox.market import Market, plain, rounded
from tools.sandbox.tokens import CHAINS, ChainSpelling, Token, address_key, made_up_address

MAX_ADDRESSES = 30
#: The pool with a made-up price: tiny, so that only a client that ignores liquidity believes it.
LYING_LIQUIDITY = 87.31
LYING_FACTOR = 3.0

_CHAIN_BY_ID = {chain.dexscreener: chain for chain in CHAINS.values()}


class DexScreener:
    """`GET /tokens/v1/{chainId}/{a1,a2,…}`."""

    name = "dexscreener"
    per_minute = 300
    basis = 0.0

    def __init__(self, market: Market) -> None:
        self._market = market

    def answer(self, request: Request) -> Reply:
        parts = request.path.strip("/").split("/")
        if request.method != "GET" or len(parts) != 4 or parts[:2] != ["tokens", "v1"]:
            return Reply({"error": "Not Found"}, status=404)
        chain = _CHAIN_BY_ID.get(parts[2])
        addresses = parts[3].split(",")
        if len(addresses) > MAX_ADDRESSES:
            return Reply({"error": f"Too many addresses, at most {MAX_ADDRESSES} are allowed"}, status=400)
        if chain is None:
            return Reply([])
        second = self._market.second()
        pairs: list[dict[str, Any]] = []
        prices = []
        for address in dict.fromkeys(addresses):
            token = self._market.find(chain.name, address)
            if token is not None:
                found, price = self._pairs(chain, token, second)
                pairs += found
                prices.append(SentPrice(chain.name, token.address, plain(price)))
        return Reply(pairs, prices=tuple(prices))

    def corrupted(self, payload: Any, kind: str) -> Any:
        pairs = [dict(pair) for pair in payload]
        for pair in pairs:
            if kind == "missing_fields":
                del pair["priceUsd"]
                pair.pop("liquidity", None)
            elif kind == "wrong_token":
                stranger = made_up_address(pair["chainId"], "stranger")
                pair["baseToken"] = pair["baseToken"] | {"address": stranger}
                pair["quoteToken"] = pair["quoteToken"] | {"address": stranger}
            else:
                pair["priceUsd"] = pair["priceNative"] = "0" if kind == "zero_price" else "NaN"
        return pairs

    def _pairs(self, chain: ChainSpelling, token: Token, second: int) -> tuple[list[dict[str, Any]], Decimal]:
        """Its pools, best not first, and the price that a careful client must find in them."""
        native, dollar = chain.native, chain.dollar
        price = self._market.price(token, second, self.basis)
        own = address_key(chain.name, token.address)
        if own in (address_key(chain.name, native.address), address_key(chain.name, dollar.address)):
            other = dollar if own == address_key(chain.name, native.address) else native
            return [self._pair(token, other, second, pool="main", usd=price, liquidity=token.liquidity_usd)], price
        native_price = self._market.price(native, second, self.basis)
        inverted = self._pair(
            native, token, second, pool="inverted", usd=native_price, liquidity=token.liquidity_usd * 1.6
        )
        if token.only_quoted:
            with localcontext(prec=60):
                quotient = Decimal(inverted["priceUsd"]) / Decimal(inverted["priceNative"])
                return [inverted], quotient.quantize(Decimal(1).scaleb(-18))
        lying = self._pair(
            token, dollar, second, pool="lying", usd=rounded(float(price) * LYING_FACTOR), liquidity=LYING_LIQUIDITY
        )
        second_best = self._pair(
            token, dollar, second, pool="second", usd=rounded(float(price) * 1.0008), liquidity=token.liquidity_usd / 3
        )
        unmeasured = self._pair(
            token, native, second, pool="unmeasured", usd=rounded(float(price) * 0.9), liquidity=None
        )
        main = self._pair(token, native, second, pool="main", usd=price, liquidity=token.liquidity_usd)
        return [lying, inverted, second_best, unmeasured, main], price

    def _pair(
        self, base: Token, quote: Token, second: int, *, pool: str, usd: Decimal, liquidity: float | None
    ) -> dict[str, Any]:
        market = self._market
        chain = CHAINS[base.chain].dexscreener
        address = made_up_address(base.chain, f"pool/{pool}/{base.address}/{quote.address}")
        volume = market.volume_24h(base, second)
        change = market.change_24h_percent(base, second)
        pair: dict[str, Any] = {
            "chainId": chain,
            "dexId": "raydium" if chain == "solana" else "uniswap",
            "url": f"https://dexscreener.com/{chain}/{address.lower()}",
            "pairAddress": address,
            "labels": ["CLMM" if chain == "solana" else "v3"],
            "baseToken": {"address": base.address, "name": base.name, "symbol": base.symbol},
            "quoteToken": {"address": quote.address, "name": quote.name, "symbol": quote.symbol},
            "priceNative": plain(rounded(float(usd) / float(market.price(quote, second, self.basis)))),
            "priceUsd": plain(usd),
            "txns": {
                span: {"buys": 3 * n, "sells": 2 * n} for span, n in (("m5", 1), ("h1", 9), ("h6", 50), ("h24", 200))
            },
            "volume": {
                "h24": volume,
                "h6": round(volume / 4, 2),
                "h1": round(volume / 24, 2),
                "m5": round(volume / 288, 2),
            },
            "priceChange": {"h1": round(change / 24, 2), "h6": round(change / 4, 2), "h24": change},
            "fdv": round(float(usd) * 1e9),
            "marketCap": round(float(usd) * 1e9),
            "pairCreatedAt": 1_700_000_000_000,
        }
        if liquidity is not None:
            pair["liquidity"] = {"usd": round(liquidity, 2), "base": 1, "quote": 1}
        return pair
