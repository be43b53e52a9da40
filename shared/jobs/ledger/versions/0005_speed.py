"""How rows are found: the index on (state, seq) goes, for a page asks (queue, state, seq) once a queue.

Every row has an entry in it and every change of state writes one more, which no reader needs.
"""

from alembic import op

revision = "ledger_0005"
down_revision = "ledger_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_job_state", table_name="job")


def downgrade() -> None:
    """Make it again."""
    op.create_index("ix_job_state", "job", ["state", "seq"], unique=False)
