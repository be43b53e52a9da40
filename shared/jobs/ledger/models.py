"""Owns the ledger's tables, the same in every service's schema. It must never hold a query."""

# millrace: allow-file file-size because the tables that every service has stand in one place

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from shared.db import NAMING
from shared.jobs.ledger import flow_models, history_tables
from shared.jobs.ledger.limit_tables import add_limit_tables
from shared.jobs.states import State
from shared.jobs.uniqueness import MODES

metadata = sa.MetaData(naming_convention=NAMING)
history_tables.declare(metadata)
flow_models.add_to(metadata)
_states = ", ".join(f"'{state}'" for state in State)
_modes = ", ".join(f"'{mode}'" for mode in MODES)


def _instant(name: str, *, nullable: bool = True, default: str | None = None) -> "sa.Column[object]":
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=nullable, server_default=sa.text(default) if default else None
    )


job = sa.Table(
    "job",
    metadata,
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("id", UUID(as_uuid=False), nullable=False, unique=True),
    sa.Column("generation", sa.Integer, nullable=False, server_default="1"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("state", sa.Text, sa.CheckConstraint(f"state IN ({_states})", name="state"), nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("args", JSONB, nullable=False),
    sa.Column("attempts_made", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attempts_max", sa.Integer, nullable=False),
    sa.Column("crashes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("timeout_ms", sa.BigInteger, nullable=False),
    sa.Column("wait_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("result", JSONB),
    sa.Column("error", JSONB),
    sa.Column("progress", JSONB),
    sa.Column("tick", sa.DateTime(timezone=True)),
    sa.Column("parent_id", UUID(as_uuid=False)),
    sa.Column("request_id", sa.Text),
    _instant("created_at", nullable=False, default="clock_timestamp()"),
    _instant("scheduled_for"),
    _instant("started_at"),
    _instant("finished_at"),
    #: Set from the index's own event, so that it never costs the submitter a second commit; null = the relay's work.
    _instant("pushed_at"),
    #: Its concurrency key: the tenant, wallet or account it is for; empty for none.
    sa.Column("group_key", sa.Text, nullable=False, server_default=""),
    #: Redis time of the last event applied, so that two history writers cannot take a row back in time.
    sa.Column("event_ms", sa.BigInteger, nullable=False, server_default="0"),
    #: What a person changed of a waiting job and the index has not taken yet (rule 14); null = nothing.
    sa.Column("pending_change", JSONB),
    #: Submitted with an idempotency key: its row answers a repeated request, as a child's answers its parent's.
    sa.Column("is_keyed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("is_owed", sa.Boolean, sa.Computed("is_keyed OR parent_id IS NOT NULL", persisted=True)),
    #: How and by which key it is unique, for a requeue; null = it is not. The lock itself is in unique_lock.
    sa.Column("unique_mode", sa.Text),
    sa.Column("unique_key", sa.Text),
    #: Jobs of one key run one after the other, in the order of their rows; null = it waits for nobody.
    sa.Column("sequence_key", sa.Text),
    #: Times of its own, in milliseconds (times.py); null = as it is declared.
    sa.Column("times", JSONB),
    #: From then on its result is not told, and soon not kept; null = as long as the row.
    _instant("result_expires_at"),
    sa.Index(
        "ix_job_result_expires",
        "result_expires_at",
        postgresql_where=sa.text("result_expires_at IS NOT NULL AND result IS NOT NULL"),
    ),
    sa.Index(
        "ix_job_in_line",
        "sequence_key",
        "seq",
        postgresql_where=sa.text("sequence_key IS NOT NULL AND state = 'blocked' AND wait_reason = 'sequence'"),
    ),
    sa.Index(
        "ix_job_at_work",
        "sequence_key",
        postgresql_where=sa.text("sequence_key IS NOT NULL AND finished_at IS NULL AND state <> 'blocked'"),
    ),
    sa.Index(
        "ix_job_echo",
        "sequence_key",
        "finished_at",
        postgresql_where=sa.text("sequence_key IS NOT NULL AND state IN ('cancelled', 'expired')"),
    ),
    #: Others wait for its end, or its flow counts it: what ends it asks shared/jobs/endings.py.
    sa.Column("is_awaited", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_job_changed", "seq", postgresql_where=sa.text("pending_change IS NOT NULL AND finished_at IS NULL")),
    sa.Index("ix_job_listing", "queue", "state", "seq"),
    sa.Index("ix_job_unpushed", "seq", postgresql_where=sa.text("pushed_at IS NULL AND finished_at IS NULL")),
    sa.Index("ix_job_live", "seq", postgresql_where=sa.text("finished_at IS NULL")),
    sa.Index(
        "ix_job_retention",
        "queue",
        "state",
        "is_owed",
        "finished_at",
        "seq",
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    ),
)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("job_id", UUID(as_uuid=False), sa.ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True),
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("worker", sa.Text, nullable=False),
    _instant("started_at", nullable=False),
    _instant("finished_at"),
    sa.Column("outcome", sa.Text),
    sa.Column("error", JSONB),
)

job_step = sa.Table(
    "job_step",
    metadata,
    sa.Column("job_id", UUID(as_uuid=False), sa.ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("value", JSONB),
    _instant("committed_at", nullable=False, default="clock_timestamp()"),
)

job_effect = sa.Table(
    "job_effect",
    metadata,
    sa.Column("job_id", UUID(as_uuid=False), sa.ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    #: What the outside system is given: kept over attempts, and by a requeue of a job that did not complete.
    sa.Column("idempotency_key", sa.Text, nullable=False),
    sa.Column("state", sa.Text, sa.CheckConstraint("state IN ('started', 'done')", name="state"), nullable=False),
    #: How often the outside system may have been asked.
    sa.Column("calls", sa.Integer, nullable=False, server_default="1"),
    sa.Column("result", JSONB),
    _instant("started_at", nullable=False, default="clock_timestamp()"),
    _instant("finished_at"),
    sa.Index("ix_job_effect_unfinished", "started_at", postgresql_where=sa.text("finished_at IS NULL")),
)

idempotency_key = sa.Table(
    "idempotency_key",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("job_id", UUID(as_uuid=False), nullable=False),
    #: Of the arguments: the same key with other arguments is refused.
    sa.Column("args_sha256", sa.Text, nullable=False),
    _instant("created_at", nullable=False, default="clock_timestamp()"),
    sa.Index("ix_idempotency_key_created_at", "created_at"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    #: The order in which a peer gets its messages.
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    #: Travels with the message: the peer knows a repeated one by it.
    sa.Column("id", UUID(as_uuid=False), nullable=False, unique=True),
    sa.Column("peer", sa.Text, nullable=False),
    #: A job to be run; one whose outcome is wanted; the outcome of such a one; word that it is not wanted any more.
    sa.Column(
        "kind",
        sa.Text,
        sa.CheckConstraint("kind IN ('job', 'node', 'outcome', 'withdrawal')", name="kind"),
        nullable=False,
        server_default="job",
    ),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("args", JSONB, nullable=False),
    sa.Column("queue", sa.Text, nullable=False, server_default=""),
    sa.Column("priority", sa.SmallInteger, nullable=False, server_default="0"),
    _instant("scheduled_for"),
    sa.Column("request_id", sa.Text),
    sa.Column(
        "state", sa.Text, sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state"), nullable=False
    ),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    #: False once its own refusals have shown that it would hold up the messages behind it.
    sa.Column("keeps_order", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("error", JSONB),
    #: The job the peer made of it.
    sa.Column("peer_job_id", UUID(as_uuid=False)),
    _instant("created_at", nullable=False, default="clock_timestamp()"),
    _instant("tried_at"),
    _instant("next_at", nullable=False, default="clock_timestamp()"),
    _instant("finished_at"),
    sa.Index("ix_outbox_waiting", "peer", "seq", postgresql_where=sa.text("state = 'waiting'")),
    sa.Index("ix_outbox_finished", "state", "finished_at", postgresql_where=sa.text("finished_at IS NOT NULL")),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("result", JSONB),
    _instant("received_at", nullable=False, default="clock_timestamp()"),
    sa.Index("ix_inbox_received_at", "received_at"),
)

schedule = sa.Table(
    "schedule",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("args", JSONB, nullable=False),
    sa.Column("cron", sa.Text),
    sa.Column("every_ms", sa.BigInteger),
    sa.Column("timezone", sa.Text, nullable=False, server_default="UTC"),
    sa.Column("is_enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    #: True when the row comes from code; boot refreshes those, and only while no operator has changed them.
    sa.Column("is_declared", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("is_edited", sa.Boolean, nullable=False, server_default=sa.false()),
    #: When it is due: its next tick and that tick's jitter. Null: there is none.
    _instant("next_run_at"),
    _instant("last_run_at"),
    _instant("run_at"),
    _instant("starts_at"),
    _instant("ends_at"),
    sa.Column("max_runs", sa.Integer),
    sa.Column("jitter_ms", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("run_on_init", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("misfire", sa.Text, nullable=False, server_default="fire_once"),
    sa.Column("misfire_window_ms", sa.BigInteger),
    sa.Column("misfire_max", sa.Integer, nullable=False, server_default="10"),
    sa.Column("overlap", sa.Text, nullable=False, server_default="skip"),
    sa.Column("pause_after", sa.Integer),
    sa.Column("next_jitter_ms", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("runs_made", sa.Integer, nullable=False, server_default="0"),
    #: How many of its jobs in a row are dead.
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    #: Its jobs that were live when last looked at; not kept where nothing depends on them.
    sa.Column("open_jobs", ARRAY(UUID(as_uuid=False)), nullable=False, server_default="{}"),
    sa.Column("buffered", sa.Integer, nullable=False, server_default="0"),
    #: When to look at its jobs again although no tick is due.
    _instant("check_at"),
    #: By an operator, or by itself; apart from is_enabled, which is what was declared.
    _instant("stopped_at"),
    sa.Column("stop_reason", sa.Text, nullable=False, server_default=""),
    #: When the alarm was raised for the tick that is due.
    _instant("missed_at"),
    _instant("last_fired_at"),
    sa.Column("last_job_id", UUID(as_uuid=False)),
    sa.Column("last_error", sa.Text, nullable=False, server_default=""),
    _instant("created_at", nullable=False, default="clock_timestamp()"),
    _instant("updated_at", nullable=False, default="clock_timestamp()"),
    sa.CheckConstraint("num_nonnulls(cron, every_ms, run_at) = 1", name="one_kind"),
    sa.CheckConstraint("every_ms >= 1000", name="every_ms"),
    sa.CheckConstraint("misfire IN ('skip', 'fire_once', 'backfill')", name="misfire"),
    sa.CheckConstraint("overlap IN ('skip', 'buffer_one', 'buffer_all', 'cancel_other', 'allow')", name="overlap"),
    sa.Index("ix_schedule_due", "next_run_at", postgresql_where=sa.text("is_enabled AND stopped_at IS NULL")),
    sa.Index(
        "ix_schedule_check",
        "check_at",
        postgresql_where=sa.text("is_enabled AND stopped_at IS NULL AND check_at IS NOT NULL"),
    ),
)

schedule_tick = sa.Table(
    "schedule_tick",
    metadata,
    sa.Column("schedule", sa.Text, nullable=False),
    _instant("tick", nullable=False),
    sa.Column("job_id", UUID(as_uuid=False)),
    _instant("fired_at", nullable=False, default="clock_timestamp()"),
    sa.Column("outcome", sa.Text, nullable=False, server_default="fired"),
    sa.Column("cause", sa.Text, nullable=False, server_default="clock"),
    #: The ticks decided on here: itself, and earlier ones that were passed over.
    sa.Column("stands_for", sa.Integer, nullable=False, server_default="1"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.PrimaryKeyConstraint("schedule", "tick"),
    sa.CheckConstraint("outcome IN ('fired', 'skipped', 'buffered', 'missed', 'refused', 'coalesced')", name="outcome"),
    sa.CheckConstraint("cause IN ('clock', 'trigger', 'backfill')", name="cause"),
    sa.Index("ix_schedule_tick_fired_at", "fired_at"),
    sa.Index("ix_schedule_tick_buffered", "schedule", "tick", postgresql_where=sa.text("outcome = 'buffered'")),
)

queue_setting = sa.Table(
    "queue_setting",
    metadata,
    sa.Column("queue", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("is_paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("max_running", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rate", sa.Integer, nullable=False, server_default="0"),
    sa.Column("window_ms", sa.BigInteger, nullable=False, server_default="0"),
    #: Set when an operator changed the row; boot then leaves it alone.
    sa.Column("is_edited", sa.Boolean, nullable=False, server_default=sa.false()),
    _instant("paused_until"),
    sa.Column("group_max_running", sa.Integer, nullable=False, server_default="0"),
    sa.Column("age_ms", sa.BigInteger, nullable=False, server_default="60000"),
)

#: One job name or one group of a queue.
gate_setting = sa.Table(
    "gate_setting",
    metadata,
    sa.Column("queue", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, sa.CheckConstraint("kind IN ('job', 'group')", name="kind"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("is_paused", sa.Boolean, nullable=False, server_default=sa.false()),
    _instant("paused_until"),
    sa.Column("max_running", sa.Integer, nullable=False, server_default="0"),
    sa.Column("limiter", sa.Text, nullable=False, server_default=""),
    sa.Column("cost", sa.Integer, nullable=False, server_default="1"),
    sa.Column("is_edited", sa.Boolean, nullable=False, server_default=sa.false()),
)

#: What this service says of a limiter that it shares with others.
limiter = sa.Table(
    "limiter",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("points", sa.Integer, nullable=False),
    sa.Column("window_ms", sa.BigInteger, nullable=False),
    #: When an operator changed it; boot then leaves it alone, and it counts before all declarations.
    _instant("edited_at"),
    sa.Column("is_paused", sa.Boolean, nullable=False, server_default=sa.false()),
    _instant("paused_until"),
    #: When an operator paused or resumed it: of all services that share it the last one holds.
    _instant("pause_edited_at"),
)


redis_identity = sa.Table(
    "redis_identity",
    metadata,
    sa.Column("is_only", sa.Boolean, sa.CheckConstraint("is_only", name="one_row"), primary_key=True),
    sa.Column("identity", sa.Text, nullable=False),
    _instant("reconciled_at", nullable=False, default="clock_timestamp()"),
)

add_limit_tables(metadata)
#: Which job a unique key means. It holds as long as its mode says of that job; a lock that does not hold is taken over.
unique_lock = sa.Table(
    "unique_lock",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("job_id", UUID(as_uuid=False), nullable=False),
    sa.Column("mode", sa.Text, sa.CheckConstraint(f"mode IN ({_modes})", name="mode"), nullable=False),
    #: Its first attempt has begun: committed before the function is called.
    sa.Column("is_started", sa.Boolean, nullable=False, server_default=sa.false()),
    _instant("taken_at", nullable=False, default="clock_timestamp()"),
    #: Before this a debounced job does not start, whatever the index believes.
    _instant("due_at"),
    _instant("expires_at"),
    sa.Index("ix_unique_lock_taken_at", "taken_at"),
)
