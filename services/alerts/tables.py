"""Owns the tables of schema alerts. It must never hold a query; those are the store's."""

import sqlalchemy as sa

from shared.db import NAMING

metadata = sa.MetaData(naming_convention=NAMING)

#: Prices and amounts of dollars: 20 digits before the point, 18 behind (shared.money).
MONEY = sa.Numeric(38, 18)
INSTANT = sa.DateTime(timezone=True)

alert = sa.Table(
    "alert",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("owner", sa.String(100), nullable=False),
    # Of market-data, in a schema that this service cannot see.
    sa.Column("coin_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("threshold_usd", MONEY, nullable=False),
    sa.Column("hysteresis_fraction", MONEY, nullable=False),
    sa.Column("cooldown_seconds", sa.Integer, nullable=False),
    sa.Column("one_shot", sa.Boolean, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("armed", sa.Boolean, nullable=False),
    # Only prices of later ticks are looked at: its creation or its last change.
    sa.Column("watched_since", INSTANT, nullable=False),
    sa.Column("last_triggered_tick", INSTANT),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("updated_at", INSTANT, nullable=False),
    sa.CheckConstraint("kind IN ('price_above', 'price_below')", name="kind"),
    # PostgreSQL holds NaN to be above every number, infinity included; hence the second halves of the checks.
    sa.CheckConstraint("threshold_usd > 0 AND threshold_usd < 'Infinity'", name="threshold_is_positive"),
    sa.CheckConstraint("hysteresis_fraction >= 0 AND hysteresis_fraction < 1", name="hysteresis_fraction"),
    sa.CheckConstraint("cooldown_seconds BETWEEN 0 AND 2592000", name="cooldown"),
)
sa.Index("ix_alert_coin_id_active", alert.c.coin_id, postgresql_where=alert.c.active)
sa.Index("ix_alert_owner_id", alert.c.owner, alert.c.id)

#: Up to which tick a coin's prices have been looked at; its row is the lock of whoever looks.
watched_coin = sa.Table(
    "watched_coin",
    metadata,
    sa.Column("coin_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("checked_until", INSTANT, nullable=False),
)

alert_trigger = sa.Table(
    "alert_trigger",
    metadata,
    sa.Column("alert_id", sa.ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tick", INSTANT, primary_key=True),
    sa.Column("coin_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("threshold_usd", MONEY, nullable=False),
    sa.Column("price_usd", MONEY, nullable=False),
    sa.Column("job_id", sa.Uuid, nullable=False),
    sa.Column("triggered_at", INSTANT, nullable=False, index=True),
)
