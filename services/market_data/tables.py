"""Owns the tables of schema market_data. It must never hold a query; those are the store's."""

import sqlalchemy as sa

from shared.db import NAMING

metadata = sa.MetaData(naming_convention=NAMING)

#: Prices and amounts of dollars: 20 digits before the point, 18 behind (shared.money).
MONEY = sa.Numeric(38, 18)
INSTANT = sa.DateTime(timezone=True)


def _market_columns() -> list[sa.Column[object]]:
    """What a provider says of a token at one moment; the same in a quote and in a price."""
    return [
        sa.Column("price_usd", MONEY, nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("pair_address", sa.String(128)),
        sa.Column("liquidity_usd", MONEY),
        sa.Column("volume_24h_usd", MONEY),
        sa.Column("change_24h_fraction", MONEY),
        sa.Column("fetched_at", INSTANT, nullable=False),
    ]


coin = sa.Table(
    "coin",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("symbol", sa.String(32), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("chain", sa.String(32), nullable=False),
    sa.Column("address", sa.String(128), nullable=False),
    # The address as the chain compares it, so that 0xAB… and 0xab… are one coin while `address` keeps its spelling.
    sa.Column("address_key", sa.String(128), nullable=False),
    sa.Column("price_interval_seconds", sa.Integer, nullable=False),
    sa.Column("tracked", sa.Boolean, nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("updated_at", INSTANT, nullable=False),
    # When providers last answered a call that asked for this coin, whether or not they knew it.
    sa.Column("asked_at", INSTANT),
    sa.UniqueConstraint("chain", "address_key"),
    sa.CheckConstraint("price_interval_seconds BETWEEN 1 AND 86400", name="price_interval"),
)

# PostgreSQL holds NaN to be above every number, infinity included; hence the second half of the checks.
quote = sa.Table(
    "quote",
    metadata,
    sa.Column("coin_id", sa.ForeignKey("coin.id", ondelete="CASCADE"), primary_key=True),
    *_market_columns(),
    sa.Column("answer_sha256", sa.String(64), nullable=False),
    sa.CheckConstraint("price_usd > 0 AND price_usd < 'Infinity'", name="price_is_positive"),
)

# The primary key, read backwards, is also the index for "newest first".
coin_price = sa.Table(
    "coin_price",
    metadata,
    sa.Column("coin_id", sa.ForeignKey("coin.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tick", INSTANT, primary_key=True),
    *_market_columns(),
    sa.Column("job_id", sa.Uuid, nullable=False),
    sa.CheckConstraint("price_usd > 0 AND price_usd < 'Infinity'", name="price_is_positive"),
)
