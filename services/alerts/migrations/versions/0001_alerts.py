"""Alerts, how far each coin's prices have been looked at, and what triggered."""

import sqlalchemy as sa
from alembic import op

revision = "alerts_0001"
down_revision = None
branch_labels = ("alerts",)
depends_on = None

MONEY = sa.Numeric(38, 18)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_alert()
    op.create_table(
        "watched_coin",
        sa.Column("coin_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("checked_until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("coin_id", name=op.f("pk_watched_coin")),
    )
    op.create_table(
        "alert_trigger",
        sa.Column("alert_id", sa.BigInteger, nullable=False),
        sa.Column("tick", INSTANT, nullable=False),
        sa.Column("coin_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("threshold_usd", MONEY, nullable=False),
        sa.Column("price_usd", MONEY, nullable=False),
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("triggered_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "tick", name=op.f("pk_alert_trigger")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_trigger_alert_id"), ondelete="CASCADE"),
    )
    op.create_index(op.f("ix_alert_trigger_triggered_at"), "alert_trigger", ["triggered_at"])


def downgrade() -> None:
    op.drop_table("alert_trigger")
    op.drop_table("watched_coin")
    op.drop_table("alert")


def _create_alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("coin_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("threshold_usd", MONEY, nullable=False),
        sa.Column("hysteresis_fraction", MONEY, nullable=False),
        sa.Column("cooldown_seconds", sa.Integer, nullable=False),
        sa.Column("one_shot", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("armed", sa.Boolean, nullable=False),
        sa.Column("watched_since", INSTANT, nullable=False),
        sa.Column("last_triggered_tick", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.CheckConstraint("kind IN ('price_above', 'price_below')", name=op.f("ck_alert_kind")),
        sa.CheckConstraint(
            "threshold_usd > 0 AND threshold_usd < 'Infinity'", name=op.f("ck_alert_threshold_is_positive")
        ),
        sa.CheckConstraint(
            "hysteresis_fraction >= 0 AND hysteresis_fraction < 1", name=op.f("ck_alert_hysteresis_fraction")
        ),
        sa.CheckConstraint("cooldown_seconds BETWEEN 0 AND 2592000", name=op.f("ck_alert_cooldown")),
    )
    op.create_index("ix_alert_coin_id_active", "alert", ["coin_id"], postgresql_where=sa.text("active"))
    op.create_index("ix_alert_owner_id", "alert", ["owner", "id"])
