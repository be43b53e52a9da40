"""goals of freshness, what they are kept for, and when it was too old."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0012"
down_revision = "ledger_0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    _add_goal()
    _add_entity()
    _add_breach()


def _text(name: str, default: str | None = "") -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _add_goal() -> None:
    op.create_table(
        "freshness_goal",
        *(_text(name, None) for name in ("name", "job", "argument", "budget", "breaker")),
        *(sa.Column(n, sa.BigInteger(), nullable=False) for n in ("max_age_ms", "hot_for_ms", "cold_after_ms", "cost")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("hot_ms", "cold_ms")),
        sa.Column("lead", sa.Double(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Boolean(), server_default="false", nullable=False) for name in ("is_paused", "is_edited")),
        _text("last_error"),
        sa.Column("reage_from", sa.Text(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in ("entities", "breached")),
        sa.Column("demand", sa.Double(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_freshness_goal")),
    )
    op.create_table(
        "freshness_pace",
        _text("name", None),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("per_minute", sa.Double(), server_default="0", nullable=False),
        sa.Column("short_since", TIME, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_freshness_pace")),
    )


def _add_entity() -> None:
    op.create_table(
        "freshness_entity",
        *(_text(name, None) for name in ("goal", "entity")),
        _text("lane"),
        sa.Column("own_ms", sa.BigInteger(), nullable=True),
        _text("pinned"),
        _text("tier", "normal"),
        sa.Column("max_age_ms", sa.BigInteger(), nullable=False),
        sa.Column("band", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        *(sa.Column(name, TIME, nullable=True) for name in ("data_at", "touched_at", "asked_at", "breach_since")),
        sa.Column("job_id", sa.UUID(as_uuid=False), nullable=True),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in ("failures", "breaches")),
        *(sa.Column(name, TIME, nullable=False) for name in ("next_due_at", "breach_at")),
        sa.CheckConstraint("tier IN ('hot', 'normal', 'cold')", name=op.f("ck_freshness_entity_tier")),
        sa.CheckConstraint("pinned IN ('', 'hot', 'normal', 'cold')", name=op.f("ck_freshness_entity_pinned")),
        sa.PrimaryKeyConstraint("goal", "entity", name=op.f("pk_freshness_entity")),
    )
    late, breached = sa.text("breach_since IS NULL"), sa.text("breach_since IS NOT NULL")
    op.create_index("ix_freshness_entity_due", "freshness_entity", ["goal", "band", "next_due_at"])
    op.create_index("ix_freshness_entity_age", "freshness_entity", ["goal", "band", "breach_at"])
    op.create_index("ix_freshness_entity_late", "freshness_entity", ["breach_at"], postgresql_where=late)
    op.create_index("ix_freshness_entity_breached", "freshness_entity", ["goal", "entity"], postgresql_where=breached)


def _add_breach() -> None:
    op.create_table(
        "freshness_breach",
        *(_text(name, None) for name in ("goal", "entity")),
        sa.Column("since", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("worst", sa.Double(), nullable=True),
        *(_text(name) for name in ("code", "reason")),
        sa.PrimaryKeyConstraint("goal", "entity", "since", name=op.f("pk_freshness_breach")),
    )
    op.create_index("ix_freshness_breach_ended_at", "freshness_breach", ["ended_at"])


def downgrade() -> None:
    """Take them away."""
    for table in ("freshness_breach", "freshness_entity", "freshness_pace", "freshness_goal"):
        op.drop_table(table)
