"""Owns the tables of freshness: goals, what they are kept for, when it was too old, at what pace. Holds no query."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

_TIME = sa.DateTime(timezone=True)


def add_freshness_tables(metadata: sa.MetaData) -> None:
    """Add them to the ledger's."""
    _add_goals(metadata)
    _add_entities(metadata)
    _add_breaches(metadata)


def _number(name: str, default: str | None = None) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=default)


def _text(name: str, default: str | None = "") -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _add_goals(metadata: sa.MetaData) -> None:
    sa.Table(
        "freshness_goal",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        *(_text(name, None) for name in ("job", "argument", "budget", "breaker")),
        *(_number(name) for name in ("max_age_ms", "hot_for_ms", "cold_after_ms", "cost")),
        *(sa.Column(name, sa.BigInteger) for name in ("hot_ms", "cold_ms")),
        sa.Column("lead", sa.Double, nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Boolean, nullable=False, server_default="false") for name in ("is_paused", "is_edited")),
        _text("last_error"),
        #: After an edit: the entity up to which ages have been worked out anew; null when all have.
        sa.Column("reage_from", sa.Text),
        #: What was counted last, and jobs a second that its ages ask for.
        *(_number(name, "0") for name in ("entities", "breached")),
        sa.Column("demand", sa.Double, nullable=False, server_default="0"),
    )

    #: Jobs that may be submitted now, of those that share a budget; a goal without one has a pace of its own.
    sa.Table(
        "freshness_pace",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("tokens", sa.Double, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        #: Jobs a minute, and since when nothing was left; null while there is enough.
        sa.Column("per_minute", sa.Double, nullable=False, server_default="0"),
        sa.Column("short_since", _TIME),
    )


def _add_entities(metadata: sa.MetaData) -> None:
    sa.Table(
        "freshness_entity",
        metadata,
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("goal", "entity")),
        #: Only what shares a lane shares a job.
        _text("lane"),
        sa.Column("own_ms", sa.BigInteger),
        _text("pinned"),
        _text("tier", "normal"),
        _number("max_age_ms"),
        #: The half power of two that max_age lies in: within one the oldest is the most overdue.
        sa.Column("band", sa.SmallInteger, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        *(sa.Column(name, _TIME) for name in ("data_at", "touched_at", "asked_at", "breach_since")),
        #: The last one; asked_at is when it was submitted, and null as soon as something new was told.
        sa.Column("job_id", UUID(as_uuid=False)),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in ("failures", "breaches")),
        *(sa.Column(name, _TIME, nullable=False) for name in ("next_due_at", "breach_at")),
        sa.CheckConstraint("tier IN ('hot', 'normal', 'cold')", name="tier"),
        sa.CheckConstraint("pinned IN ('', 'hot', 'normal', 'cold')", name="pinned"),
        sa.Index("ix_freshness_entity_due", "goal", "band", "next_due_at"),
        sa.Index("ix_freshness_entity_age", "goal", "band", "breach_at"),
        sa.Index("ix_freshness_entity_late", "breach_at", postgresql_where=sa.text("breach_since IS NULL")),
        sa.Index(
            "ix_freshness_entity_breached", "goal", "entity", postgresql_where=sa.text("breach_since IS NOT NULL")
        ),
    )


def _add_breaches(metadata: sa.MetaData) -> None:
    sa.Table(
        "freshness_breach",
        metadata,
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("goal", "entity")),
        sa.Column("since", _TIME, primary_key=True),
        sa.Column("ended_at", _TIME),
        #: How old it became, as a multiple of the age allowed; null while it lasts.
        sa.Column("worst", sa.Double),
        *(_text(name) for name in ("code", "reason")),
        sa.Index("ix_freshness_breach_ended_at", "ended_at"),
    )
