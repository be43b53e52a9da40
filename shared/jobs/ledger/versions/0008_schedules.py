"""What schedules can say beside a rhythm, where they stand, and what came of each tick."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "ledger_0008"
down_revision = "ledger_0007"
branch_labels = None
depends_on = None

_MISFIRE = "misfire IN ('skip', 'fire_once', 'backfill')"
_OVERLAP = "overlap IN ('skip', 'buffer_one', 'buffer_all', 'cancel_other', 'allow')"
_OUTCOME = "outcome IN ('fired', 'skipped', 'buffered', 'missed', 'refused')"
_CAUSE = "cause IN ('clock', 'trigger', 'backfill')"
_FIRES = "is_enabled AND stopped_at IS NULL"


def upgrade() -> None:
    """Add the columns; the index of what is due leaves out what is stopped."""
    for column in _columns():
        op.add_column("schedule", column)
    op.drop_constraint(op.f("ck_schedule_one_kind"), "schedule")
    op.create_check_constraint(op.f("ck_schedule_one_kind"), "schedule", "num_nonnulls(cron, every_ms, run_at) = 1")
    op.create_check_constraint(op.f("ck_schedule_misfire"), "schedule", _MISFIRE)
    op.create_check_constraint(op.f("ck_schedule_overlap"), "schedule", _OVERLAP)
    op.drop_index("ix_schedule_due", table_name="schedule")
    op.create_index("ix_schedule_due", "schedule", ["next_run_at"], postgresql_where=sa.text(_FIRES))
    op.create_index(
        "ix_schedule_check", "schedule", ["check_at"], postgresql_where=sa.text(f"{_FIRES} AND check_at IS NOT NULL")
    )
    added: list[sa.Column[Any]] = [
        sa.Column("outcome", sa.Text(), server_default="fired", nullable=False),
        sa.Column("cause", sa.Text(), server_default="clock", nullable=False),
        sa.Column("stands_for", sa.Integer(), server_default="1", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
    ]
    for column in added:
        op.add_column("schedule_tick", column)
    op.create_check_constraint(op.f("ck_schedule_tick_outcome"), "schedule_tick", _OUTCOME)
    op.create_check_constraint(op.f("ck_schedule_tick_cause"), "schedule_tick", _CAUSE)
    op.create_index(
        "ix_schedule_tick_buffered",
        "schedule_tick",
        ["schedule", "tick"],
        postgresql_where=sa.text("outcome = 'buffered'"),
    )


def downgrade() -> None:
    """Take them away; what one column cannot say any more goes with it."""
    op.execute("DELETE FROM schedule WHERE run_at IS NOT NULL")
    op.drop_index("ix_schedule_tick_buffered", table_name="schedule_tick")
    for name in ("outcome", "cause", "stands_for", "reason"):
        op.drop_column("schedule_tick", name)
    op.drop_index("ix_schedule_check", table_name="schedule")
    op.drop_index("ix_schedule_due", table_name="schedule")
    op.drop_constraint(op.f("ck_schedule_one_kind"), "schedule")
    for column in _columns():
        op.drop_column("schedule", column.name)
    op.create_check_constraint(op.f("ck_schedule_one_kind"), "schedule", "(cron IS NULL) <> (every_ms IS NULL)")
    op.create_index("ix_schedule_due", "schedule", ["next_run_at"], postgresql_where=sa.text("is_enabled"))


def _columns() -> list["sa.Column[Any]"]:
    clock = sa.text("clock_timestamp()")
    return [
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("run_at", "starts_at", "ends_at")),
        sa.Column("max_runs", sa.Integer()),
        sa.Column("jitter_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("run_on_init", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("misfire", sa.Text(), server_default="fire_once", nullable=False),
        sa.Column("misfire_window_ms", sa.BigInteger()),
        sa.Column("misfire_max", sa.Integer(), server_default="10", nullable=False),
        sa.Column("overlap", sa.Text(), server_default="skip", nullable=False),
        sa.Column("pause_after", sa.Integer()),
        sa.Column("next_jitter_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("runs_made", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("open_jobs", ARRAY(sa.UUID(as_uuid=False)), server_default="{}", nullable=False),
        sa.Column("buffered", sa.Integer(), server_default="0", nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("check_at", "stopped_at")),
        sa.Column("stop_reason", sa.Text(), server_default="", nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in ("missed_at", "last_fired_at")),
        sa.Column("last_job_id", sa.UUID(as_uuid=False)),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), server_default=clock, nullable=False)
            for name in ("created_at", "updated_at")
        ),
    ]
