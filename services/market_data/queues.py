"""Owns the queues of market-data and how old its prices may be. A limit here is a default; it must never overwrite an
operator's change.
"""

from datetime import timedelta

from services.market_data.clients import breakers
from services.market_data.clients.batches import MAX_COINS
from services.market_data.store import Coin
from shared.jobs import Entity, Goal, Queue, Rate, hours, minutes

PRICE_UPDATES = Queue("price-updates", slots=5, rate=Rate(10, per=minutes(1)))

#: A coin's own interval takes the place of five minutes. One job, and one call, brings thirty coins of a chain.
COIN_PRICES = Goal(
    name="coin-prices",
    job="refresh-coin-prices",
    argument="coins",
    max_age=minutes(5),
    hot=minutes(1),
    cold=hours(1),
    cold_after=timedelta(days=7),
    batch=MAX_COINS,
    budget=breakers.DEXSCREENER_CALLS.name,
    breaker=breakers.DEXSCREENER.name,
)
#: No goal is tighter than this: what is asked for every ten seconds has its schedule, and a provider its limits.
TIGHTEST = minutes(1)


def priced(coin: Coin) -> Entity:
    """A coin as the goal knows it."""
    interval = timedelta(seconds=coin.price_interval_seconds)
    return Entity(str(coin.id), lane=coin.chain, max_age=max(TIGHTEST, interval))
