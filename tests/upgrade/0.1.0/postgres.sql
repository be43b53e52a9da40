CREATE FUNCTION market_data.forget_job_history() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'market_data'
    AS $$
BEGIN
  DELETE FROM job_event USING gone WHERE job_event.job_id = gone.id;
  DELETE FROM job_log USING gone WHERE job_log.job_id = gone.id;
  RETURN NULL;
END $$;
CREATE FUNCTION market_data.wake_sequences() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM pg_notify('millrace_sequences_' || TG_TABLE_SCHEMA, TG_TABLE_SCHEMA);
  RETURN NULL;
END $$;
CREATE TABLE market_data.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE market_data.attempt (
    job_id uuid NOT NULL,
    generation integer NOT NULL,
    token text NOT NULL,
    number integer NOT NULL,
    worker text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    outcome text,
    error jsonb
);
CREATE TABLE market_data.budget (
    name text NOT NULL,
    version bigint NOT NULL,
    points bigint NOT NULL,
    window_ms bigint NOT NULL,
    soft double precision NOT NULL,
    edited_ms bigint DEFAULT '0'::bigint NOT NULL,
    window_index bigint DEFAULT '-1'::bigint NOT NULL,
    may bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE market_data.circuit (
    name text NOT NULL,
    version bigint NOT NULL,
    failures integer NOT NULL,
    ratio double precision NOT NULL,
    window_ms bigint NOT NULL,
    cooldown_ms bigint NOT NULL,
    cooldown_max_ms bigint NOT NULL,
    probes integer NOT NULL,
    probe_ms bigint NOT NULL,
    forced text DEFAULT ''::text NOT NULL,
    forced_until_ms bigint DEFAULT '0'::bigint NOT NULL,
    edited_ms bigint DEFAULT '0'::bigint NOT NULL,
    turn bigint DEFAULT '0'::bigint NOT NULL,
    state text DEFAULT 'closed'::text NOT NULL,
    opens_ms bigint DEFAULT '0'::bigint NOT NULL,
    since_ms bigint DEFAULT '0'::bigint NOT NULL,
    streak integer DEFAULT 0 NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT ck_circuit_forced CHECK ((forced = ANY (ARRAY[''::text, 'open'::text]))),
    CONSTRAINT ck_circuit_state CHECK ((state = ANY (ARRAY['closed'::text, 'open'::text])))
);
CREATE TABLE market_data.coin (
    id bigint NOT NULL,
    symbol character varying(32) NOT NULL,
    name character varying(120) NOT NULL,
    chain character varying(32) NOT NULL,
    address character varying(128) NOT NULL,
    address_key character varying(128) NOT NULL,
    price_interval_seconds integer NOT NULL,
    tracked boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    asked_at timestamp with time zone,
    CONSTRAINT ck_coin_price_interval CHECK (((price_interval_seconds >= 1) AND (price_interval_seconds <= 86400)))
);
ALTER TABLE market_data.coin ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME market_data.coin_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE market_data.coin_price (
    coin_id bigint NOT NULL,
    tick timestamp with time zone NOT NULL,
    price_usd numeric(38,18) NOT NULL,
    provider character varying(32) NOT NULL,
    pair_address character varying(128),
    liquidity_usd numeric(38,18),
    volume_24h_usd numeric(38,18),
    change_24h_fraction numeric(38,18),
    fetched_at timestamp with time zone NOT NULL,
    job_id uuid NOT NULL,
    CONSTRAINT ck_coin_price_price_is_positive CHECK (((price_usd > (0)::numeric) AND (price_usd < 'Infinity'::numeric)))
);
CREATE TABLE market_data.flow (
    seq bigint NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    state text DEFAULT 'running'::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    nodes integer NOT NULL,
    live integer NOT NULL,
    request_id text,
    timeout_ms bigint,
    deadline timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT ck_flow_state CHECK ((state = ANY (ARRAY['running'::text, 'completed'::text, 'dead'::text, 'cancelled'::text, 'expired'::text])))
);
CREATE TABLE market_data.flow_node (
    flow_id uuid NOT NULL,
    key text NOT NULL,
    job_id uuid NOT NULL,
    "position" integer NOT NULL,
    kind text DEFAULT 'node'::text NOT NULL,
    is_sink boolean DEFAULT false NOT NULL,
    CONSTRAINT ck_flow_node_kind CHECK ((kind = ANY (ARRAY['node'::text, 'on_success'::text, 'on_complete'::text, 'on_death'::text])))
);
ALTER TABLE market_data.flow ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME market_data.flow_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE market_data.freshness_breach (
    goal text NOT NULL,
    entity text NOT NULL,
    since timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    worst double precision,
    code text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL
);
CREATE TABLE market_data.freshness_entity (
    goal text NOT NULL,
    entity text NOT NULL,
    lane text DEFAULT ''::text NOT NULL,
    own_ms bigint,
    pinned text DEFAULT ''::text NOT NULL,
    tier text DEFAULT 'normal'::text NOT NULL,
    max_age_ms bigint NOT NULL,
    band smallint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    data_at timestamp with time zone,
    touched_at timestamp with time zone,
    asked_at timestamp with time zone,
    breach_since timestamp with time zone,
    job_id uuid,
    failures integer DEFAULT 0 NOT NULL,
    breaches integer DEFAULT 0 NOT NULL,
    next_due_at timestamp with time zone NOT NULL,
    breach_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_freshness_entity_pinned CHECK ((pinned = ANY (ARRAY[''::text, 'hot'::text, 'normal'::text, 'cold'::text]))),
    CONSTRAINT ck_freshness_entity_tier CHECK ((tier = ANY (ARRAY['hot'::text, 'normal'::text, 'cold'::text])))
);
CREATE TABLE market_data.freshness_goal (
    name text NOT NULL,
    job text NOT NULL,
    argument text NOT NULL,
    budget text NOT NULL,
    breaker text NOT NULL,
    max_age_ms bigint NOT NULL,
    hot_for_ms bigint NOT NULL,
    cold_after_ms bigint NOT NULL,
    cost bigint NOT NULL,
    hot_ms bigint,
    cold_ms bigint,
    lead double precision NOT NULL,
    batch integer NOT NULL,
    is_paused boolean DEFAULT false NOT NULL,
    is_edited boolean DEFAULT false NOT NULL,
    last_error text DEFAULT ''::text NOT NULL,
    reage_from text,
    entities bigint DEFAULT '0'::bigint NOT NULL,
    breached bigint DEFAULT '0'::bigint NOT NULL,
    demand double precision DEFAULT '0'::double precision NOT NULL
);
CREATE TABLE market_data.freshness_pace (
    name text NOT NULL,
    tokens double precision NOT NULL,
    at timestamp with time zone NOT NULL,
    per_minute double precision DEFAULT '0'::double precision NOT NULL,
    short_since timestamp with time zone
);
CREATE TABLE market_data.gate_setting (
    queue text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL,
    is_paused boolean DEFAULT false NOT NULL,
    paused_until timestamp with time zone,
    max_running integer DEFAULT 0 NOT NULL,
    limiter text DEFAULT ''::text NOT NULL,
    cost integer DEFAULT 1 NOT NULL,
    is_edited boolean DEFAULT false NOT NULL,
    CONSTRAINT ck_gate_setting_kind CHECK ((kind = ANY (ARRAY['job'::text, 'group'::text])))
);
CREATE TABLE market_data.idempotency_key (
    name text NOT NULL,
    key text NOT NULL,
    job_id uuid NOT NULL,
    args_sha256 text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE market_data.inbox (
    source text NOT NULL,
    message_id text NOT NULL,
    result jsonb,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE market_data.job (
    seq bigint NOT NULL,
    id uuid NOT NULL,
    generation integer DEFAULT 1 NOT NULL,
    name text NOT NULL,
    queue text NOT NULL,
    state text NOT NULL,
    priority smallint NOT NULL,
    args jsonb NOT NULL,
    attempts_made integer DEFAULT 0 NOT NULL,
    attempts_max integer NOT NULL,
    crashes integer DEFAULT 0 NOT NULL,
    timeout_ms bigint NOT NULL,
    wait_reason text DEFAULT ''::text NOT NULL,
    result jsonb,
    error jsonb,
    progress jsonb,
    tick timestamp with time zone,
    parent_id uuid,
    request_id text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    scheduled_for timestamp with time zone,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    pushed_at timestamp with time zone,
    event_ms bigint DEFAULT '0'::bigint NOT NULL,
    pending_change jsonb,
    group_key text DEFAULT ''::text NOT NULL,
    is_keyed boolean DEFAULT false NOT NULL,
    is_owed boolean GENERATED ALWAYS AS ((is_keyed OR (parent_id IS NOT NULL))) STORED,
    is_awaited boolean DEFAULT false NOT NULL,
    unique_mode text,
    unique_key text,
    sequence_key text,
    times jsonb,
    result_expires_at timestamp with time zone,
    CONSTRAINT ck_job_state CHECK ((state = ANY (ARRAY['scheduled'::text, 'blocked'::text, 'queued'::text, 'running'::text, 'retrying'::text, 'completed'::text, 'dead'::text, 'cancelled'::text, 'expired'::text])))
);
CREATE TABLE market_data.job_attachment (
    job_id uuid NOT NULL,
    holder_id uuid NOT NULL
);
CREATE TABLE market_data.job_edge (
    parent_id uuid NOT NULL,
    child_id uuid NOT NULL,
    policy text NOT NULL,
    outcome text
);
CREATE TABLE market_data.job_effect (
    job_id uuid NOT NULL,
    generation integer NOT NULL,
    name text NOT NULL,
    idempotency_key text NOT NULL,
    state text NOT NULL,
    calls integer DEFAULT 1 NOT NULL,
    result jsonb,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT ck_job_effect_state CHECK ((state = ANY (ARRAY['started'::text, 'done'::text])))
);
CREATE TABLE market_data.job_event (
    job_id uuid NOT NULL,
    entry_ms bigint NOT NULL,
    place bigint NOT NULL,
    generation integer NOT NULL,
    attempt integer NOT NULL,
    event text NOT NULL,
    at timestamp with time zone NOT NULL,
    worker text NOT NULL,
    reason text NOT NULL
);
CREATE TABLE market_data.job_limit (
    job_id uuid NOT NULL,
    queue_ttl_ms bigint,
    expires_at timestamp with time zone,
    deadline_at timestamp with time zone,
    look_at timestamp with time zone NOT NULL
);
CREATE TABLE market_data.job_log (
    seq bigint NOT NULL,
    job_id uuid NOT NULL,
    generation integer NOT NULL,
    token text NOT NULL,
    line integer NOT NULL,
    attempt integer NOT NULL,
    at timestamp with time zone NOT NULL,
    level smallint NOT NULL,
    message text NOT NULL,
    fields jsonb NOT NULL,
    left_out integer DEFAULT 0 NOT NULL
);
ALTER TABLE market_data.job_log ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME market_data.job_log_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE market_data.job ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME market_data.job_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE market_data.job_step (
    job_id uuid NOT NULL,
    generation integer NOT NULL,
    step text NOT NULL,
    value jsonb,
    committed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
CREATE TABLE market_data.job_wait (
    job_id uuid NOT NULL,
    open integer NOT NULL,
    succeeded integer DEFAULT 0 NOT NULL,
    failed integer DEFAULT 0 NOT NULL,
    starting integer DEFAULT 0 NOT NULL,
    killing integer DEFAULT 0 NOT NULL,
    cancelling integer DEFAULT 0 NOT NULL,
    min_success_ratio numeric(5,4),
    is_death_watch boolean DEFAULT false NOT NULL
);
CREATE TABLE market_data.limiter (
    name text NOT NULL,
    version bigint NOT NULL,
    points integer NOT NULL,
    window_ms bigint NOT NULL,
    edited_at timestamp with time zone,
    is_paused boolean DEFAULT false NOT NULL,
    paused_until timestamp with time zone,
    pause_edited_at timestamp with time zone
);
CREATE TABLE market_data.outbox (
    seq bigint NOT NULL,
    id uuid NOT NULL,
    peer text NOT NULL,
    job text NOT NULL,
    args jsonb NOT NULL,
    queue text DEFAULT ''::text NOT NULL,
    priority smallint DEFAULT '0'::smallint NOT NULL,
    scheduled_for timestamp with time zone,
    request_id text,
    state text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    keeps_order boolean DEFAULT true NOT NULL,
    error jsonb,
    peer_job_id uuid,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    tried_at timestamp with time zone,
    next_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    kind text DEFAULT 'job'::text NOT NULL,
    CONSTRAINT ck_outbox_kind CHECK ((kind = ANY (ARRAY['job'::text, 'node'::text, 'outcome'::text, 'withdrawal'::text]))),
    CONSTRAINT ck_outbox_state CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'failed'::text])))
);
ALTER TABLE market_data.outbox ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME market_data.outbox_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE market_data.outcome_wish (
    job_id uuid NOT NULL,
    source text NOT NULL,
    message_id uuid NOT NULL,
    is_own boolean NOT NULL
);
CREATE TABLE market_data.queue_setting (
    queue text NOT NULL,
    version bigint NOT NULL,
    is_paused boolean DEFAULT false NOT NULL,
    slots integer NOT NULL,
    max_running integer DEFAULT 0 NOT NULL,
    rate integer DEFAULT 0 NOT NULL,
    window_ms bigint DEFAULT '0'::bigint NOT NULL,
    is_edited boolean DEFAULT false NOT NULL,
    paused_until timestamp with time zone,
    group_max_running integer DEFAULT 0 NOT NULL,
    age_ms bigint DEFAULT '60000'::bigint NOT NULL
);
CREATE TABLE market_data.quote (
    coin_id bigint NOT NULL,
    price_usd numeric(38,18) NOT NULL,
    provider character varying(32) NOT NULL,
    pair_address character varying(128),
    liquidity_usd numeric(38,18),
    volume_24h_usd numeric(38,18),
    change_24h_fraction numeric(38,18),
    fetched_at timestamp with time zone NOT NULL,
    answer_sha256 character varying(64) NOT NULL,
    CONSTRAINT ck_quote_price_is_positive CHECK (((price_usd > (0)::numeric) AND (price_usd < 'Infinity'::numeric)))
);
CREATE TABLE market_data.redis_identity (
    is_only boolean NOT NULL,
    identity text NOT NULL,
    reconciled_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT ck_redis_identity_one_row CHECK (is_only)
);
CREATE TABLE market_data.remote_node (
    job_id uuid NOT NULL,
    peer text NOT NULL,
    queue text DEFAULT ''::text NOT NULL,
    message_id uuid,
    peer_job_id uuid,
    is_over boolean DEFAULT false NOT NULL
);
CREATE TABLE market_data.result_cache (
    key text NOT NULL,
    value jsonb,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE market_data.schedule (
    name text NOT NULL,
    job text NOT NULL,
    args jsonb NOT NULL,
    cron text,
    every_ms bigint,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    is_enabled boolean DEFAULT true NOT NULL,
    is_declared boolean DEFAULT false NOT NULL,
    is_edited boolean DEFAULT false NOT NULL,
    next_run_at timestamp with time zone,
    last_run_at timestamp with time zone,
    run_at timestamp with time zone,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    max_runs integer,
    jitter_ms bigint DEFAULT '0'::bigint NOT NULL,
    run_on_init boolean DEFAULT false NOT NULL,
    misfire text DEFAULT 'fire_once'::text NOT NULL,
    misfire_window_ms bigint,
    misfire_max integer DEFAULT 10 NOT NULL,
    overlap text DEFAULT 'skip'::text NOT NULL,
    pause_after integer,
    next_jitter_ms bigint DEFAULT '0'::bigint NOT NULL,
    runs_made integer DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    open_jobs uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    buffered integer DEFAULT 0 NOT NULL,
    check_at timestamp with time zone,
    stopped_at timestamp with time zone,
    stop_reason text DEFAULT ''::text NOT NULL,
    missed_at timestamp with time zone,
    last_fired_at timestamp with time zone,
    last_job_id uuid,
    last_error text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT ck_schedule_every_ms CHECK ((every_ms >= 1000)),
    CONSTRAINT ck_schedule_misfire CHECK ((misfire = ANY (ARRAY['skip'::text, 'fire_once'::text, 'backfill'::text]))),
    CONSTRAINT ck_schedule_one_kind CHECK ((num_nonnulls(cron, every_ms, run_at) = 1)),
    CONSTRAINT ck_schedule_overlap CHECK ((overlap = ANY (ARRAY['skip'::text, 'buffer_one'::text, 'buffer_all'::text, 'cancel_other'::text, 'allow'::text])))
);
CREATE TABLE market_data.schedule_tick (
    schedule text NOT NULL,
    tick timestamp with time zone NOT NULL,
    job_id uuid,
    fired_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    outcome text DEFAULT 'fired'::text NOT NULL,
    cause text DEFAULT 'clock'::text NOT NULL,
    stands_for integer DEFAULT 1 NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT ck_schedule_tick_cause CHECK ((cause = ANY (ARRAY['clock'::text, 'trigger'::text, 'backfill'::text]))),
    CONSTRAINT ck_schedule_tick_outcome CHECK ((outcome = ANY (ARRAY['fired'::text, 'skipped'::text, 'buffered'::text, 'missed'::text, 'refused'::text, 'coalesced'::text])))
);
CREATE TABLE market_data.slot_decision (
    id bigint NOT NULL,
    queue text NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    slots_before integer NOT NULL,
    slots_after integer NOT NULL,
    reason text NOT NULL,
    measures jsonb NOT NULL
);
ALTER TABLE market_data.slot_decision ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME market_data.slot_decision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE market_data.unique_lock (
    name text NOT NULL,
    key text NOT NULL,
    job_id uuid NOT NULL,
    mode text NOT NULL,
    is_started boolean DEFAULT false NOT NULL,
    taken_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    due_at timestamp with time zone,
    expires_at timestamp with time zone,
    CONSTRAINT ck_unique_lock_mode CHECK ((mode = ANY (ARRAY['until_start'::text, 'until_done'::text, 'for'::text, 'debounce'::text, 'keep_latest'::text])))
);
INSERT INTO market_data.alembic_version VALUES ('market_data_0001');
INSERT INTO market_data.alembic_version VALUES ('ledger_0013');
INSERT INTO market_data.attempt VALUES ('01a20261-b38c-707e-8c3f-ca9f2c35f4c5', 1, '05cc697139dc72cad22d960f9c19a060.0', 1, 'by-hand', '2026-11-22 08:31:27.144+00', '2026-11-22 08:31:27.144+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a20261-b3aa-7563-9108-9c3f5085cd3d', 1, '2c65dd7a16d6b1538d6d9da4c987c7f8.0', 1, 'by-hand', '2026-11-22 08:31:27.167+00', '2026-11-22 08:31:27.167+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a20261-b3c0-7da9-a5c4-f8d77d33549a', 1, 'da5eaa9f4b033dbf3bc0621a662ae000.0', 1, 'by-hand', '2026-11-22 08:31:27.17+00', '2026-11-22 08:31:27.172+00', 'dead', '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}');
INSERT INTO market_data.attempt VALUES ('01a20261-b3d8-703c-b1ba-4f1b2c29f038', 1, '2e16c9c10d62a200f70def352e253bdd.0', 2, 'by-hand', '2026-11-22 08:31:27.198+00', '2026-11-22 08:31:27.201+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20261-b3d8-703c-b1ba-4f1b2c29f038', 1, '7648a4845cd28376a9b81a3de5dd7890.0', 1, 'by-hand', '2026-11-22 08:31:27.194+00', '2026-11-22 08:31:27.196+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20261-b3e2-70f0-bb9d-012a360baaa8', 1, '4503461f02e02b174986bf76c97f30ae.0', 1, 'by-hand', '2026-11-22 08:31:27.204+00', '2026-11-22 08:31:27.205+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20261-b3e5-7c51-b964-5e156f977db4', 1, 'd0547b5e1f380daea090d5542fdd11a3.0', 1, 'by-hand', '2026-11-22 08:31:27.207+00', '2026-11-22 08:31:27.227+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20261-b3fd-7df5-b1d1-683ca61be22c', 1, '1656cd08e81da59fc1f7286179fb42d9.0', 1, 'by-hand', '2026-11-22 08:31:27.239+00', '2026-11-22 08:31:27.253+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20261-b416-77a5-bcd2-9bac7d36ae5c', 1, '11806ee92c4ef869870bd7c6bb8dc628.0', 1, 'by-hand', '2026-11-22 08:31:27.262+00', '2026-11-22 08:31:27.264+00', 'snoozed', NULL);
INSERT INTO market_data.attempt VALUES ('01a20261-b42a-74ea-a07e-1e0fdc13ab0e', 1, 'ec33179e7343b881401c9a5b1d246ce5.0', 1, 'by-hand', '2026-11-22 08:31:27.279+00', NULL, NULL, NULL);
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-1', '01a20261-b38c-707e-8c3f-ca9f2c35f4c5', '45f9ddf3ffc09faf91bcea509faca2dc5e33fce20f5e4c12633e2e6e93debb28', '2026-11-22 08:31:27.121095+00');
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-2', '01a20261-b475-767c-be48-a1aeddd8946d', 'a726ac0fb6e62a5e9344e90ce2df36e3c5bf23b8b0296df124d6905befcc5aef', '2026-11-22 08:31:27.350356+00');
INSERT INTO market_data.inbox VALUES ('market-data', '33304755-5587-420d-92eb-a463786136fb', '"01a20261-b515-7ef0-be37-bfd6d423a9e4"', '2026-11-22 08:31:27.51092+00');
INSERT INTO market_data.inbox VALUES ('social', 'message-1', '{"number": 1}', '2026-11-22 08:31:27.56972+00');
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (4, '01a20261-b3c6-71b6-a431-0104ce1f3826', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 4}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.174445+00', NULL, NULL, '2026-11-22 08:31:27.179705+00', NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (1, '01a20261-b38c-707e-8c3f-ca9f2c35f4c5', 1, 'errand', 'work', 'completed', 3, '{"note": "", "number": 1}', 1, 3, 0, 30000, '', '{"number": 1}', NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.124272+00', NULL, '2026-11-22 08:31:27.144+00', '2026-11-22 08:31:27.144+00', '2026-11-22 08:31:27.189513+00', 0, NULL, '', true, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (3, '01a20261-b3c0-7da9-a5c4-f8d77d33549a', 1, 'errand', 'work', 'dead', 3, '{"note": "", "number": 3}', 1, 3, 0, 30000, '', NULL, '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}', NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.168455+00', NULL, '2026-11-22 08:31:27.17+00', '2026-11-22 08:31:27.172+00', '2026-11-22 08:31:27.18968+00', 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (11, '01a20261-b42a-78d8-8dad-7a716934a6ed', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 11}', 0, 3, 0, 30000, 'delay', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.274368+00', '2026-12-22 08:31:27.273955+00', NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (5, '01a20261-b3d8-703c-b1ba-4f1b2c29f038', 1, 'errand', 'work', 'retrying', 3, '{"note": "fail", "number": 5}', 2, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.192834+00', '2026-11-22 08:32:27.201+00', '2026-11-22 08:31:27.198+00', NULL, '2026-11-22 08:31:27.289476+00', 1795336287201, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (6, '01a20261-b3e2-70f0-bb9d-012a360baaa8', 1, 'errand', 'work', 'retrying', 3, '{"note": "", "number": 6}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.20242+00', '2026-11-22 08:32:27.205+00', '2026-11-22 08:31:27.204+00', NULL, '2026-11-22 08:31:27.289586+00', 1795336287205, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (7, '01a20261-b3e5-7c51-b964-5e156f977db4', 1, 'errand', 'work', 'retrying', 3, '{"note": "charge", "number": 7}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.205866+00', '2026-11-22 08:32:27.227+00', '2026-11-22 08:31:27.207+00', NULL, '2026-11-22 08:31:27.28961+00', 1795336287227, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (9, '01a20261-b416-77a5-bcd2-9bac7d36ae5c', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 9}', 0, 3, 0, 30000, 'snoozed', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.254335+00', '2026-11-22 09:31:27.264+00', '2026-11-22 08:31:27.262+00', NULL, '2026-11-22 08:31:27.29089+00', 1795336287264, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (10, '01a20261-b421-7338-aae4-029c7f511dca', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 10}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.265577+00', '2026-11-22 09:01:27.265+00', NULL, NULL, '2026-11-22 08:31:27.290914+00', 1795336287273, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (12, '01a20261-b42a-74ea-a07e-1e0fdc13ab0e', 1, 'errand', 'work', 'running', 1, '{"note": "", "number": 12}', 1, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.274976+00', NULL, '2026-11-22 08:31:27.279+00', NULL, '2026-11-22 08:31:27.290932+00', 1795336287279, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (13, '01a20261-b443-78f6-b1d5-13113862aaa7', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 13}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.300094+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (14, '01a20261-b44b-779d-8da3-7e1645ef678e', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 14}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.30738+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (15, '01a20261-b451-7b68-b55c-763e75c6bdbd', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 15}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.313489+00', NULL, NULL, '2026-11-22 08:31:27.330729+00', NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (16, '01a20261-b46c-7ae7-b9cc-c4eb4ccc1574', 1, 'errand', 'work', 'queued', 5, '{"note": "", "number": 16}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.340372+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (17, '01a20261-b46d-7790-ba83-30c9f20d31be', 1, 'errand', 'work', 'queued', 4, '{"note": "", "number": 17}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.341536+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (21, '01a20261-b479-7f55-a76e-8d5c0c4a95ed', 1, 'errand', 'work', 'queued', 1, '{"note": "", "number": 21}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.354078+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (22, '01a20261-b47c-722b-9e8a-9a8a2f41b34c', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 23}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.364075+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (2, '01a20261-b3aa-7563-9108-9c3f5085cd3d', 2, 'errand', 'work', 'queued', 3, '{"note": "", "number": 2}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.164322+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (23, '01a20261-b494-7d9b-8ea2-3b81e9613cd7', 1, 'errand', 'limited', 'queued', 3, '{"note": "", "number": 24}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.380798+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (24, '01a20261-b49c-764e-87c9-fb61676e343a', 1, 'errand', 'stopped', 'queued', 3, '{"note": "", "number": 25}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.388823+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (8, '01a20261-b3fd-7df5-b1d1-683ca61be22c', 1, 'errand', 'work', 'retrying', 3, '{"note": "draw", "number": 8}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 149, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 178, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.231888+00', '2026-11-22 08:32:27.253+00', '2026-11-22 08:31:27.239+00', NULL, '2026-11-22 08:31:27.289625+00', 1795336287253, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (18, '01a20261-b46e-78d8-8055-4fa9aa8ae40e', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 18}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.343527+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (19, '01a20261-b46e-7d8e-964f-a16e3a18941e', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 19}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.343527+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (20, '01a20261-b475-767c-be48-a1aeddd8946d', 1, 'errand', 'work', 'queued', 2, '{"note": "", "number": 20}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.350816+00', NULL, NULL, NULL, NULL, 0, NULL, '', true, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (25, '01a20261-b4b8-75b3-99b4-7d19208576af', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 26}', 0, 3, 0, 30000, '', NULL, NULL, NULL, '2026-11-22 08:31:27.4+00', NULL, NULL, '2026-11-22 08:31:27.422056+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (26, '01a20261-b515-7ef0-be37-bfd6d423a9e4', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 27}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:31:27.535649+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job_effect VALUES ('01a20261-b3e5-7c51-b964-5e156f977db4', 1, 'charge', '01a20261-b3e5-7c51-b964-5e156f977db4:1:charge', 'done', 1, '{"charge": 1}', '2026-11-22 08:31:27.21182+00', '2026-11-22 08:31:27.225803+00');
INSERT INTO market_data.job_event VALUES ('01a20261-b38c-707e-8c3f-ca9f2c35f4c5', 1795336287142, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.142+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b38c-707e-8c3f-ca9f2c35f4c5', 1795336287144, 0, 1, 1, 'started', '2026-11-22 08:31:27.144+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b38c-707e-8c3f-ca9f2c35f4c5', 1795336287146, 0, 1, 1, 'completed', '2026-11-22 08:31:27.146+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3aa-7563-9108-9c3f5085cd3d', 1795336287165, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.165+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3aa-7563-9108-9c3f5085cd3d', 1795336287167, 0, 1, 1, 'started', '2026-11-22 08:31:27.167+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3aa-7563-9108-9c3f5085cd3d', 1795336287167, 128, 1, 1, 'completed', '2026-11-22 08:31:27.167+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3c0-7da9-a5c4-f8d77d33549a', 1795336287168, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.168+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3c0-7da9-a5c4-f8d77d33549a', 1795336287170, 0, 1, 1, 'started', '2026-11-22 08:31:27.17+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3c0-7da9-a5c4-f8d77d33549a', 1795336287173, 0, 1, 1, 'dead', '2026-11-22 08:31:27.173+00', 'by-hand', 'Unrecoverable: the account is closed');
INSERT INTO market_data.job_event VALUES ('01a20261-b3c6-71b6-a431-0104ce1f3826', 1795336287174, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.174+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3c6-71b6-a431-0104ce1f3826', 1795336287183, 0, 1, 0, 'dropped', '2026-11-22 08:31:27.183+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3d8-703c-b1ba-4f1b2c29f038', 1795336287193, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.193+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3d8-703c-b1ba-4f1b2c29f038', 1795336287194, 0, 1, 1, 'started', '2026-11-22 08:31:27.194+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3d8-703c-b1ba-4f1b2c29f038', 1795336287196, 0, 1, 1, 'retrying', '2026-11-22 08:31:27.196+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a20261-b3d8-703c-b1ba-4f1b2c29f038', 1795336287198, 0, 1, 2, 'started', '2026-11-22 08:31:27.198+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3d8-703c-b1ba-4f1b2c29f038', 1795336287201, 0, 1, 2, 'retrying', '2026-11-22 08:31:27.201+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a20261-b3e2-70f0-bb9d-012a360baaa8', 1795336287202, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.202+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3e2-70f0-bb9d-012a360baaa8', 1795336287204, 0, 1, 1, 'started', '2026-11-22 08:31:27.204+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3e2-70f0-bb9d-012a360baaa8', 1795336287205, 0, 1, 1, 'retrying', '2026-11-22 08:31:27.205+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a20261-b3e5-7c51-b964-5e156f977db4', 1795336287206, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.206+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3e5-7c51-b964-5e156f977db4', 1795336287207, 0, 1, 1, 'started', '2026-11-22 08:31:27.207+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3e5-7c51-b964-5e156f977db4', 1795336287227, 0, 1, 1, 'retrying', '2026-11-22 08:31:27.227+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a20261-b3fd-7df5-b1d1-683ca61be22c', 1795336287233, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.233+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3fd-7df5-b1d1-683ca61be22c', 1795336287239, 0, 1, 1, 'started', '2026-11-22 08:31:27.239+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b3fd-7df5-b1d1-683ca61be22c', 1795336287253, 0, 1, 1, 'retrying', '2026-11-22 08:31:27.253+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a20261-b416-77a5-bcd2-9bac7d36ae5c', 1795336287257, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.257+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b416-77a5-bcd2-9bac7d36ae5c', 1795336287262, 0, 1, 1, 'started', '2026-11-22 08:31:27.262+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b416-77a5-bcd2-9bac7d36ae5c', 1795336287264, 0, 1, 0, 'snoozed', '2026-11-22 08:31:27.264+00', 'by-hand', 'snoozed');
INSERT INTO market_data.job_event VALUES ('01a20261-b421-7338-aae4-029c7f511dca', 1795336287273, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.273+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b42a-74ea-a07e-1e0fdc13ab0e', 1795336287275, 0, 1, 0, 'enqueued', '2026-11-22 08:31:27.275+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a20261-b42a-74ea-a07e-1e0fdc13ab0e', 1795336287279, 0, 1, 1, 'started', '2026-11-22 08:31:27.279+00', 'by-hand', '');
INSERT INTO market_data.job_step VALUES ('01a20261-b3fd-7df5-b1d1-683ca61be22c', 1, 'draw', '1', '2026-11-22 08:31:27.246524+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (1, '33304755-5587-420d-92eb-a463786136fb', 'risk', 'errand', '{"number": 27}', '', 0, NULL, NULL, 'sent', 1, true, NULL, '01a20261-b515-7ef0-be37-bfd6d423a9e4', '2026-11-22 08:31:27.478301+00', '2026-11-22 08:31:27.488096+00', '2026-11-22 08:31:27.550465+00', '2026-11-22 08:31:27.550467+00', 'job');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (2, '69bc37c8-ea8b-403e-bbee-bf0e29ded3a5', 'risk', 'errand', '{"number": 901}', '', 0, NULL, NULL, 'waiting', 0, true, NULL, NULL, '2026-11-22 08:31:27.560835+00', NULL, '2026-11-22 08:31:27.560835+00', NULL, 'job');
INSERT INTO market_data.queue_setting VALUES ('work', 1, false, 4, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('limited', 2, false, 2, 1, 50, 1000, true, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('stopped', 2, true, 1, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.redis_identity VALUES (true, '03bd47c251b848e3cef0963d38a0a5c9ce5794b1:8662b9b3065c3f25250ebba5087673c7a96547cd:fe2854cc999833de', '2026-11-22 08:31:27.115426+00');
INSERT INTO market_data.schedule VALUES ('fired', 'errand', '{"number": 26}', NULL, 31622400000, 'UTC', true, false, false, '2027-02-13 00:00:00+00', '2026-11-22 08:31:27.4+00', NULL, NULL, NULL, NULL, 0, false, 'fire_once', NULL, 10, 'skip', NULL, 0, 1, 0, '{01a20261-b4b8-75b3-99b4-7d19208576af}', 0, NULL, NULL, '', NULL, '2026-11-22 08:31:27.414+00', '01a20261-b4b8-75b3-99b4-7d19208576af', '', '2026-11-22 08:31:27.40273+00', '2026-11-22 08:31:27.40273+00');
INSERT INTO market_data.schedule VALUES ('due', 'errand', '{"number": 900}', NULL, 31622400000, 'UTC', true, false, false, '2026-11-22 08:31:27.443+00', NULL, NULL, NULL, NULL, NULL, 0, false, 'fire_once', NULL, 10, 'skip', NULL, 0, 0, 0, '{}', 0, NULL, NULL, '', NULL, NULL, NULL, '', '2026-11-22 08:31:27.445826+00', '2026-11-22 08:31:27.445826+00');
INSERT INTO market_data.schedule_tick VALUES ('fired', '2026-11-22 08:31:27.4+00', '01a20261-b4b8-75b3-99b4-7d19208576af', '2026-11-22 08:31:27.419756+00', 'fired', 'clock', 1, '');
SELECT pg_catalog.setval('market_data.coin_id_seq', 1, false);
SELECT pg_catalog.setval('market_data.flow_seq_seq', 1, false);
SELECT pg_catalog.setval('market_data.job_log_seq_seq', 1, false);
SELECT pg_catalog.setval('market_data.job_seq_seq', 26, true);
SELECT pg_catalog.setval('market_data.outbox_seq_seq', 2, true);
SELECT pg_catalog.setval('market_data.slot_decision_id_seq', 1, false);
ALTER TABLE ONLY market_data.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY market_data.attempt
    ADD CONSTRAINT pk_attempt PRIMARY KEY (job_id, generation, token);
ALTER TABLE ONLY market_data.budget
    ADD CONSTRAINT pk_budget PRIMARY KEY (name);
ALTER TABLE ONLY market_data.circuit
    ADD CONSTRAINT pk_circuit PRIMARY KEY (name);
ALTER TABLE ONLY market_data.coin
    ADD CONSTRAINT pk_coin PRIMARY KEY (id);
ALTER TABLE ONLY market_data.coin_price
    ADD CONSTRAINT pk_coin_price PRIMARY KEY (coin_id, tick);
ALTER TABLE ONLY market_data.flow
    ADD CONSTRAINT pk_flow PRIMARY KEY (seq);
ALTER TABLE ONLY market_data.flow_node
    ADD CONSTRAINT pk_flow_node PRIMARY KEY (flow_id, key);
ALTER TABLE ONLY market_data.freshness_breach
    ADD CONSTRAINT pk_freshness_breach PRIMARY KEY (goal, entity, since);
ALTER TABLE ONLY market_data.freshness_entity
    ADD CONSTRAINT pk_freshness_entity PRIMARY KEY (goal, entity);
ALTER TABLE ONLY market_data.freshness_goal
    ADD CONSTRAINT pk_freshness_goal PRIMARY KEY (name);
ALTER TABLE ONLY market_data.freshness_pace
    ADD CONSTRAINT pk_freshness_pace PRIMARY KEY (name);
ALTER TABLE ONLY market_data.gate_setting
    ADD CONSTRAINT pk_gate_setting PRIMARY KEY (queue, kind, name);
ALTER TABLE ONLY market_data.idempotency_key
    ADD CONSTRAINT pk_idempotency_key PRIMARY KEY (name, key);
ALTER TABLE ONLY market_data.inbox
    ADD CONSTRAINT pk_inbox PRIMARY KEY (source, message_id);
ALTER TABLE ONLY market_data.job
    ADD CONSTRAINT pk_job PRIMARY KEY (seq);
ALTER TABLE ONLY market_data.job_attachment
    ADD CONSTRAINT pk_job_attachment PRIMARY KEY (job_id);
ALTER TABLE ONLY market_data.job_edge
    ADD CONSTRAINT pk_job_edge PRIMARY KEY (parent_id, child_id);
ALTER TABLE ONLY market_data.job_effect
    ADD CONSTRAINT pk_job_effect PRIMARY KEY (job_id, generation, name);
ALTER TABLE ONLY market_data.job_event
    ADD CONSTRAINT pk_job_event PRIMARY KEY (job_id, entry_ms, place);
ALTER TABLE ONLY market_data.job_limit
    ADD CONSTRAINT pk_job_limit PRIMARY KEY (job_id);
ALTER TABLE ONLY market_data.job_log
    ADD CONSTRAINT pk_job_log PRIMARY KEY (job_id, generation, token, line);
ALTER TABLE ONLY market_data.job_step
    ADD CONSTRAINT pk_job_step PRIMARY KEY (job_id, generation, step);
ALTER TABLE ONLY market_data.job_wait
    ADD CONSTRAINT pk_job_wait PRIMARY KEY (job_id);
ALTER TABLE ONLY market_data.limiter
    ADD CONSTRAINT pk_limiter PRIMARY KEY (name);
ALTER TABLE ONLY market_data.outbox
    ADD CONSTRAINT pk_outbox PRIMARY KEY (seq);
ALTER TABLE ONLY market_data.outcome_wish
    ADD CONSTRAINT pk_outcome_wish PRIMARY KEY (job_id, source, message_id);
ALTER TABLE ONLY market_data.queue_setting
    ADD CONSTRAINT pk_queue_setting PRIMARY KEY (queue);
ALTER TABLE ONLY market_data.quote
    ADD CONSTRAINT pk_quote PRIMARY KEY (coin_id);
ALTER TABLE ONLY market_data.redis_identity
    ADD CONSTRAINT pk_redis_identity PRIMARY KEY (is_only);
ALTER TABLE ONLY market_data.remote_node
    ADD CONSTRAINT pk_remote_node PRIMARY KEY (job_id);
ALTER TABLE ONLY market_data.result_cache
    ADD CONSTRAINT pk_result_cache PRIMARY KEY (key);
ALTER TABLE ONLY market_data.schedule
    ADD CONSTRAINT pk_schedule PRIMARY KEY (name);
ALTER TABLE ONLY market_data.schedule_tick
    ADD CONSTRAINT pk_schedule_tick PRIMARY KEY (schedule, tick);
ALTER TABLE ONLY market_data.slot_decision
    ADD CONSTRAINT pk_slot_decision PRIMARY KEY (id);
ALTER TABLE ONLY market_data.unique_lock
    ADD CONSTRAINT pk_unique_lock PRIMARY KEY (name, key);
ALTER TABLE ONLY market_data.coin
    ADD CONSTRAINT uq_coin_chain_address_key UNIQUE (chain, address_key);
ALTER TABLE ONLY market_data.flow
    ADD CONSTRAINT uq_flow_id UNIQUE (id);
ALTER TABLE ONLY market_data.flow_node
    ADD CONSTRAINT uq_flow_node_job_id UNIQUE (job_id);
ALTER TABLE ONLY market_data.job
    ADD CONSTRAINT uq_job_id UNIQUE (id);
ALTER TABLE ONLY market_data.outbox
    ADD CONSTRAINT uq_outbox_id UNIQUE (id);
CREATE INDEX ix_flow_deadline ON market_data.flow USING btree (deadline) WHERE (finished_at IS NULL);
CREATE INDEX ix_flow_finished ON market_data.flow USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX ix_freshness_breach_ended_at ON market_data.freshness_breach USING btree (ended_at);
CREATE INDEX ix_freshness_entity_age ON market_data.freshness_entity USING btree (goal, band, breach_at);
CREATE INDEX ix_freshness_entity_breached ON market_data.freshness_entity USING btree (goal, entity) WHERE (breach_since IS NOT NULL);
CREATE INDEX ix_freshness_entity_due ON market_data.freshness_entity USING btree (goal, band, next_due_at);
CREATE INDEX ix_freshness_entity_late ON market_data.freshness_entity USING btree (breach_at) WHERE (breach_since IS NULL);
CREATE INDEX ix_idempotency_key_created_at ON market_data.idempotency_key USING btree (created_at);
CREATE INDEX ix_inbox_received_at ON market_data.inbox USING btree (received_at);
CREATE INDEX ix_job_at_work ON market_data.job USING btree (sequence_key) WHERE ((sequence_key IS NOT NULL) AND (finished_at IS NULL) AND (state <> 'blocked'::text));
CREATE INDEX ix_job_attachment_holder ON market_data.job_attachment USING btree (holder_id);
CREATE INDEX ix_job_changed ON market_data.job USING btree (seq) WHERE ((pending_change IS NOT NULL) AND (finished_at IS NULL));
CREATE INDEX ix_job_echo ON market_data.job USING btree (sequence_key, finished_at) WHERE ((sequence_key IS NOT NULL) AND (state = ANY (ARRAY['cancelled'::text, 'expired'::text])));
CREATE INDEX ix_job_edge_child ON market_data.job_edge USING btree (child_id);
CREATE INDEX ix_job_edge_open ON market_data.job_edge USING btree (parent_id) WHERE (outcome IS NULL);
CREATE INDEX ix_job_effect_unfinished ON market_data.job_effect USING btree (started_at) WHERE (finished_at IS NULL);
CREATE INDEX ix_job_event_at ON market_data.job_event USING brin (at);
CREATE INDEX ix_job_in_line ON market_data.job USING btree (sequence_key, seq) WHERE ((sequence_key IS NOT NULL) AND (state = 'blocked'::text) AND (wait_reason = 'sequence'::text));
CREATE INDEX ix_job_limit_look_at ON market_data.job_limit USING btree (look_at);
CREATE INDEX ix_job_listing ON market_data.job USING btree (queue, state, seq);
CREATE INDEX ix_job_live ON market_data.job USING btree (seq) WHERE (finished_at IS NULL);
CREATE INDEX ix_job_log_at ON market_data.job_log USING brin (at);
CREATE INDEX ix_job_log_reading ON market_data.job_log USING btree (job_id, seq);
CREATE INDEX ix_job_result_expires ON market_data.job USING btree (result_expires_at) WHERE ((result_expires_at IS NOT NULL) AND (result IS NOT NULL));
CREATE INDEX ix_job_retention ON market_data.job USING btree (queue, state, is_owed, finished_at, seq) WHERE (finished_at IS NOT NULL);
CREATE INDEX ix_job_unpushed ON market_data.job USING btree (seq) WHERE ((pushed_at IS NULL) AND (finished_at IS NULL));
CREATE INDEX ix_outbox_finished ON market_data.outbox USING btree (state, finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX ix_outbox_waiting ON market_data.outbox USING btree (peer, seq) WHERE (state = 'waiting'::text);
CREATE INDEX ix_remote_node_message ON market_data.remote_node USING btree (message_id);
CREATE INDEX ix_remote_node_open ON market_data.remote_node USING btree (job_id) WHERE ((message_id IS NOT NULL) AND (NOT is_over));
CREATE INDEX ix_result_cache_expires_at ON market_data.result_cache USING btree (expires_at);
CREATE INDEX ix_schedule_check ON market_data.schedule USING btree (check_at) WHERE (is_enabled AND (stopped_at IS NULL) AND (check_at IS NOT NULL));
CREATE INDEX ix_schedule_due ON market_data.schedule USING btree (next_run_at) WHERE (is_enabled AND (stopped_at IS NULL));
CREATE INDEX ix_schedule_tick_buffered ON market_data.schedule_tick USING btree (schedule, tick) WHERE (outcome = 'buffered'::text);
CREATE INDEX ix_schedule_tick_fired_at ON market_data.schedule_tick USING btree (fired_at);
CREATE INDEX ix_slot_decision_at ON market_data.slot_decision USING btree (at);
CREATE INDEX ix_slot_decision_queue ON market_data.slot_decision USING btree (queue, at);
CREATE INDEX ix_unique_lock_taken_at ON market_data.unique_lock USING btree (taken_at);
CREATE TRIGGER forget_job_history AFTER DELETE ON market_data.job REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION market_data.forget_job_history();
CREATE TRIGGER job_sequence_ended AFTER UPDATE OF finished_at ON market_data.job FOR EACH ROW WHEN (((new.sequence_key IS NOT NULL) AND (new.finished_at IS NOT NULL))) EXECUTE FUNCTION market_data.wake_sequences();
ALTER TABLE ONLY market_data.attempt
    ADD CONSTRAINT fk_attempt_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.coin_price
    ADD CONSTRAINT fk_coin_price_coin_id FOREIGN KEY (coin_id) REFERENCES market_data.coin(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.flow_node
    ADD CONSTRAINT fk_flow_node_flow_id FOREIGN KEY (flow_id) REFERENCES market_data.flow(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_attachment
    ADD CONSTRAINT fk_job_attachment_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_edge
    ADD CONSTRAINT fk_job_edge_child_id FOREIGN KEY (child_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_effect
    ADD CONSTRAINT fk_job_effect_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_step
    ADD CONSTRAINT fk_job_step_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_wait
    ADD CONSTRAINT fk_job_wait_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.outcome_wish
    ADD CONSTRAINT fk_outcome_wish_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.quote
    ADD CONSTRAINT fk_quote_coin_id FOREIGN KEY (coin_id) REFERENCES market_data.coin(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.remote_node
    ADD CONSTRAINT fk_remote_node_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
