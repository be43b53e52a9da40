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
INSERT INTO market_data.attempt VALUES ('01a203d7-a616-773c-ad9f-9eb4fa2a22aa', 1, '259c9e5dce0fd9cf2205b7c8ccfd4eb8.0', 1, 'by-hand', '2026-11-22 15:19:54.139+00', '2026-11-22 15:19:54.139+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a203d7-a61c-7a3d-9414-93040c2fdf5b', 1, 'ed28ff2ddcd5d0a81a30f49a0cf49a0e.0', 1, 'by-hand', '2026-11-22 15:19:54.147+00', '2026-11-22 15:19:54.147+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a203d7-a623-777d-b3ca-fc2061e537f8', 1, '4ae852b0052f6fe822dffb7be18a1fb2.0', 1, 'by-hand', '2026-11-22 15:19:54.15+00', '2026-11-22 15:19:54.15+00', 'dead', '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}');
INSERT INTO market_data.attempt VALUES ('01a203d7-a631-7496-b704-bc59cd8e1875', 1, 'b2b8f82802e423bd8f0990e1c5c881ec.0', 2, 'by-hand', '2026-11-22 15:19:54.163+00', '2026-11-22 15:19:54.164+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a203d7-a631-7496-b704-bc59cd8e1875', 1, 'cefc7c2af4f213df110d56b44f34af0f.0', 1, 'by-hand', '2026-11-22 15:19:54.162+00', '2026-11-22 15:19:54.162+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a203d7-a635-7cda-8260-3afe6a2f8356', 1, 'e934efd97ae8847c22a85d8b29a602a1.0', 1, 'by-hand', '2026-11-22 15:19:54.166+00', '2026-11-22 15:19:54.166+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a203d7-a636-7c5a-94cd-58951a96ee3d', 1, '57fe6ec1507a78de2352936efeee4650.0', 1, 'by-hand', '2026-11-22 15:19:54.167+00', '2026-11-22 15:19:54.171+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a203d7-a63b-7a51-89a9-e1c6b675262c', 1, 'f96a054dc1184336521660ef17d99625.0', 1, 'by-hand', '2026-11-22 15:19:54.172+00', '2026-11-22 15:19:54.174+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a203d7-a63e-7999-b530-007df35d45c6', 1, '7c624ed09273afd90573af2d5bf76010.0', 1, 'by-hand', '2026-11-22 15:19:54.175+00', '2026-11-22 15:19:54.175+00', 'snoozed', NULL);
INSERT INTO market_data.attempt VALUES ('01a203d7-a640-7b86-92b4-fc9425c25bb7', 1, '2d05d279fb0cd5e17a71260397d8fc5c.0', 1, 'by-hand', '2026-11-22 15:19:54.177+00', NULL, NULL, NULL);
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-1', '01a203d7-a616-773c-ad9f-9eb4fa2a22aa', '45f9ddf3ffc09faf91bcea509faca2dc5e33fce20f5e4c12633e2e6e93debb28', '2026-11-22 15:19:54.135321+00');
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-2', '01a203d7-a650-7f38-a171-e6fb805698e6', 'a726ac0fb6e62a5e9344e90ce2df36e3c5bf23b8b0296df124d6905befcc5aef', '2026-11-22 15:19:54.193402+00');
INSERT INTO market_data.inbox VALUES ('market-data', '8f9f4ef0-33f6-40fa-b3af-58c097795ca6', '"01a203d7-a67a-7f13-a099-97abd3511bd2"', '2026-11-22 15:19:54.235541+00');
INSERT INTO market_data.inbox VALUES ('social', 'message-1', '{"number": 1}', '2026-11-22 15:19:54.244333+00');
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (4, '01a203d7-a627-7def-ae98-b2f7d7e63b27', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 4}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.152107+00', NULL, NULL, '2026-11-22 15:19:54.154646+00', NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (1, '01a203d7-a616-773c-ad9f-9eb4fa2a22aa', 1, 'errand', 'work', 'completed', 3, '{"note": "", "number": 1}', 1, 3, 0, 30000, '', '{"number": 1}', NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.136118+00', NULL, '2026-11-22 15:19:54.139+00', '2026-11-22 15:19:54.139+00', '2026-11-22 15:19:54.159843+00', 0, NULL, '', true, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (3, '01a203d7-a623-777d-b3ca-fc2061e537f8', 1, 'errand', 'work', 'dead', 3, '{"note": "", "number": 3}', 1, 3, 0, 30000, '', NULL, '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}', NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.148166+00', NULL, '2026-11-22 15:19:54.15+00', '2026-11-22 15:19:54.15+00', '2026-11-22 15:19:54.159967+00', 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (11, '01a203d7-a640-7f38-b0c4-0f7d17af03b8', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 11}', 0, 3, 0, 30000, 'delay', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.176321+00', '2026-12-22 15:19:54.17619+00', NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (5, '01a203d7-a631-7496-b704-bc59cd8e1875', 1, 'errand', 'work', 'retrying', 3, '{"note": "fail", "number": 5}', 2, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.1613+00', '2026-11-22 15:20:54.164+00', '2026-11-22 15:19:54.163+00', NULL, '2026-11-22 15:19:54.181232+00', 1795360794164, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (6, '01a203d7-a635-7cda-8260-3afe6a2f8356', 1, 'errand', 'work', 'retrying', 3, '{"note": "", "number": 6}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.165306+00', '2026-11-22 15:20:54.166+00', '2026-11-22 15:19:54.166+00', NULL, '2026-11-22 15:19:54.181313+00', 1795360794166, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (7, '01a203d7-a636-7c5a-94cd-58951a96ee3d', 1, 'errand', 'work', 'retrying', 3, '{"note": "charge", "number": 7}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.166914+00', '2026-11-22 15:20:54.171+00', '2026-11-22 15:19:54.167+00', NULL, '2026-11-22 15:19:54.181335+00', 1795360794171, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (9, '01a203d7-a63e-7999-b530-007df35d45c6', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 9}', 0, 3, 0, 30000, 'snoozed', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.174333+00', '2026-11-22 16:19:54.175+00', '2026-11-22 15:19:54.175+00', NULL, '2026-11-22 15:19:54.182049+00', 1795360794175, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (10, '01a203d7-a63f-75ee-ba34-9e477f265f7e', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 10}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.175631+00', '2026-11-22 15:49:54.175+00', NULL, NULL, '2026-11-22 15:19:54.182067+00', 1795360794176, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (12, '01a203d7-a640-7b86-92b4-fc9425c25bb7', 1, 'errand', 'work', 'running', 1, '{"note": "", "number": 12}', 1, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.176608+00', NULL, '2026-11-22 15:19:54.177+00', NULL, '2026-11-22 15:19:54.182083+00', 1795360794177, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (13, '01a203d7-a647-7a75-81da-bc08b4ef9d9b', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 13}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.183786+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (14, '01a203d7-a649-7589-8772-59bef652950b', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 14}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.185206+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (15, '01a203d7-a64a-79d7-8772-1931c3eafe5e', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 15}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.186771+00', NULL, NULL, '2026-11-22 15:19:54.189168+00', NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (16, '01a203d7-a64e-7159-9327-4eca678f731b', 1, 'errand', 'work', 'queued', 5, '{"note": "", "number": 16}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.19111+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (17, '01a203d7-a64f-70de-a509-15ea5feb6c05', 1, 'errand', 'work', 'queued', 4, '{"note": "", "number": 17}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.191431+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (21, '01a203d7-a652-707e-a5ce-4f7f6e14a065', 1, 'errand', 'work', 'queued', 1, '{"note": "", "number": 21}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.194402+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (22, '01a203d7-a653-7311-85de-f925c37d52f2', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 23}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.198425+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (2, '01a203d7-a61c-7a3d-9414-93040c2fdf5b', 2, 'errand', 'work', 'queued', 3, '{"note": "", "number": 2}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.146034+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (23, '01a203d7-a65c-7f19-b377-d6be997ab60d', 1, 'errand', 'limited', 'queued', 3, '{"note": "", "number": 24}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.204666+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (24, '01a203d7-a65e-77c1-86c0-cd312126d518', 1, 'errand', 'stopped', 'queued', 3, '{"note": "", "number": 25}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.206726+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (8, '01a203d7-a63b-7a51-89a9-e1c6b675262c', 1, 'errand', 'work', 'retrying', 3, '{"note": "draw", "number": 8}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 150, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 181, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 82, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.171379+00', '2026-11-22 15:20:54.174+00', '2026-11-22 15:19:54.172+00', NULL, '2026-11-22 15:19:54.181356+00', 1795360794174, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (18, '01a203d7-a64f-7415-a131-5ea92223e20b', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 18}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.192249+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (19, '01a203d7-a64f-71f6-8a28-81d380bd85b0', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 19}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.192249+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (20, '01a203d7-a650-7f38-a171-e6fb805698e6', 1, 'errand', 'work', 'queued', 2, '{"note": "", "number": 20}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 15:19:54.193684+00', NULL, NULL, NULL, NULL, 0, NULL, '', true, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (25, '01a203d7-a662-75ed-9b65-59b3f7fd1cb7', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 26}', 0, 3, 0, 30000, '', NULL, NULL, NULL, '2026-11-22 15:19:54.207+00', NULL, NULL, '2026-11-22 15:19:54.211873+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (26, '01a203d7-a67a-7f13-a099-97abd3511bd2', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 27}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, '81fdf1f8a5a94b91b8d96e3b4d18a578', '2026-11-22 15:19:54.236157+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false, NULL, NULL, NULL, NULL, NULL);
INSERT INTO market_data.job_effect VALUES ('01a203d7-a636-7c5a-94cd-58951a96ee3d', 1, 'charge', '01a203d7-a636-7c5a-94cd-58951a96ee3d:1:charge', 'done', 1, '{"charge": 1}', '2026-11-22 15:19:54.169364+00', '2026-11-22 15:19:54.17047+00');
INSERT INTO market_data.job_event VALUES ('01a203d7-a616-773c-ad9f-9eb4fa2a22aa', 1795360794138, 0, 1, 0, 'enqueued', '2026-11-22 15:19:54.138+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a616-773c-ad9f-9eb4fa2a22aa', 1795360794139, 0, 1, 1, 'started', '2026-11-22 15:19:54.139+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a616-773c-ad9f-9eb4fa2a22aa', 1795360794139, 128, 1, 1, 'completed', '2026-11-22 15:19:54.139+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a61c-7a3d-9414-93040c2fdf5b', 1795360794146, 0, 1, 0, 'enqueued', '2026-11-22 15:19:54.146+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a61c-7a3d-9414-93040c2fdf5b', 1795360794147, 0, 1, 1, 'started', '2026-11-22 15:19:54.147+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a61c-7a3d-9414-93040c2fdf5b', 1795360794147, 128, 1, 1, 'completed', '2026-11-22 15:19:54.147+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a623-777d-b3ca-fc2061e537f8', 1795360794148, 0, 1, 0, 'enqueued', '2026-11-22 15:19:54.148+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a623-777d-b3ca-fc2061e537f8', 1795360794150, 0, 1, 1, 'started', '2026-11-22 15:19:54.15+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a623-777d-b3ca-fc2061e537f8', 1795360794151, 0, 1, 1, 'dead', '2026-11-22 15:19:54.151+00', 'by-hand', 'Unrecoverable: the account is closed');
INSERT INTO market_data.job_event VALUES ('01a203d7-a627-7def-ae98-b2f7d7e63b27', 1795360794152, 0, 1, 0, 'enqueued', '2026-11-22 15:19:54.152+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a627-7def-ae98-b2f7d7e63b27', 1795360794156, 0, 1, 0, 'dropped', '2026-11-22 15:19:54.156+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a631-7496-b704-bc59cd8e1875', 1795360794161, 0, 1, 0, 'enqueued', '2026-11-22 15:19:54.161+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a631-7496-b704-bc59cd8e1875', 1795360794162, 0, 1, 1, 'started', '2026-11-22 15:19:54.162+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a631-7496-b704-bc59cd8e1875', 1795360794162, 128, 1, 1, 'retrying', '2026-11-22 15:19:54.162+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a203d7-a631-7496-b704-bc59cd8e1875', 1795360794163, 0, 1, 2, 'started', '2026-11-22 15:19:54.163+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a631-7496-b704-bc59cd8e1875', 1795360794164, 0, 1, 2, 'retrying', '2026-11-22 15:19:54.164+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a203d7-a635-7cda-8260-3afe6a2f8356', 1795360794165, 0, 1, 0, 'enqueued', '2026-11-22 15:19:54.165+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a635-7cda-8260-3afe6a2f8356', 1795360794166, 0, 1, 1, 'started', '2026-11-22 15:19:54.166+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a635-7cda-8260-3afe6a2f8356', 1795360794166, 128, 1, 1, 'retrying', '2026-11-22 15:19:54.166+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a203d7-a636-7c5a-94cd-58951a96ee3d', 1795360794167, 0, 1, 0, 'enqueued', '2026-11-22 15:19:54.167+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a636-7c5a-94cd-58951a96ee3d', 1795360794167, 128, 1, 1, 'started', '2026-11-22 15:19:54.167+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a636-7c5a-94cd-58951a96ee3d', 1795360794171, 0, 1, 1, 'retrying', '2026-11-22 15:19:54.171+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a203d7-a63b-7a51-89a9-e1c6b675262c', 1795360794171, 128, 1, 0, 'enqueued', '2026-11-22 15:19:54.171+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a63b-7a51-89a9-e1c6b675262c', 1795360794172, 0, 1, 1, 'started', '2026-11-22 15:19:54.172+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a63b-7a51-89a9-e1c6b675262c', 1795360794174, 0, 1, 1, 'retrying', '2026-11-22 15:19:54.174+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a203d7-a63e-7999-b530-007df35d45c6', 1795360794174, 128, 1, 0, 'enqueued', '2026-11-22 15:19:54.174+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a63e-7999-b530-007df35d45c6', 1795360794175, 0, 1, 1, 'started', '2026-11-22 15:19:54.175+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a63e-7999-b530-007df35d45c6', 1795360794175, 128, 1, 0, 'snoozed', '2026-11-22 15:19:54.175+00', 'by-hand', 'snoozed');
INSERT INTO market_data.job_event VALUES ('01a203d7-a63f-75ee-ba34-9e477f265f7e', 1795360794176, 0, 1, 0, 'enqueued', '2026-11-22 15:19:54.176+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a640-7b86-92b4-fc9425c25bb7', 1795360794177, 0, 1, 0, 'enqueued', '2026-11-22 15:19:54.177+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a203d7-a640-7b86-92b4-fc9425c25bb7', 1795360794177, 128, 1, 1, 'started', '2026-11-22 15:19:54.177+00', 'by-hand', '');
INSERT INTO market_data.job_step VALUES ('01a203d7-a63b-7a51-89a9-e1c6b675262c', 1, 'draw', '1', '2026-11-22 15:19:54.173334+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (1, '8f9f4ef0-33f6-40fa-b3af-58c097795ca6', 'risk', 'errand', '{"number": 27}', '', 0, NULL, NULL, 'sent', 1, true, NULL, '01a203d7-a67a-7f13-a099-97abd3511bd2', '2026-11-22 15:19:54.223932+00', '2026-11-22 15:19:54.226836+00', '2026-11-22 15:19:54.239398+00', '2026-11-22 15:19:54.239398+00', 'job');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (2, 'eef220da-949b-457a-8824-c7957b021701', 'risk', 'errand', '{"number": 901}', '', 0, NULL, NULL, 'waiting', 0, true, NULL, NULL, '2026-11-22 15:19:54.24213+00', NULL, '2026-11-22 15:19:54.24213+00', NULL, 'job');
INSERT INTO market_data.queue_setting VALUES ('work', 1, false, 4, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('limited', 2, false, 2, 1, 50, 1000, true, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('stopped', 2, true, 1, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.redis_identity VALUES (true, 'ab9aa5fc47d9f57d5b3500fa444c24539840d2c2:b18b905f3a64f0e4fab8b5a738382baae0bd3484:2e96798125d13e50', '2026-11-22 15:19:54.133955+00');
INSERT INTO market_data.schedule VALUES ('fired', 'errand', '{"number": 26}', NULL, 31622400000, 'UTC', true, false, false, '2027-02-13 00:00:00+00', '2026-11-22 15:19:54.207+00', NULL, NULL, NULL, NULL, 0, false, 'fire_once', NULL, 10, 'skip', NULL, 0, 1, 0, '{01a203d7-a662-75ed-9b65-59b3f7fd1cb7}', 0, NULL, NULL, '', NULL, '2026-11-22 15:19:54.209+00', '01a203d7-a662-75ed-9b65-59b3f7fd1cb7', '', '2026-11-22 15:19:54.208135+00', '2026-11-22 15:19:54.208135+00');
INSERT INTO market_data.schedule VALUES ('due', 'errand', '{"number": 900}', NULL, 31622400000, 'UTC', true, false, false, '2026-11-22 15:19:54.214+00', NULL, NULL, NULL, NULL, NULL, 0, false, 'fire_once', NULL, 10, 'skip', NULL, 0, 0, 0, '{}', 0, NULL, NULL, '', NULL, NULL, NULL, '', '2026-11-22 15:19:54.215062+00', '2026-11-22 15:19:54.215062+00');
INSERT INTO market_data.schedule_tick VALUES ('fired', '2026-11-22 15:19:54.207+00', '01a203d7-a662-75ed-9b65-59b3f7fd1cb7', '2026-11-22 15:19:54.210624+00', 'fired', 'clock', 1, '');
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
