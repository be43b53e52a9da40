"""Owns the queues of market-data. A limit here is a default; it must never overwrite an operator's change."""

from shared.jobs import Queue, Rate, minutes

PRICE_UPDATES = Queue("price-updates", slots=5, rate=Rate(10, per=minutes(1)))
