"""circuits and budgets of outside providers, and until when jobs may begin and end."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "ledger_0011"
down_revision = "ledger_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _add_circuit()
    _add_budget()
    _add_job_limit()
    _add_result_cache()
    _add_slot_decision()


def _add_circuit() -> None:
    op.create_table(
        "circuit",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("ratio", sa.Double(), nullable=False),
        sa.Column("window_ms", sa.BigInteger(), nullable=False),
        sa.Column("cooldown_ms", sa.BigInteger(), nullable=False),
        sa.Column("cooldown_max_ms", sa.BigInteger(), nullable=False),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.Column("probe_ms", sa.BigInteger(), nullable=False),
        sa.Column("forced", sa.Text(), server_default="", nullable=False),
        sa.Column("forced_until_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("edited_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("turn", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="closed", nullable=False),
        sa.Column("opens_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("since_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("streak", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("forced IN ('', 'open')", name=op.f("ck_circuit_forced")),
        sa.CheckConstraint("state IN ('closed', 'open')", name=op.f("ck_circuit_state")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_circuit")),
    )


def _add_budget() -> None:
    op.create_table(
        "budget",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("window_ms", sa.BigInteger(), nullable=False),
        sa.Column("soft", sa.Double(), nullable=False),
        sa.Column("edited_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("window_index", sa.BigInteger(), server_default="-1", nullable=False),
        sa.Column("may", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_budget")),
    )


def _add_job_limit() -> None:
    op.create_table(
        "job_limit",
        sa.Column("job_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("queue_ttl_ms", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_limit")),
    )
    op.create_index("ix_job_limit_look_at", "job_limit", ["look_at"])


def _add_slot_decision() -> None:
    op.create_table(
        "slot_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("slots_before", sa.Integer(), nullable=False),
        sa.Column("slots_after", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("measures", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_decision")),
    )
    op.create_index("ix_slot_decision_queue", "slot_decision", ["queue", "at"])
    op.create_index("ix_slot_decision_at", "slot_decision", ["at"])


def _add_result_cache() -> None:
    op.create_table(
        "result_cache",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_result_cache")),
    )
    op.create_index("ix_result_cache_expires_at", "result_cache", ["expires_at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("slot_decision")
    op.drop_table("result_cache")
    op.drop_table("job_limit")
    op.drop_table("budget")
    op.drop_table("circuit")
