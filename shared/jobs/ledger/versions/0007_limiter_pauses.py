"""A limiter that services share may be paused by a person: for good, or until a time."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0007"
down_revision = "ledger_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has paused one yet."""
    op.add_column("limiter", sa.Column("is_paused", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("limiter", sa.Column("paused_until", sa.DateTime(timezone=True)))
    op.add_column("limiter", sa.Column("pause_edited_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take them away; what is paused starts again."""
    op.drop_column("limiter", "pause_edited_at")
    op.drop_column("limiter", "paused_until")
    op.drop_column("limiter", "is_paused")
