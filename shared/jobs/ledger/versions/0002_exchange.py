"""messages between services, effects outside, and an index by which retention finds what is finished."""

# millrace: allow-file function-size because a revision is one list of tables

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "ledger_0002"
down_revision = "ledger_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "job_effect",
        sa.Column("job_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), server_default="1", nullable=False),
        sa.Column("result", JSONB(), nullable=True),
        _instant("started_at", is_now=True),
        _instant("finished_at"),
        sa.CheckConstraint("state IN ('started', 'done')", name=op.f("ck_job_effect_state")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_effect_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "generation", "name", name=op.f("pk_job_effect")),
    )
    _index("ix_job_effect_unfinished", "job_effect", ["started_at"], where="finished_at IS NULL")
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("args", JSONB(), nullable=False),
        sa.Column("queue", sa.Text(), server_default="", nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
        _instant("scheduled_for"),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("keeps_order", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("error", JSONB(), nullable=True),
        sa.Column("peer_job_id", sa.UUID(as_uuid=False), nullable=True),
        _instant("created_at", is_now=True),
        _instant("tried_at"),
        _instant("next_at", is_now=True),
        _instant("finished_at"),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f("ck_outbox_state")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
    )
    _index("ix_outbox_waiting", "outbox", ["peer", "seq"], where="state = 'waiting'")
    _index("ix_outbox_finished", "outbox", ["state", "finished_at"], where="finished_at IS NOT NULL")
    op.create_table(
        "inbox",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("result", JSONB(), nullable=True),
        _instant("received_at", is_now=True),
        sa.PrimaryKeyConstraint("source", "message_id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"], unique=False)
    _index("ix_job_retention", "job", ["queue", "state", "finished_at", "seq"], where="finished_at IS NOT NULL")
    op.drop_index("ix_job_finished", table_name="job")


def downgrade() -> None:
    """Take them away."""
    _index("ix_job_finished", "job", ["finished_at"], where="finished_at IS NOT NULL")
    op.drop_index("ix_job_retention", table_name="job")
    op.drop_table("inbox")
    op.drop_table("outbox")
    op.drop_table("job_effect")


def _instant(name: str, *, is_now: bool = False) -> "sa.Column[object]":
    now = sa.text("clock_timestamp()") if is_now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=now, nullable=not is_now)


def _index(name: str, table: str, columns: list[str], *, where: str) -> None:
    op.create_index(name, table, columns, unique=False, postgresql_where=sa.text(where))
