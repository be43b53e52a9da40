"""The audit log: who did what to which job or queue, why, and what came of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "gateway_0002"
down_revision = "gateway_0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("at", INSTANT, nullable=False, server_default=sa.func.now()),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("key_name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("service", sa.String(100), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("request_id", sa.String(200), nullable=False),
        sa.Column("before", JSONB, nullable=False),
        sa.Column("after", JSONB),
        sa.Column("outcome", sa.String(16), nullable=False, server_default="started"),
        sa.Column("detail", sa.String(1000), nullable=False, server_default=""),
        sa.Column("finished_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.CheckConstraint(
            "outcome IN ('started', 'done', 'refused', 'unknown')", name=op.f("ck_audit_outcome_is_known")
        ),
    )


def downgrade() -> None:
    op.drop_table("audit")
