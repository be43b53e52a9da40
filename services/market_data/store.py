"""Owns every query on coins, quotes and prices. It must never commit, nor return rows: callers get frozen values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.market_data.domain.chains import address_key, chain_named
from services.market_data.domain.quotes import CoinRef, Quote
from services.market_data.tables import coin, coin_price, quote
from shared import clock
from shared.errors import AlreadyExists, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCoin:
    """What a caller says of a coin to be followed."""

    symbol: str
    name: str
    chain: str
    address: str
    price_interval_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coin:
    """A token on a chain whose price is followed."""

    id: int
    symbol: str
    name: str
    chain: str
    address: str
    price_interval_seconds: int
    tracked: bool
    created_at: datetime
    updated_at: datetime

    @property
    def ref(self) -> CoinRef:
        """What a provider client needs to ask for this coin."""
        return CoinRef(coin_id=self.id, chain=self.chain, address=self.address, symbol=self.symbol)

    def quote_age(self, most: timedelta) -> timedelta:
        """How old a quote may be to stand for a price of this coin: `most`, or half an interval if that is less."""
        return min(most, timedelta(seconds=self.price_interval_seconds) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a coin cost at one tick. Amounts in US dollars; the change is a fraction (0.085 = +8.5 %)."""

    coin_id: int
    tick: datetime
    price_usd: Decimal
    provider: str
    pair_address: str | None
    liquidity_usd: Decimal | None
    volume_24h_usd: Decimal | None
    change_24h_fraction: Decimal | None
    fetched_at: datetime


_COIN_FIELDS = tuple(field.name for field in fields(Coin))
_PRICE_FIELDS = tuple(field.name for field in fields(Price))
_QUOTE_FIELDS = tuple(field.name for field in fields(Quote))
_COIN = tuple(coin.c[name] for name in _COIN_FIELDS)
_PRICE = tuple(coin_price.c[name] for name in _PRICE_FIELDS)
_QUOTE = tuple(quote.c[name] for name in _QUOTE_FIELDS)


class CoinStore:
    """Coins, inside the caller's transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, new: NewCoin) -> Coin:
        """Insert a tracked coin. Raises AlreadyExists, naming its id, when the chain's address is known."""
        now = clock.now()
        key = address_key(chain_named(new.chain), new.address)
        statement = insert(coin).values(**asdict(new), address_key=key, tracked=True, created_at=now, updated_at=now)
        row = self._connection.execute(statement.on_conflict_do_nothing().returning(*_COIN)).one_or_none()
        if row is None:
            known = sa.select(coin.c.id).where(coin.c.chain == new.chain, coin.c.address_key == key)
            coin_id = self._connection.execute(known).scalar_one_or_none()
            raise AlreadyExists(f"coin {coin_id} has address {new.address} on {new.chain} already")
        return _coin(row)

    def find(self, coin_id: int) -> Coin | None:
        """The coin, if it exists."""
        row = self._connection.execute(sa.select(*_COIN).where(coin.c.id == coin_id)).one_or_none()
        return None if row is None else _coin(row)

    def get(self, coin_id: int) -> Coin:
        """The coin. Raises NotFound."""
        found = self.find(coin_id)
        if found is None:
            raise _unknown(coin_id)
        return found

    def tracked(self, coin_ids: Collection[int]) -> list[Coin]:
        """Those of these coins that are tracked, by id."""
        wanted = sa.select(*_COIN).where(coin.c.id.in_(coin_ids), coin.c.tracked).order_by(coin.c.id)
        return [_coin(row) for row in self._connection.execute(wanted)]

    def update(self, coin_id: int, changes: Mapping[str, object]) -> Coin:
        """Change the named columns. Raises NotFound."""
        statement = sa.update(coin).where(coin.c.id == coin_id).values(**changes, updated_at=clock.now())
        row = self._connection.execute(statement.returning(*_COIN)).one_or_none()
        if row is None:
            raise _unknown(coin_id)
        return _coin(row)

    def delete(self, coin_id: int) -> None:
        """Remove a coin with its quote and prices. Raises NotFound."""
        if self._connection.execute(sa.delete(coin).where(coin.c.id == coin_id)).rowcount == 0:
            raise _unknown(coin_id)

    def hold(self, coin_id: int) -> bool:
        """Keep a coin from being deleted until this transaction ends; False when it is gone."""
        statement = sa.select(coin.c.id).where(coin.c.id == coin_id).with_for_update(read=True, key_share=True)
        return self._connection.execute(statement).one_or_none() is not None

    def page(self, after_id: int, limit: int) -> list[tuple[Coin, Price | None]]:
        """Up to `limit` coins above an id, in order, each with its newest price: one query whatever the size."""
        newest = sa.select(*_PRICE).where(coin_price.c.coin_id == coin.c.id).order_by(coin_price.c.tick.desc()).limit(1)
        latest = newest.lateral("latest")
        statement = (
            sa.select(*_COIN, *(latest.c[name].label(f"latest_{name}") for name in _PRICE_FIELDS))
            .select_from(coin.outerjoin(latest, sa.true()))
            .where(coin.c.id > after_id)
            .order_by(coin.c.id)
            .limit(limit)
        )
        rows = self._connection.execute(statement).all()
        split = len(_COIN_FIELDS)
        return [(_coin(row[:split]), None if row[split] is None else _price(row[split:])) for row in rows]

    def due_for_quote(self, asked: Coin, *, max_age: timedelta, limit: int) -> list[Coin]:
        """The coin and other tracked ones of its chain whose quotes are due, the longest unasked first.

        A coin that was asked for and that no provider knew is not due either until its quote would be old; else a
        few dead coins would fill every call.
        """
        age_seconds = sa.extract("epoch", sa.literal(clock.now()) - coin.c.asked_at)
        usable_seconds = sa.func.least(max_age.total_seconds(), coin.c.price_interval_seconds / 2.0)
        statement = (
            sa.select(*_COIN)
            .where(coin.c.chain == asked.chain, coin.c.tracked, coin.c.id != asked.id)
            .where(sa.or_(coin.c.asked_at.is_(None), age_seconds >= usable_seconds))
            .order_by(coin.c.asked_at.asc().nulls_first(), coin.c.id)
            .limit(limit - 1)
        )
        return [asked, *(_coin(row) for row in self._connection.execute(statement))]


