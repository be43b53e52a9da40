"""Owns /api/v1/coins: coins and prices of market-data over HTTP. It must never decide what a valid coin is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from protos.market_data.v1 import market_data_pb2 as pb
from services.gateway.auth.gate import may_administer, may_view
from services.gateway.clients.coins import Coins
from services.gateway.domain import instants
from services.gateway.rest.answers import instant, json_answer, list_answer
from services.gateway.rest.body import StrictBody, documented, typed
from services.gateway.rest.query import CoinId, PageQuery, check_query, no_query
from services.gateway.rest.schemas import CoinAnswer, CoinList, PriceAnswer, PriceList

routes = APIRouter(prefix="/api/v1/coins", tags=["coins"])
MAX_INTERVAL_SECONDS = 86_400


class NewCoin(StrictBody):
    """A coin whose price shall be followed."""

    symbol: str = Field(min_length=1, max_length=32)
    name: str = Field(min_length=1, max_length=120)
    chain: str = Field(min_length=1, max_length=32, description="As DexScreener spells it, for example solana.")
    address: str = Field(min_length=1, max_length=128, description="Token (mint or contract) address.")
    price_interval_seconds: int | None = Field(None, ge=1, le=MAX_INTERVAL_SECONDS)


class CoinChange(StrictBody):
    """The fields to change; those left out stay."""

    symbol: str = Field("", min_length=1, max_length=32)
    name: str = Field("", min_length=1, max_length=120)
    price_interval_seconds: int = Field(0, ge=1, le=MAX_INTERVAL_SECONDS)
    tracked: bool = Field(False, description="Whether prices are collected.")


class PricesQuery(PageQuery):
    """Which span of time, and which page of it."""

    start: str = Field("", alias="from", max_length=64, description="Inclusive, RFC 3339.")
    end: str = Field("", alias="to", max_length=64, description="Exclusive, RFC 3339; now by default.")


def _coins(request: Request) -> Coins:
    coins: Coins = request.app.state.coins
    return coins


CoinsHere = Annotated[Coins, Depends(_coins)]
_VIEW = [Depends(may_view), Depends(no_query)]
_VIEW_PAGE = [Depends(may_view), Depends(check_query)]
_CHANGE = [Depends(may_administer), Depends(no_query)]


@routes.post("", status_code=201, dependencies=_CHANGE, response_model=CoinAnswer, openapi_extra=documented(NewCoin))
def create_coin(coins: CoinsHere, body: Annotated[NewCoin, Depends(typed(NewCoin))]) -> Response:
    """Register a coin; its first price is fetched at once."""
    coin = coins.create(pb.CreateCoinRequest(**body.model_dump(exclude_none=True)))
    location = {"Location": f"{routes.prefix}/{coin.id}"}
    return json_answer(coin_json(pb.GetCoinResponse(coin=coin)), status=201, headers=location)


@routes.get("", dependencies=_VIEW_PAGE, response_model=CoinList)
def list_coins(coins: CoinsHere, query: Annotated[PageQuery, Query()]) -> Response:
    """List coins with their newest prices, by id."""
    page = coins.list(limit=query.limit, cursor=query.cursor)
    return list_answer([coin_json(coin) for coin in page.coins], next_cursor=page.next_page_token)


@routes.get("/{coin_id}", dependencies=_VIEW, response_model=CoinAnswer)
def get_coin(coins: CoinsHere, coin_id: CoinId) -> Response:
    """Read one coin with its newest price."""
    return json_answer(coin_json(coins.get(coin_id)))


@routes.patch("/{coin_id}", dependencies=_CHANGE, response_model=CoinAnswer, openapi_extra=documented(CoinChange))
def change_coin(coins: CoinsHere, coin_id: CoinId, body: Annotated[CoinChange, Depends(typed(CoinChange))]) -> Response:
    """Change the given fields; `tracked: false` stops its price updates."""
    request = pb.UpdateCoinRequest(id=coin_id, **body.model_dump(exclude_unset=True))
    return json_answer(coin_json(coins.update(request)))


@routes.delete("/{coin_id}", status_code=204, dependencies=_CHANGE)
def delete_coin(coins: CoinsHere, coin_id: CoinId) -> Response:
    """Remove a coin with its schedule and all its prices."""
    coins.delete(coin_id)
    return Response(status_code=204)


@routes.get("/{coin_id}/price", dependencies=_VIEW, response_model=PriceAnswer)
def get_price(coins: CoinsHere, coin_id: CoinId) -> Response:
    """Read a coin's newest price. 409 not-ready before its first."""
    return json_answer(price_json(coins.latest_price(coin_id)))


@routes.get("/{coin_id}/prices", dependencies=_VIEW_PAGE, response_model=PriceList)
def list_prices(coins: CoinsHere, coin_id: CoinId, query: Annotated[PricesQuery, Query()]) -> Response:
    """List a coin's prices in [from, to), newest first."""
    start = instants.parse(query.start, "from") if query.start else None
    end = instants.parse(query.end, "to") if query.end else None
    page = coins.prices(coin_id, start=start, end=end, limit=query.limit, cursor=query.cursor)
    return list_answer([price_json(price) for price in page.prices], next_cursor=page.next_page_token)


def coin_json(found: pb.GetCoinResponse) -> dict[str, object]:
    """A coin as the API promises it."""
    coin = found.coin
    return {
        "id": coin.id,
        "symbol": coin.symbol,
        "name": coin.name,
        "chain": coin.chain,
        "address": coin.address,
        "price_interval_seconds": coin.price_interval_seconds,
        "tracked": coin.tracked,
        "created_at": instant(coin, "created_at"),
        "updated_at": instant(coin, "updated_at"),
        "latest_price": price_json(found.latest_price) if found.HasField("latest_price") else None,
        "price_age": _age_json(found.price_age) if found.HasField("price_age") else None,
    }


def _age_json(age: pb.PriceAge) -> dict[str, object]:
    return {
        "age_ms": age.age_ms,
        "max_age_ms": age.max_age_ms,
        "tier": age.tier,
        "is_breached": age.is_breached,
        "reason": age.reason,
    }


def price_json(price: pb.Price) -> dict[str, object]:
    """A price as the API promises it; decimals stay text."""
    return {
        "coin_id": price.coin_id,
        "tick": instant(price, "tick"),
        "price_usd": price.price_usd,
        "provider": price.provider,
        "pair_address": price.pair_address or None,
        "liquidity_usd": price.liquidity_usd or None,
        "volume_24h_usd": price.volume_24h_usd or None,
        "change_24h_fraction": price.change_24h_fraction or None,
        "fetched_at": instant(price, "fetched_at"),
    }
