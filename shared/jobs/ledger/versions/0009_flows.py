"""Jobs that wait for others: edges, what a waiting job has learnt, and flows of jobs that belong together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "ledger_0009"
down_revision = "ledger_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the tables."""
    op.add_column("job", sa.Column("is_awaited", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "job_edge",
        sa.Column("parent_id", UUID(as_uuid=False), nullable=False),
        sa.Column("child_id", UUID(as_uuid=False), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["job.id"], name=op.f("fk_job_edge_child_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("parent_id", "child_id", name=op.f("pk_job_edge")),
    )
    op.create_index("ix_job_edge_child", "job_edge", ["child_id"], unique=False)
    op.create_index(
        "ix_job_edge_open", "job_edge", ["parent_id"], unique=False, postgresql_where=sa.text("outcome IS NULL")
    )
    op.create_table(
        "job_wait",
        sa.Column("job_id", UUID(as_uuid=False), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), server_default="0", nullable=False)
            for name in ("succeeded", "failed", "starting", "killing", "cancelling")
        ),
        sa.Column("min_success_ratio", sa.Numeric(5, 4), nullable=True),
        sa.Column("is_death_watch", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_wait_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_wait")),
    )
    _flows()


def _flows() -> None:
    op.create_table(
        "flow",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", UUID(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("nodes", sa.Integer(), nullable=False),
        sa.Column("live", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("timeout_ms", sa.BigInteger(), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'completed', 'dead', 'cancelled', 'expired')", name=op.f("ck_flow_state")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_flow")),
        sa.UniqueConstraint("id", name=op.f("uq_flow_id")),
    )
    _flow_nodes()
    _remote_nodes()


def _flow_nodes() -> None:
    op.create_index(
        "ix_flow_deadline", "flow", ["deadline"], unique=False, postgresql_where=sa.text("finished_at IS NULL")
    )
    op.create_index(
        "ix_flow_finished", "flow", ["finished_at"], unique=False, postgresql_where=sa.text("finished_at IS NOT NULL")
    )
    op.create_table(
        "flow_node",
        sa.Column("flow_id", UUID(as_uuid=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("job_id", UUID(as_uuid=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="node", nullable=False),
        sa.Column("is_sink", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("kind IN ('node', 'on_success', 'on_complete', 'on_death')", name=op.f("ck_flow_node_kind")),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], name=op.f("fk_flow_node_flow_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("flow_id", "key", name=op.f("pk_flow_node")),
        sa.UniqueConstraint("job_id", name=op.f("uq_flow_node_job_id")),
    )


def _remote_nodes() -> None:
    op.create_table(
        "remote_node",
        sa.Column("job_id", UUID(as_uuid=False), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", UUID(as_uuid=False), nullable=True),
        sa.Column("peer_job_id", UUID(as_uuid=False), nullable=True),
        sa.Column("is_over", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_remote_node_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_remote_node")),
    )
    op.create_index(
        "ix_remote_node_open",
        "remote_node",
        ["job_id"],
        unique=False,
        postgresql_where=sa.text("message_id IS NOT NULL AND NOT is_over"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("remote_node")
    op.drop_table("flow_node")
    op.drop_table("flow")
    op.drop_table("job_wait")
    op.drop_table("job_edge")
    op.drop_column("job", "is_awaited")
