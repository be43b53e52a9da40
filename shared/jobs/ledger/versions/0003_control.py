"""What operators change: a change of a waiting job that the index has not taken yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "ledger_0003"
down_revision = "ledger_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.add_column("job", sa.Column("pending_change", JSONB(), nullable=True))
    op.create_index(
        "ix_job_changed",
        "job",
        ["seq"],
        unique=False,
        postgresql_where=sa.text("pending_change IS NOT NULL AND finished_at IS NULL"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_job_changed", "job")
    op.drop_column("job", "pending_change")
