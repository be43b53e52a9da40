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
INSERT INTO market_data.attempt VALUES ('01a2025e-30d0-7b52-86bf-f30e53edfae2', 1, 'cc6248a039b5e30c45601fce0ccffc7a.0', 1, 'by-hand', '2026-11-22 08:27:37.18+00', '2026-11-22 08:27:37.18+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a2025e-3172-7e5d-8b3f-a057595acffb', 1, 'fc9a560bc49c649bc4348f1e63ac1566.0', 1, 'by-hand', '2026-11-22 08:27:37.316+00', '2026-11-22 08:27:37.316+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a2025e-31f6-7787-a1eb-035d228b4c10', 1, '5a240b71384f153fc0922dacc936dedf.0', 1, 'by-hand', '2026-11-22 08:27:37.394+00', '2026-11-22 08:27:37.395+00', 'dead', '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}');
INSERT INTO market_data.attempt VALUES ('01a2025e-3392-75fa-8a32-87d4e5b7b5e5', 1, '41d8b72a62a76ab3e79241f6652ed04e.0', 2, 'by-hand', '2026-11-22 08:27:37.864+00', '2026-11-22 08:27:37.919+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2025e-3392-75fa-8a32-87d4e5b7b5e5', 1, 'aa5ba4deaae74df36aeb2e16da537205.0', 1, 'by-hand', '2026-11-22 08:27:37.801+00', '2026-11-22 08:27:37.807+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2025e-3445-7a19-a0d1-1284b31dc28a', 1, '00e213357e64515c027c70d17412e0e4.0', 1, 'by-hand', '2026-11-22 08:27:37.973+00', '2026-11-22 08:27:37.994+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2025e-349b-74aa-a375-6418fd268fba', 1, '7ff98d1a2beff010b4b37825e5e0c2aa.0', 1, 'by-hand', '2026-11-22 08:27:38.105+00', '2026-11-22 08:27:38.209+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2025e-3575-78f6-8044-f2713797d96a', 1, 'c880876d4fbbc8f2558fbbe007061d09.0', 1, 'by-hand', '2026-11-22 08:27:38.243+00', '2026-11-22 08:27:38.279+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2025e-35b4-7cc9-a011-1a345fac34f3', 1, '083e3390c7b02cbac3ec5e7545b736c5.0', 1, 'by-hand', '2026-11-22 08:27:38.351+00', '2026-11-22 08:27:38.355+00', 'snoozed', NULL);
INSERT INTO market_data.attempt VALUES ('01a2025e-3609-7099-8564-8ab275c420f9', 1, 'c26330b154e22bd9b0e460faa0097774.0', 1, 'by-hand', '2026-11-22 08:27:38.442+00', NULL, NULL, NULL);
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-1', '01a2025e-30d0-7b52-86bf-f30e53edfae2', '45f9ddf3ffc09faf91bcea509faca2dc5e33fce20f5e4c12633e2e6e93debb28', '2026-11-22 08:27:37.064081+00');
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-2', '01a2025e-38d1-7e4e-b3f4-184873f2a56c', 'a726ac0fb6e62a5e9344e90ce2df36e3c5bf23b8b0296df124d6905befcc5aef', '2026-11-22 08:27:39.097704+00');
INSERT INTO market_data.inbox VALUES ('market-data', '9c7d140e-6b0b-40d4-b387-412719a5eba4', '"01a2025e-3d22-739b-8e1f-185b02de5877"', '2026-11-22 08:27:40.203777+00');
INSERT INTO market_data.inbox VALUES ('social', 'message-1', '{"number": 1}', '2026-11-22 08:27:40.472459+00');
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (4, '01a2025e-3252-7224-8b86-71b680a88650', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 4}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 08:27:37.43272+00', NULL, NULL, '2026-11-22 08:27:37.522945+00', NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (1, '01a2025e-30d0-7b52-86bf-f30e53edfae2', 1, 'errand', 'work', 'completed', 3, '{"note": "", "number": 1}', 1, 3, 0, 30000, '', '{"number": 1}', NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:37.080168+00', NULL, '2026-11-22 08:27:37.18+00', '2026-11-22 08:27:37.18+00', '2026-11-22 08:27:37.670654+00', 0, NULL, '', true, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (3, '01a2025e-31f6-7787-a1eb-035d228b4c10', 1, 'errand', 'work', 'dead', 3, '{"note": "", "number": 3}', 1, 3, 0, 30000, '', NULL, '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}', NULL, NULL, NULL, NULL, '2026-11-22 08:27:37.341195+00', NULL, '2026-11-22 08:27:37.394+00', '2026-11-22 08:27:37.395+00', '2026-11-22 08:27:37.670823+00', 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (11, '01a2025e-3600-7d2e-ae77-30a1f9ddce44', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 11}', 0, 3, 0, 30000, 'delay', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:38.37539+00', '2026-12-22 08:27:38.368709+00', NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (5, '01a2025e-3392-75fa-8a32-87d4e5b7b5e5', 1, 'errand', 'work', 'retrying', 3, '{"note": "fail", "number": 5}', 2, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 08:27:37.748881+00', '2026-11-22 08:28:37.919+00', '2026-11-22 08:27:37.864+00', NULL, '2026-11-22 08:27:38.641376+00', 1795336057919, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (6, '01a2025e-3445-7a19-a0d1-1284b31dc28a', 1, 'errand', 'work', 'retrying', 3, '{"note": "", "number": 6}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 08:27:37.930067+00', '2026-11-22 08:28:37.994+00', '2026-11-22 08:27:37.973+00', NULL, '2026-11-22 08:27:38.641486+00', 1795336057994, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (7, '01a2025e-349b-74aa-a375-6418fd268fba', 1, 'errand', 'work', 'retrying', 3, '{"note": "charge", "number": 7}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 08:27:38.016274+00', '2026-11-22 08:28:38.209+00', '2026-11-22 08:27:38.105+00', NULL, '2026-11-22 08:27:38.64151+00', 1795336058209, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (9, '01a2025e-35b4-7cc9-a011-1a345fac34f3', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 9}', 0, 3, 0, 30000, 'snoozed', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:38.300206+00', '2026-11-22 09:27:38.355+00', '2026-11-22 08:27:38.351+00', NULL, '2026-11-22 08:27:38.643018+00', 1795336058355, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (10, '01a2025e-35f4-748c-a1d9-ec014f3865b1', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 10}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:38.357631+00', '2026-11-22 08:57:38.356+00', NULL, NULL, '2026-11-22 08:27:38.643045+00', 1795336058373, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (12, '01a2025e-3609-7099-8564-8ab275c420f9', 1, 'errand', 'work', 'running', 1, '{"note": "", "number": 12}', 1, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:38.379074+00', NULL, '2026-11-22 08:27:38.442+00', NULL, '2026-11-22 08:27:38.643063+00', 1795336058442, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (13, '01a2025e-378e-7d42-933e-6567ca9ac78f', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 13}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:38.769926+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (14, '01a2025e-37b3-7e62-85b7-3483314d3cde', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 14}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:38.806242+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (15, '01a2025e-37e6-73a4-80f8-f91787e8136c', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 15}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 08:27:38.855029+00', NULL, NULL, '2026-11-22 08:27:38.949922+00', NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (16, '01a2025e-3896-7914-ae45-becd8ce76233', 1, 'errand', 'work', 'queued', 5, '{"note": "", "number": 16}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:39.032421+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (17, '01a2025e-389c-7a17-8c48-1eb9164341c9', 1, 'errand', 'work', 'queued', 4, '{"note": "", "number": 17}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:39.037466+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (21, '01a2025e-38e6-7626-825f-917a0d56240b', 1, 'errand', 'work', 'queued', 1, '{"note": "", "number": 21}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:39.117807+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (22, '01a2025e-3906-7e85-bf7e-650ddea74ab7', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 23}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:39.226295+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (2, '01a2025e-3172-7e5d-8b3f-a057595acffb', 2, 'errand', 'work', 'queued', 3, '{"note": "", "number": 2}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:37.274707+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (23, '01a2025e-3a08-7b61-b7bc-c7721fe39cc4', 1, 'errand', 'limited', 'queued', 3, '{"note": "", "number": 24}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:39.400595+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (24, '01a2025e-3a6c-7c08-ae26-bbac0b8ce5aa', 1, 'errand', 'stopped', 'queued', 3, '{"note": "", "number": 25}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:39.507271+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (8, '01a2025e-3575-78f6-8044-f2713797d96a', 1, 'errand', 'work', 'retrying', 3, '{"note": "draw", "number": 8}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 152, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 81, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 08:27:38.230035+00', '2026-11-22 08:28:38.279+00', '2026-11-22 08:27:38.243+00', NULL, '2026-11-22 08:27:38.641525+00', 1795336058279, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (18, '01a2025e-38a4-761b-a680-1e0157f4cb28', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 18}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:39.055821+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (19, '01a2025e-38a4-797f-9bcf-ad593726d4b7', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 19}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:39.055821+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (20, '01a2025e-38d1-7e4e-b3f4-184873f2a56c', 1, 'errand', 'work', 'queued', 2, '{"note": "", "number": 20}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:39.101138+00', NULL, NULL, NULL, NULL, 0, NULL, '', true, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (25, '01a2025e-3b17-7705-a83e-d60e3e47bd9b', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 26}', 0, 3, 0, 30000, '', NULL, NULL, NULL, '2026-11-22 08:27:39.543+00', NULL, NULL, '2026-11-22 08:27:39.706134+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (26, '01a2025e-3d22-739b-8e1f-185b02de5877', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 27}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 08:27:40.230689+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job_effect VALUES ('01a2025e-349b-74aa-a375-6418fd268fba', 1, 'charge', '01a2025e-349b-74aa-a375-6418fd268fba:1:charge', 'done', 1, '{"charge": 1}', '2026-11-22 08:27:38.114471+00', '2026-11-22 08:27:38.173429+00');
INSERT INTO market_data.job_event VALUES ('01a2025e-30d0-7b52-86bf-f30e53edfae2', 1795336057147, 0, 1, 0, 'enqueued', '2026-11-22 08:27:37.147+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-30d0-7b52-86bf-f30e53edfae2', 1795336057180, 0, 1, 1, 'started', '2026-11-22 08:27:37.18+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-30d0-7b52-86bf-f30e53edfae2', 1795336057197, 0, 1, 1, 'completed', '2026-11-22 08:27:37.197+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3172-7e5d-8b3f-a057595acffb', 1795336057287, 0, 1, 0, 'enqueued', '2026-11-22 08:27:37.287+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3172-7e5d-8b3f-a057595acffb', 1795336057316, 0, 1, 1, 'started', '2026-11-22 08:27:37.316+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3172-7e5d-8b3f-a057595acffb', 1795336057329, 0, 1, 1, 'completed', '2026-11-22 08:27:37.329+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-31f6-7787-a1eb-035d228b4c10', 1795336057344, 0, 1, 0, 'enqueued', '2026-11-22 08:27:37.344+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-31f6-7787-a1eb-035d228b4c10', 1795336057394, 0, 1, 1, 'started', '2026-11-22 08:27:37.394+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-31f6-7787-a1eb-035d228b4c10', 1795336057405, 0, 1, 1, 'dead', '2026-11-22 08:27:37.405+00', 'by-hand', 'Unrecoverable: the account is closed');
INSERT INTO market_data.job_event VALUES ('01a2025e-3252-7224-8b86-71b680a88650', 1795336057446, 0, 1, 0, 'enqueued', '2026-11-22 08:27:37.446+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3252-7224-8b86-71b680a88650', 1795336057593, 0, 1, 0, 'dropped', '2026-11-22 08:27:37.593+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3392-75fa-8a32-87d4e5b7b5e5', 1795336057757, 0, 1, 0, 'enqueued', '2026-11-22 08:27:37.757+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3392-75fa-8a32-87d4e5b7b5e5', 1795336057801, 0, 1, 1, 'started', '2026-11-22 08:27:37.801+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3392-75fa-8a32-87d4e5b7b5e5', 1795336057807, 0, 1, 1, 'retrying', '2026-11-22 08:27:37.807+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a2025e-3392-75fa-8a32-87d4e5b7b5e5', 1795336057864, 0, 1, 2, 'started', '2026-11-22 08:27:37.864+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3392-75fa-8a32-87d4e5b7b5e5', 1795336057919, 0, 1, 2, 'retrying', '2026-11-22 08:27:37.919+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a2025e-3445-7a19-a0d1-1284b31dc28a', 1795336057943, 0, 1, 0, 'enqueued', '2026-11-22 08:27:37.943+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3445-7a19-a0d1-1284b31dc28a', 1795336057973, 0, 1, 1, 'started', '2026-11-22 08:27:37.973+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3445-7a19-a0d1-1284b31dc28a', 1795336057994, 0, 1, 1, 'retrying', '2026-11-22 08:27:37.994+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a2025e-349b-74aa-a375-6418fd268fba', 1795336058027, 0, 1, 0, 'enqueued', '2026-11-22 08:27:38.027+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-349b-74aa-a375-6418fd268fba', 1795336058105, 0, 1, 1, 'started', '2026-11-22 08:27:38.105+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-349b-74aa-a375-6418fd268fba', 1795336058209, 0, 1, 1, 'retrying', '2026-11-22 08:27:38.209+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a2025e-3575-78f6-8044-f2713797d96a', 1795336058230, 0, 1, 0, 'enqueued', '2026-11-22 08:27:38.23+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3575-78f6-8044-f2713797d96a', 1795336058243, 0, 1, 1, 'started', '2026-11-22 08:27:38.243+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3575-78f6-8044-f2713797d96a', 1795336058279, 0, 1, 1, 'retrying', '2026-11-22 08:27:38.279+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a2025e-35b4-7cc9-a011-1a345fac34f3', 1795336058320, 0, 1, 0, 'enqueued', '2026-11-22 08:27:38.32+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-35b4-7cc9-a011-1a345fac34f3', 1795336058351, 0, 1, 1, 'started', '2026-11-22 08:27:38.351+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-35b4-7cc9-a011-1a345fac34f3', 1795336058355, 0, 1, 0, 'snoozed', '2026-11-22 08:27:38.355+00', 'by-hand', 'snoozed');
INSERT INTO market_data.job_event VALUES ('01a2025e-35f4-748c-a1d9-ec014f3865b1', 1795336058373, 0, 1, 0, 'enqueued', '2026-11-22 08:27:38.373+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3609-7099-8564-8ab275c420f9', 1795336058402, 0, 1, 0, 'enqueued', '2026-11-22 08:27:38.402+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a2025e-3609-7099-8564-8ab275c420f9', 1795336058442, 0, 1, 1, 'started', '2026-11-22 08:27:38.442+00', 'by-hand', '');
INSERT INTO market_data.job_step VALUES ('01a2025e-3575-78f6-8044-f2713797d96a', 1, 'draw', '1', '2026-11-22 08:27:38.272014+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (1, '9c7d140e-6b0b-40d4-b387-412719a5eba4', 'risk', 'errand', '{"number": 27}', '', 0, NULL, NULL, 'sent', 1, true, NULL, '01a2025e-3d22-739b-8e1f-185b02de5877', '2026-11-22 08:27:39.966338+00', '2026-11-22 08:27:40.053941+00', '2026-11-22 08:27:40.295522+00', '2026-11-22 08:27:40.295524+00', 'job');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (2, '7e4bd0cb-3aa2-403b-aea4-ac5831c57514', 'risk', 'errand', '{"number": 901}', '', 0, NULL, NULL, 'waiting', 0, true, NULL, NULL, '2026-11-22 08:27:40.429641+00', NULL, '2026-11-22 08:27:40.429641+00', NULL, 'job');
INSERT INTO market_data.queue_setting VALUES ('work', 1, false, 4, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('limited', 2, false, 2, 1, 50, 1000, true, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('stopped', 2, true, 1, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.redis_identity VALUES (true, 'f49fda23db248d27f1ce72fcd1d1374dcafcfc38:e8ec69c2cdc186d50e4d4c0e19d23415ac2b6b5b:19217c95396e481a', '2026-11-22 08:27:37.024523+00');
INSERT INTO market_data.schedule VALUES ('fired', 'errand', '{"number": 26}', NULL, 31622400000, 'UTC', true, false, false, '2027-02-13 00:00:00+00', '2026-11-22 08:27:39.543+00', NULL, NULL, NULL, NULL, 0, false, 'fire_once', NULL, 10, 'skip', NULL, 0, 1, 0, '{01a2025e-3b17-7705-a83e-d60e3e47bd9b}', 0, NULL, NULL, '', NULL, '2026-11-22 08:27:39.663+00', '01a2025e-3b17-7705-a83e-d60e3e47bd9b', '', '2026-11-22 08:27:39.58444+00', '2026-11-22 08:27:39.58444+00');
INSERT INTO market_data.schedule VALUES ('due', 'errand', '{"number": 900}', NULL, 31622400000, 'UTC', true, false, false, '2026-11-22 08:27:39.836+00', NULL, NULL, NULL, NULL, NULL, 0, false, 'fire_once', NULL, 10, 'skip', NULL, 0, 0, 0, '{}', 0, NULL, NULL, '', NULL, NULL, NULL, '', '2026-11-22 08:27:39.842216+00', '2026-11-22 08:27:39.842216+00');
INSERT INTO market_data.schedule_tick VALUES ('fired', '2026-11-22 08:27:39.543+00', '01a2025e-3b17-7705-a83e-d60e3e47bd9b', '2026-11-22 08:27:39.682725+00', 'fired', 'clock', 1, '');
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