class PriceStore:
    """Quotes and prices, inside the caller's transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def quote(self, coin_id: int, *, since: datetime) -> Quote | None:
        """The coin's quote, if it was fetched at `since` or later."""
        statement = sa.select(*_QUOTE).where(quote.c.coin_id == coin_id, quote.c.fetched_at >= since)
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else Quote(**dict(zip(_QUOTE_FIELDS, row, strict=True)))

    def quotes(self, coin_ids: Collection[int], *, since: datetime) -> dict[int, Quote]:
        """The quotes of these coins that were fetched at `since` or later."""
        statement = sa.select(*_QUOTE).where(quote.c.coin_id.in_(coin_ids), quote.c.fetched_at >= since)
        found = [Quote(**dict(zip(_QUOTE_FIELDS, row, strict=True))) for row in self._connection.execute(statement)]
        return {each.coin_id: each for each in found}

    def record_quotes(self, quotes: Collection[Quote], *, asked: Collection[int], asked_at: datetime) -> None:
        """Keep what one call answered. Coins deleted meanwhile are skipped; a newer quote is never replaced.

        Rows are locked in the order of their ids, coins before quotes, so that two calls cannot deadlock.
        """
        lock = sa.select(coin.c.id).where(coin.c.id.in_(asked)).order_by(coin.c.id).with_for_update(key_share=True)
        alive = list(self._connection.execute(lock).scalars())
        latest_ask = sa.func.greatest(coin.c.asked_at, sa.literal(asked_at))
        self._connection.execute(sa.update(coin).where(coin.c.id.in_(alive)).values(asked_at=latest_ask))
        kept = sorted((each for each in quotes if each.coin_id in alive), key=lambda each: each.coin_id)
        if not kept:
            return
        statement = insert(quote).values([{name: getattr(each, name) for name in _QUOTE_FIELDS} for each in kept])
        newer = {name: statement.excluded[name] for name in _QUOTE_FIELDS if name != "coin_id"}
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[quote.c.coin_id], set_=newer, where=quote.c.fetched_at < statement.excluded.fetched_at
            )
        )

    def record_price(self, source: Quote, *, tick: datetime, job_id: UUID) -> tuple[Price, bool]:
        """The price of (coin, tick), and whether it is new; one that exists stays as it is."""
        values = {name: getattr(source, name) for name in _PRICE_FIELDS if name != "tick"}
        statement = insert(coin_price).values(**values, tick=tick, job_id=job_id).on_conflict_do_nothing()
        row = self._connection.execute(statement.returning(*_PRICE)).one_or_none()
        if row is not None:
            return _price(row), True
        known = sa.select(*_PRICE).where(coin_price.c.coin_id == source.coin_id, coin_price.c.tick == tick)
        return _price(self._connection.execute(known).one()), False

    def latest(self, coin_id: int) -> Price | None:
        """The price of the newest tick."""
        statement = sa.select(*_PRICE).where(coin_price.c.coin_id == coin_id).order_by(coin_price.c.tick.desc())
        row = self._connection.execute(statement.limit(1)).one_or_none()
        return None if row is None else _price(row)

    def newest_first(self, coin_id: int, *, start: datetime | None, end: datetime, limit: int) -> list[Price]:
        """Up to `limit` prices with start <= tick < end."""
        statement = sa.select(*_PRICE).where(coin_price.c.coin_id == coin_id, coin_price.c.tick < end)
        if start is not None:
            statement = statement.where(coin_price.c.tick >= start)
        rows = self._connection.execute(statement.order_by(coin_price.c.tick.desc()).limit(limit))
        return [_price(row) for row in rows]


def _coin(row: Sequence[Any]) -> Coin:
    return Coin(**dict(zip(_COIN_FIELDS, row, strict=True)))


def _price(row: Sequence[Any]) -> Price:
    return Price(**dict(zip(_PRICE_FIELDS, row, strict=True)))


def _unknown(coin_id: int) -> NotFound:
    return NotFound(f"no coin has id {coin_id}")
