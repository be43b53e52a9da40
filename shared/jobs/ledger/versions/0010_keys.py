"""Unique jobs and sequences: which job a key means now, and who waits for whom."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0010"
down_revision = "ledger_0009"
branch_labels = None
depends_on = None

#: A wake only: the loop that lets the next one go also looks by itself.
_FUNCTION = """
CREATE FUNCTION wake_sequences() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('millrace_sequences_' || TG_TABLE_SCHEMA, TG_TABLE_SCHEMA);
  RETURN NULL;
END $$
"""
_TRIGGER = """
CREATE TRIGGER job_sequence_ended AFTER UPDATE OF finished_at ON job FOR EACH ROW
WHEN (NEW.sequence_key IS NOT NULL AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION wake_sequences()
"""


def upgrade() -> None:
    """Add them; rows that use neither keep their size."""
    for name in ("unique_mode", "unique_key", "sequence_key"):
        op.add_column("job", sa.Column(name, sa.Text(), nullable=True))
    in_line = "sequence_key IS NOT NULL AND state = 'blocked' AND wait_reason = 'sequence'"
    at_work = "sequence_key IS NOT NULL AND finished_at IS NULL AND state <> 'blocked'"
    op.create_index("ix_job_in_line", "job", ["sequence_key", "seq"], unique=False, postgresql_where=sa.text(in_line))
    op.create_index("ix_job_at_work", "job", ["sequence_key"], unique=False, postgresql_where=sa.text(at_work))
    cancelled = "sequence_key IS NOT NULL AND state IN ('cancelled', 'expired')"
    op.create_index(
        "ix_job_echo", "job", ["sequence_key", "finished_at"], unique=False, postgresql_where=sa.text(cancelled)
    )
    op.create_table(
        "unique_lock",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("job_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("is_started", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "mode IN ('until_start', 'until_done', 'for', 'debounce', 'keep_latest')",
            name=op.f("ck_unique_lock_mode"),
        ),
        sa.PrimaryKeyConstraint("name", "key", name=op.f("pk_unique_lock")),
    )
    op.create_index("ix_unique_lock_taken_at", "unique_lock", ["taken_at"], unique=False)
    op.execute(_FUNCTION)
    op.execute(_TRIGGER)


def downgrade() -> None:
    """Take them away."""
    op.execute("DROP TRIGGER job_sequence_ended ON job")
    op.execute("DROP FUNCTION wake_sequences()")
    op.drop_table("unique_lock")
    op.drop_index("ix_job_echo", "job")
    op.drop_index("ix_job_at_work", "job")
    op.drop_index("ix_job_in_line", "job")
    for name in ("sequence_key", "unique_key", "unique_mode"):
        op.drop_column("job", name)
