"""limits and pauses of jobs and groups, a queue's ageing, and limiters that services share."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0004"
down_revision = "ledger_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns."""
    op.add_column("job", sa.Column("group_key", sa.Text(), server_default="", nullable=False))
    op.add_column("queue_setting", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("queue_setting", sa.Column("group_max_running", sa.Integer(), server_default="0", nullable=False))
    op.add_column("queue_setting", sa.Column("age_ms", sa.BigInteger(), server_default="60000", nullable=False))
    op.create_table(
        "gate_setting",
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_running", sa.Integer(), server_default="0", nullable=False),
        sa.Column("limiter", sa.Text(), server_default="", nullable=False),
        sa.Column("cost", sa.Integer(), server_default="1", nullable=False),
        sa.Column("is_edited", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("kind IN ('job', 'group')", name=op.f("ck_gate_setting_kind")),
        sa.PrimaryKeyConstraint("queue", "kind", "name", name=op.f("pk_gate_setting")),
    )
    op.create_table(
        "limiter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("window_ms", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_limiter")),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("limiter")
    op.drop_table("gate_setting")
    op.drop_column("queue_setting", "age_ms")
    op.drop_column("queue_setting", "group_max_running")
    op.drop_column("queue_setting", "paused_until")
    op.drop_column("job", "group_key")
