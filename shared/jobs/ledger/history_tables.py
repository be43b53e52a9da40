"""Owns the tables of what happened to jobs and what they logged. It must never hold a query.

Nor a foreign key to a job: revision 0006 says what deletes their rows instead.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID


def declare(metadata: sa.MetaData) -> None:
    """Add both tables to a ledger."""
    sa.Table(
        "job_event",
        metadata,
        sa.Column("job_id", UUID(as_uuid=False), primary_key=True),
        #: The event's id, "<entry_ms>-<sequence>.<place in the entry>", as two numbers; see event_rows.
        sa.Column("entry_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("generation", sa.Integer, nullable=False),
        #: Attempts that counted when it happened.
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Index("ix_job_event_at", "at", postgresql_using="brin"),
    )
    sa.Table(
        "job_log",
        metadata,
        #: The order in which lines were written: of one job never out of step, so a reader may go on after the last.
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("job_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        #: As Python's logging numbers them: 10 debug to 50 critical.
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("fields", JSONB, nullable=False),
        #: On an attempt's last line: how many it wrote beyond what is kept.
        sa.Column("left_out", sa.Integer, nullable=False, server_default="0"),
        sa.Index("ix_job_log_reading", "job_id", "seq"),
        sa.Index("ix_job_log_at", "at", postgresql_using="brin"),
    )
