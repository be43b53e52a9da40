"""The ledger's first tables: jobs, attempts, steps, keys, schedules, queue settings, the index's identity."""

# millrace: allow-file function-size because a revision is one list of tables

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "ledger_0001"
down_revision = None
branch_labels = ("ledger",)
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "idempotency_key",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("job_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("args_sha256", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("name", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "job",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("generation", sa.Integer(), server_default="1", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("args", JSONB(), nullable=False),
        sa.Column("attempts_made", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts_max", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("timeout_ms", sa.BigInteger(), nullable=False),
        sa.Column("wait_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("result", JSONB(), nullable=True),
        sa.Column("error", JSONB(), nullable=True),
        sa.Column("progress", JSONB(), nullable=True),
        sa.Column("tick", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parent_id", sa.UUID(as_uuid=False), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("scheduled_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "state IN ('scheduled', 'blocked', 'queued', 'running', 'retrying', 'completed', 'dead', 'cancelled', "
            "'expired')",
            name=op.f("ck_job_state"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_job")),
        sa.UniqueConstraint("id", name=op.f("uq_job_id")),
    )
    op.create_index(
        "ix_job_finished", "job", ["finished_at"], unique=False, postgresql_where=sa.text("finished_at IS NOT NULL")
    )
    op.create_index("ix_job_listing", "job", ["queue", "state", "seq"], unique=False)
    op.create_index("ix_job_live", "job", ["seq"], unique=False, postgresql_where=sa.text("finished_at IS NULL"))
    op.create_index("ix_job_state", "job", ["state", "seq"], unique=False)
    op.create_index(
        "ix_job_unpushed",
        "job",
        ["seq"],
        unique=False,
        postgresql_where=sa.text("pushed_at IS NULL AND finished_at IS NULL"),
    )
    op.create_table(
        "queue_setting",
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("max_running", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rate", sa.Integer(), server_default="0", nullable=False),
        sa.Column("window_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("is_edited", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_queue_setting")),
    )
    op.create_table(
        "redis_identity",
        sa.Column("is_only", sa.Boolean(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column(
            "reconciled_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("is_only", name=op.f("ck_redis_identity_one_row")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_redis_identity")),
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("args", JSONB(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("every_ms", sa.BigInteger(), nullable=True),
        sa.Column("timezone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_declared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_edited", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(cron IS NULL) <> (every_ms IS NULL)", name=op.f("ck_schedule_one_kind")),
        sa.CheckConstraint("every_ms >= 1000", name=op.f("ck_schedule_every_ms")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_index(
        "ix_schedule_due", "schedule", ["next_run_at"], unique=False, postgresql_where=sa.text("is_enabled")
    )
    op.create_table(
        "schedule_tick",
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("tick", sa.DateTime(timezone=True), nullable=False),
        sa.Column("job_id", sa.UUID(as_uuid=False), nullable=True),
        sa.Column("fired_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("schedule", "tick", name=op.f("pk_schedule_tick")),
    )
    op.create_index("ix_schedule_tick_fired_at", "schedule_tick", ["fired_at"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("job_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("error", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_attempt_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "generation", "token", name=op.f("pk_attempt")),
    )
    op.create_table(
        "job_step",
        sa.Column("job_id", sa.UUID(as_uuid=False), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("value", JSONB(), nullable=True),
        sa.Column(
            "committed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_step_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "generation", "step", name=op.f("pk_job_step")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("job_step")
    op.drop_table("attempt")
    op.drop_table("schedule_tick")
    op.drop_table("schedule")
    op.drop_table("redis_identity")
    op.drop_table("queue_setting")
    op.drop_table("job")
    op.drop_table("idempotency_key")
