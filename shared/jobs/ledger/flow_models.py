"""Owns the tables of jobs that wait for others and of flows. It must never hold a query."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID


def add_to(metadata: sa.MetaData) -> None:
    """Add them."""
    _add_edges(metadata)
    _add_flows(metadata)
    _add_remote_nodes(metadata)
    _add_attachments(metadata)


def _job_id(name: str) -> "sa.Column[str]":
    return sa.Column(name, UUID(as_uuid=False), sa.ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)


def _count(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def _add_edges(metadata: sa.MetaData) -> None:
    # One job waits for another. `outcome` is null while the parent is live, else the state it ended in.
    sa.Table(
        "job_edge",
        metadata,
        sa.Column("parent_id", UUID(as_uuid=False), primary_key=True),
        _job_id("child_id"),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Index("ix_job_edge_child", "child_id"),
        sa.Index("ix_job_edge_open", "parent_id", postgresql_where=sa.text("outcome IS NULL")),
    )
    # What a waiting job has learnt so far: dependencies.Tally.
    sa.Table(
        "job_wait",
        metadata,
        _job_id("job_id"),
        sa.Column("open", sa.Integer, nullable=False),
        *(_count(name) for name in ("succeeded", "failed", "starting", "killing", "cancelling")),
        sa.Column("min_success_ratio", sa.Numeric(5, 4)),
        sa.Column("is_death_watch", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def _add_flows(metadata: sa.MetaData) -> None:
    states = "state IN ('running', 'completed', 'dead', 'cancelled', 'expired')"
    kinds = "kind IN ('node', 'on_success', 'on_complete', 'on_death')"
    now = sa.text("clock_timestamp()")
    sa.Table(
        "flow",
        metadata,
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("id", UUID(as_uuid=False), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, sa.CheckConstraint(states, name="state"), nullable=False, server_default="running"),
        #: Why it was cancelled or expired.
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("nodes", sa.Integer, nullable=False),
        #: Nodes that have not ended; callbacks count.
        sa.Column("live", sa.Integer, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("timeout_ms", sa.BigInteger),
        sa.Column("deadline", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Index("ix_flow_deadline", "deadline", postgresql_where=sa.text("finished_at IS NULL")),
        sa.Index("ix_flow_finished", "finished_at", postgresql_where=sa.text("finished_at IS NOT NULL")),
    )
    flow_id = sa.ForeignKey("flow.id", ondelete="CASCADE")
    sa.Table(
        "flow_node",
        metadata,
        sa.Column("flow_id", UUID(as_uuid=False), flow_id, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("job_id", UUID(as_uuid=False), nullable=False, unique=True),
        #: Its place in an order in which everything comes after what it waits for.
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, sa.CheckConstraint(kinds, name="kind"), nullable=False, server_default="node"),
        #: Nothing waits for it: the flow ends as its sinks do.
        sa.Column("is_sink", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def _add_remote_nodes(metadata: sa.MetaData) -> None:
    # A row of `job` that stands for one of another service. No message: it waits for others here.
    sa.Table(
        "remote_node",
        metadata,
        _job_id("job_id"),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False, server_default=""),
        #: Of the outbox; told by the job's generation, so that a retry is another message.
        sa.Column("message_id", UUID(as_uuid=False)),
        sa.Column("peer_job_id", UUID(as_uuid=False)),
        #: Nothing more is to be asked or told about it.
        sa.Column("is_over", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Index("ix_remote_node_message", "message_id"),
        sa.Index("ix_remote_node_open", "job_id", postgresql_where=sa.text("message_id IS NOT NULL AND NOT is_over")),
    )


def _add_attachments(metadata: sa.MetaData) -> None:
    # Another service's flow is to be told how this job ends.
    sa.Table(
        "outcome_wish",
        metadata,
        _job_id("job_id"),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("message_id", UUID(as_uuid=False), primary_key=True),
        #: The job was made of this message; false: its unique key meant it already.
        sa.Column("is_own", sa.Boolean, nullable=False),
    )
    # A node whose unique key means another job: it ends as that one does.
    sa.Table(
        "job_attachment",
        metadata,
        _job_id("job_id"),
        sa.Column("holder_id", UUID(as_uuid=False), nullable=False),
        sa.Index("ix_job_attachment_holder", "holder_id"),
    )
