"""what happened to a job and what it logged: events and log lines, deleted together with their job.

No foreign key binds them to it: that would cost a look at the job's row for every event, and one into both tables for
every job that goes. One trigger a statement takes what belongs to the rows that the statement deleted.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "ledger_0006"
down_revision = "ledger_0005"
branch_labels = None
depends_on = None

_FORGET = """
CREATE FUNCTION forget_job_history() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM job_event USING gone WHERE job_event.job_id = gone.id;
  DELETE FROM job_log USING gone WHERE job_log.job_id = gone.id;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Add the tables, and what empties them."""
    op.create_table(
        "job_event",
        sa.Column("job_id", UUID(as_uuid=False), nullable=False),
        sa.Column("entry_ms", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "entry_ms", "place", name=op.f("pk_job_event")),
    )
    op.create_index("ix_job_event_at", "job_event", ["at"], postgresql_using="brin")
    op.create_table(
        "job_log",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("job_id", UUID(as_uuid=False), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("left_out", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("job_id", "generation", "token", "line", name=op.f("pk_job_log")),
    )
    op.create_index("ix_job_log_reading", "job_log", ["job_id", "seq"], unique=False)
    op.create_index("ix_job_log_at", "job_log", ["at"], postgresql_using="brin")
    op.execute(_FORGET)
    op.execute(
        "CREATE TRIGGER forget_job_history AFTER DELETE ON job REFERENCING OLD TABLE AS gone "
        "FOR EACH STATEMENT EXECUTE FUNCTION forget_job_history()"
    )


def downgrade() -> None:
    """Take them away."""
    op.execute("DROP TRIGGER forget_job_history ON job")
    op.execute("DROP FUNCTION forget_job_history()")
    op.drop_table("job_log")
    op.drop_table("job_event")
