"""Owns the tables of what bounds jobs: providers, times, kept values, decisions. It must never hold a query."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from shared.jobs.ledger.freshness_tables import add_freshness_tables

_TIME = sa.DateTime(timezone=True)


def add_limit_tables(metadata: sa.MetaData) -> None:
    """Add them to the ledger's."""
    _add_providers(metadata)
    _add_jobs(metadata)
    add_freshness_tables(metadata)


def _count(name: str, default: str | None = None) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=default)


def _add_providers(metadata: sa.MetaData) -> None:
    #: How the circuit of a provider stands, and what is said of it here; times are Redis milliseconds.
    sa.Table(
        "circuit",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("ratio", sa.Double, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("failures", "probes")),
        *(_count(name) for name in ("version", "window_ms", "cooldown_ms", "cooldown_max_ms", "probe_ms")),
        *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in ("forced", "reason")),
        sa.Column("state", sa.Text, nullable=False, server_default="closed"),
        sa.Column("streak", sa.Integer, nullable=False, server_default="0"),
        #: `turn` rises with every opening and closing: the higher one is the newer one, here or in the index.
        *(_count(name, "0") for name in ("forced_until_ms", "edited_ms", "turn", "opens_ms", "since_ms")),
        sa.CheckConstraint("forced IN ('', 'open')", name="forced"),
        sa.CheckConstraint("state IN ('closed', 'open')", name="state"),
    )

    #: What this service says of a provider's budget, and how many points of the present window it has allowed itself.
    sa.Table(
        "budget",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("soft", sa.Double, nullable=False),
        *(_count(name) for name in ("version", "points", "window_ms")),
        *(_count(name, default) for name, default in (("edited_ms", "0"), ("may", "0"), ("window_index", "-1"))),
    )


def _add_jobs(metadata: sa.MetaData) -> None:
    sa.Table(
        "result_cache",
        metadata,
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", JSONB),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Index("ix_result_cache_expires_at", "expires_at"),
    )

    #: Until when a job may begin and end. No foreign key: every deletion of a job would look here.
    sa.Table(
        "job_limit",
        metadata,
        sa.Column("job_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("queue_ttl_ms", sa.BigInteger),
        sa.Column("expires_at", _TIME),
        sa.Column("deadline_at", _TIME),
        sa.Column("look_at", _TIME, nullable=False),
        sa.Index("ix_job_limit_look_at", "look_at"),
    )

    #: What was decided of the slots of queues that adapt.
    sa.Table(
        "slot_decision",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False, server_default=sa.text("clock_timestamp()")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("slots_before", "slots_after")),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("measures", JSONB, nullable=False),
        sa.Index("ix_slot_decision_queue", "queue", "at"),
        sa.Index("ix_slot_decision_at", "at"),
    )
