"""How rows are found: the index on (state, seq) goes, for a page asks (queue, state, seq) once a queue.

Every row has an entry in it and every change of state writes one more, which no reader needs. And how the sweeper
passes over rows that answer a repeated submission: the index on what has finished keeps them apart.
"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0005"
down_revision = "ledger_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the index; tell keyed rows and children from others."""
    op.drop_index("ix_job_state", table_name="job")
    op.add_column("job", sa.Column("is_keyed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE job SET is_keyed = TRUE FROM idempotency_key AS taken WHERE taken.job_id = job.id")
    owed = sa.Computed("is_keyed OR parent_id IS NOT NULL", persisted=True)
    op.add_column("job", sa.Column("is_owed", sa.Boolean(), owed))
    op.drop_index("ix_job_retention", table_name="job")
    _retention("queue", "state", "is_owed", "finished_at", "seq")


def downgrade() -> None:
    """Make it again, and the other as it was."""
    op.drop_index("ix_job_retention", table_name="job")
    op.drop_column("job", "is_owed")
    op.drop_column("job", "is_keyed")
    _retention("queue", "state", "finished_at", "seq")
    op.create_index("ix_job_state", "job", ["state", "seq"], unique=False)


def _retention(*columns: str) -> None:
    op.create_index(
        "ix_job_retention", "job", list(columns), unique=False, postgresql_where=sa.text("finished_at IS NOT NULL")
    )
