"""Outcomes told by event, nodes that go by another job's end, times of one submission, results that expire."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "ledger_0013"
down_revision = "ledger_0012"
branch_labels = None
depends_on = None

_KINDS = "kind IN ('job', 'node', 'outcome', 'withdrawal')"
_OUTCOMES = "'fired', 'skipped', 'buffered', 'missed', 'refused'"


def upgrade() -> None:
    """Add them; rows that use none of it keep their size."""
    op.add_column("job", sa.Column("times", postgresql.JSONB(), nullable=True))
    op.add_column("job", sa.Column("result_expires_at", sa.DateTime(timezone=True), nullable=True))
    kept = "result_expires_at IS NOT NULL AND result IS NOT NULL"
    op.create_index("ix_job_result_expires", "job", ["result_expires_at"], unique=False, postgresql_where=sa.text(kept))
    op.add_column("outbox", sa.Column("kind", sa.Text(), server_default="job", nullable=False))
    op.create_check_constraint(op.f("ck_outbox_kind"), "outbox", _KINDS)
    op.create_index("ix_remote_node_message", "remote_node", ["message_id"], unique=False)
    _add_outcome_wish()
    _add_attachment()
    _say_outcomes(f"{_OUTCOMES}, 'coalesced'")


def _add_outcome_wish() -> None:
    op.create_table(
        "outcome_wish",
        sa.Column("job_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_outcome_wish_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "source", "message_id", name=op.f("pk_outcome_wish")),
    )


def _add_attachment() -> None:
    op.create_table(
        "job_attachment",
        sa.Column("job_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("holder_id", sa.UUID(as_uuid=False), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_attachment_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_attachment")),
    )
    op.create_index("ix_job_attachment_holder", "job_attachment", ["holder_id"], unique=False)


def _say_outcomes(words: str) -> None:
    op.drop_constraint(op.f("ck_schedule_tick_outcome"), "schedule_tick", type_="check")
    op.create_check_constraint(op.f("ck_schedule_tick_outcome"), "schedule_tick", f"outcome IN ({words})")


def downgrade() -> None:
    """Take them away; what the build before cannot read goes with them."""
    op.execute("UPDATE schedule_tick SET outcome = 'skipped' WHERE outcome = 'coalesced'")
    _say_outcomes(_OUTCOMES)
    op.drop_table("job_attachment")
    op.drop_table("outcome_wish")
    op.drop_index("ix_remote_node_message", "remote_node")
    op.execute("DELETE FROM outbox WHERE kind IN ('outcome', 'withdrawal')")
    op.drop_constraint(op.f("ck_outbox_kind"), "outbox", type_="check")
    op.drop_column("outbox", "kind")
    op.drop_index("ix_job_result_expires", "job")
    op.drop_column("job", "result_expires_at")
    op.drop_column("job", "times")
