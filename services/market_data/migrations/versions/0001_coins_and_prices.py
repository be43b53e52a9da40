"""Coins, their latest quotes, and their prices by tick."""

import sqlalchemy as sa
from alembic import op

revision = "market_data_0001"
down_revision = None
branch_labels = ("market_data",)
depends_on = None

MONEY = sa.Numeric(38, 18)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "coin",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("symbol", sa.String(32), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("chain", sa.String(32), nullable=False),
        sa.Column("address", sa.String(128), nullable=False),
        sa.Column("address_key", sa.String(128), nullable=False),
        sa.Column("price_interval_seconds", sa.Integer, nullable=False),
        sa.Column("tracked", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("asked_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coin")),
        sa.UniqueConstraint("chain", "address_key", name=op.f("uq_coin_chain_address_key")),
        sa.CheckConstraint("price_interval_seconds BETWEEN 1 AND 86400", name=op.f("ck_coin_price_interval")),
    )
    op.create_table(
        "quote",
        sa.Column("coin_id", sa.BigInteger, nullable=False),
        *_market_columns(),
        sa.Column("answer_sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("coin_id", name=op.f("pk_quote")),
        sa.ForeignKeyConstraint(["coin_id"], ["coin.id"], name=op.f("fk_quote_coin_id"), ondelete="CASCADE"),
        sa.CheckConstraint("price_usd > 0 AND price_usd < 'Infinity'", name=op.f("ck_quote_price_is_positive")),
    )
    op.create_table(
        "coin_price",
        sa.Column("coin_id", sa.BigInteger, nullable=False),
        sa.Column("tick", INSTANT, nullable=False),
        *_market_columns(),
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("coin_id", "tick", name=op.f("pk_coin_price")),
        sa.ForeignKeyConstraint(["coin_id"], ["coin.id"], name=op.f("fk_coin_price_coin_id"), ondelete="CASCADE"),
        sa.CheckConstraint("price_usd > 0 AND price_usd < 'Infinity'", name=op.f("ck_coin_price_price_is_positive")),
    )


def downgrade() -> None:
    op.drop_table("coin_price")
    op.drop_table("quote")
    op.drop_table("coin")


def _market_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("price_usd", MONEY, nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("pair_address", sa.String(128)),
        sa.Column("liquidity_usd", MONEY),
        sa.Column("volume_24h_usd", MONEY),
        sa.Column("change_24h_fraction", MONEY),
        sa.Column("fetched_at", INSTANT, nullable=False),
    ]
