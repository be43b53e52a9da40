CREATE FUNCTION market_data.forget_job_history() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'market_data'
    AS $$
BEGIN
  DELETE FROM job_event USING gone WHERE job_event.job_id = gone.id;
  DELETE FROM job_log USING gone WHERE job_log.job_id = gone.id;
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
    CONSTRAINT ck_job_state CHECK ((state = ANY (ARRAY['scheduled'::text, 'blocked'::text, 'queued'::text, 'running'::text, 'retrying'::text, 'completed'::text, 'dead'::text, 'cancelled'::text, 'expired'::text])))
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
    CONSTRAINT ck_schedule_tick_outcome CHECK ((outcome = ANY (ARRAY['fired'::text, 'skipped'::text, 'buffered'::text, 'missed'::text, 'refused'::text])))
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
INSERT INTO market_data.alembic_version VALUES ('market_data_0001');
INSERT INTO market_data.alembic_version VALUES ('ledger_0011');
INSERT INTO market_data.attempt VALUES ('01a201bd-e39f-7286-a79b-d87dab2510ae', 1, '933016cfa76c9da136ba7d17fd65c1cc.0', 1, 'by-hand', '2026-11-22 05:32:31.524+00', '2026-11-22 05:32:31.524+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a201bd-e3a5-7739-ae09-bea47db4c69b', 1, 'be422032bb46b40b1ef22df50551262d.0', 1, 'by-hand', '2026-11-22 05:32:31.533+00', '2026-11-22 05:32:31.533+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a201bd-e3ae-7880-be6f-fc2882b87563', 1, 'dcccbf5612f418517f2349694aec71d0.0', 1, 'by-hand', '2026-11-22 05:32:31.535+00', '2026-11-22 05:32:31.535+00', 'dead', '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}');
INSERT INTO market_data.attempt VALUES ('01a201bd-e3ba-78fc-88e6-668e634b8ac2', 1, '18aaae2698d1df9ff22a2cb5f177da62.0', 1, 'by-hand', '2026-11-22 05:32:31.547+00', '2026-11-22 05:32:31.548+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a201bd-e3ba-78fc-88e6-668e634b8ac2', 1, '6275e578023623d5bc823aef705bbec9.0', 2, 'by-hand', '2026-11-22 05:32:31.549+00', '2026-11-22 05:32:31.55+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a201bd-e3be-7477-b5e7-75e323d6a3f4', 1, 'b50187956b4dea7d2f93f28fbb6f0363.0', 1, 'by-hand', '2026-11-22 05:32:31.551+00', '2026-11-22 05:32:31.552+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a201bd-e3c0-7c57-8972-3f9405c6d5f2', 1, '661b5f148aa8c690ba46c19cb768d834.0', 1, 'by-hand', '2026-11-22 05:32:31.553+00', '2026-11-22 05:32:31.557+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a201bd-e3c5-7eda-a782-b13812a25bc7', 1, '567355e130ea20fa34e3ea4ce45c96e7.0', 1, 'by-hand', '2026-11-22 05:32:31.559+00', '2026-11-22 05:32:31.562+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a201bd-e3ca-74b3-9186-332c06af9ed3', 1, 'aef3cfce573f36276f21f3d3c05d15a0.0', 1, 'by-hand', '2026-11-22 05:32:31.563+00', '2026-11-22 05:32:31.564+00', 'snoozed', NULL);
INSERT INTO market_data.attempt VALUES ('01a201bd-e3cd-76e8-84a0-a5735fe23376', 1, '782401c27adb11112e21db07c743bd82.0', 1, 'by-hand', '2026-11-22 05:32:31.566+00', NULL, NULL, NULL);
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-1', '01a201bd-e39f-7286-a79b-d87dab2510ae', '45f9ddf3ffc09faf91bcea509faca2dc5e33fce20f5e4c12633e2e6e93debb28', '2026-11-22 05:32:31.520298+00');
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-2', '01a201bd-e3e3-71dd-acc4-2d16974ecb3f', 'a726ac0fb6e62a5e9344e90ce2df36e3c5bf23b8b0296df124d6905befcc5aef', '2026-11-22 05:32:31.588025+00');
INSERT INTO market_data.inbox VALUES ('market-data', '09c1bc20-2e08-44e4-8e9b-dff4d14190b8', '"01a201bd-e434-7bb2-ada0-e087bdef991b"', '2026-11-22 05:32:31.669619+00');
INSERT INTO market_data.inbox VALUES ('social', 'message-1', '{"number": 1}', '2026-11-22 05:32:31.683873+00');
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (4, '01a201bd-e3b0-7947-9184-0be39ddea077', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 4}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.536835+00', NULL, NULL, '2026-11-22 05:32:31.539454+00', NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (1, '01a201bd-e39f-7286-a79b-d87dab2510ae', 1, 'errand', 'work', 'completed', 3, '{"note": "", "number": 1}', 1, 3, 0, 30000, '', '{"number": 1}', NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.521254+00', NULL, '2026-11-22 05:32:31.524+00', '2026-11-22 05:32:31.524+00', '2026-11-22 05:32:31.544934+00', 0, NULL, '', true, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (3, '01a201bd-e3ae-7880-be6f-fc2882b87563', 1, 'errand', 'work', 'dead', 3, '{"note": "", "number": 3}', 1, 3, 0, 30000, '', NULL, '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}', NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.534264+00', NULL, '2026-11-22 05:32:31.535+00', '2026-11-22 05:32:31.535+00', '2026-11-22 05:32:31.545063+00', 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (11, '01a201bd-e3cc-79ab-b52f-ae269e7612e7', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 11}', 0, 3, 0, 30000, 'delay', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.565062+00', '2026-12-22 05:32:31.564906+00', NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (5, '01a201bd-e3ba-78fc-88e6-668e634b8ac2', 1, 'errand', 'work', 'retrying', 3, '{"note": "fail", "number": 5}', 2, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.54648+00', '2026-11-22 05:33:31.55+00', '2026-11-22 05:32:31.549+00', NULL, '2026-11-22 05:32:31.572038+00', 1795325551550, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (6, '01a201bd-e3be-7477-b5e7-75e323d6a3f4', 1, 'errand', 'work', 'retrying', 3, '{"note": "", "number": 6}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.550912+00', '2026-11-22 05:33:31.552+00', '2026-11-22 05:32:31.551+00', NULL, '2026-11-22 05:32:31.572107+00', 1795325551552, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (7, '01a201bd-e3c0-7c57-8972-3f9405c6d5f2', 1, 'errand', 'work', 'retrying', 3, '{"note": "charge", "number": 7}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.552511+00', '2026-11-22 05:33:31.557+00', '2026-11-22 05:32:31.553+00', NULL, '2026-11-22 05:32:31.572123+00', 1795325551557, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (9, '01a201bd-e3ca-74b3-9186-332c06af9ed3', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 9}', 0, 3, 0, 30000, 'snoozed', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.562614+00', '2026-11-22 06:32:31.564+00', '2026-11-22 05:32:31.563+00', NULL, '2026-11-22 05:32:31.572371+00', 1795325551564, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (10, '01a201bd-e3cc-7840-bb6c-afa0f5ed8e6d', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 10}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.564637+00', '2026-11-22 06:02:31.564+00', NULL, NULL, '2026-11-22 05:32:31.572385+00', 1795325551564, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (12, '01a201bd-e3cd-76e8-84a0-a5735fe23376', 1, 'errand', 'work', 'running', 1, '{"note": "", "number": 12}', 1, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.56537+00', NULL, '2026-11-22 05:32:31.566+00', NULL, '2026-11-22 05:32:31.572396+00', 1795325551566, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (13, '01a201bd-e3d6-73a8-b62d-3d512ffb7efe', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 13}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.574668+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (14, '01a201bd-e3d8-7357-947d-5fabc3fd200e', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 14}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.576631+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (15, '01a201bd-e3da-7739-b336-bbd2fa0b7d19', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 15}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.578909+00', NULL, NULL, '2026-11-22 05:32:31.58197+00', NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (16, '01a201bd-e3e0-7e7e-9ecc-a9aa4d521fd1', 1, 'errand', 'work', 'queued', 5, '{"note": "", "number": 16}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.585102+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (17, '01a201bd-e3e1-7c00-95ac-f85a76a0f691', 1, 'errand', 'work', 'queued', 4, '{"note": "", "number": 17}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.585618+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (21, '01a201bd-e3e4-77b6-b242-04b9df4f5e2f', 1, 'errand', 'work', 'queued', 1, '{"note": "", "number": 21}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.588892+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (22, '01a201bd-e3e6-7796-bd4d-a0da1a31a3e4', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 23}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.629323+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (2, '01a201bd-e3a5-7739-ae09-bea47db4c69b', 2, 'errand', 'work', 'queued', 3, '{"note": "", "number": 2}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.532014+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (23, '01a201bd-e415-7c7c-a223-3e2f79dbcd60', 1, 'errand', 'limited', 'queued', 3, '{"note": "", "number": 24}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.637454+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (24, '01a201bd-e417-7692-90c8-f39853de4a2c', 1, 'errand', 'stopped', 'queued', 3, '{"note": "", "number": 25}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.640094+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (8, '01a201bd-e3c5-7eda-a782-b13812a25bc7', 1, 'errand', 'work', 'retrying', 3, '{"note": "draw", "number": 8}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 140, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 169, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.558148+00', '2026-11-22 05:33:31.562+00', '2026-11-22 05:32:31.559+00', NULL, '2026-11-22 05:32:31.572133+00', 1795325551562, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (18, '01a201bd-e3e1-7489-a111-63f9f69fe4ed', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 18}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.586648+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (19, '01a201bd-e3e1-7379-b9f7-336e1700ce45', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 19}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.586648+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (20, '01a201bd-e3e3-71dd-acc4-2d16974ecb3f', 1, 'errand', 'work', 'queued', 2, '{"note": "", "number": 20}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.588319+00', NULL, NULL, NULL, NULL, 0, NULL, '', true, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (25, '01a201bd-e41c-783f-b067-d4826965a943', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 26}', 0, 3, 0, 30000, '', NULL, NULL, NULL, '2026-11-22 05:32:31.641+00', NULL, NULL, '2026-11-22 05:32:31.646731+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (26, '01a201bd-e434-7bb2-ada0-e087bdef991b', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 27}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:32:31.670357+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT, false);
INSERT INTO market_data.job_effect VALUES ('01a201bd-e3c0-7c57-8972-3f9405c6d5f2', 1, 'charge', '01a201bd-e3c0-7c57-8972-3f9405c6d5f2:1:charge', 'done', 1, '{"charge": 1}', '2026-11-22 05:32:31.555112+00', '2026-11-22 05:32:31.556614+00');
INSERT INTO market_data.job_event VALUES ('01a201bd-e39f-7286-a79b-d87dab2510ae', 1795325551523, 0, 1, 0, 'enqueued', '2026-11-22 05:32:31.523+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e39f-7286-a79b-d87dab2510ae', 1795325551524, 0, 1, 1, 'started', '2026-11-22 05:32:31.524+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e39f-7286-a79b-d87dab2510ae', 1795325551525, 0, 1, 1, 'completed', '2026-11-22 05:32:31.525+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3a5-7739-ae09-bea47db4c69b', 1795325551532, 0, 1, 0, 'enqueued', '2026-11-22 05:32:31.532+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3a5-7739-ae09-bea47db4c69b', 1795325551533, 0, 1, 1, 'started', '2026-11-22 05:32:31.533+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3a5-7739-ae09-bea47db4c69b', 1795325551533, 128, 1, 1, 'completed', '2026-11-22 05:32:31.533+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ae-7880-be6f-fc2882b87563', 1795325551534, 0, 1, 0, 'enqueued', '2026-11-22 05:32:31.534+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ae-7880-be6f-fc2882b87563', 1795325551535, 0, 1, 1, 'started', '2026-11-22 05:32:31.535+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ae-7880-be6f-fc2882b87563', 1795325551536, 0, 1, 1, 'dead', '2026-11-22 05:32:31.536+00', 'by-hand', 'Unrecoverable: the account is closed');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3b0-7947-9184-0be39ddea077', 1795325551537, 0, 1, 0, 'enqueued', '2026-11-22 05:32:31.537+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3b0-7947-9184-0be39ddea077', 1795325551542, 0, 1, 0, 'dropped', '2026-11-22 05:32:31.542+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ba-78fc-88e6-668e634b8ac2', 1795325551546, 0, 1, 0, 'enqueued', '2026-11-22 05:32:31.546+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ba-78fc-88e6-668e634b8ac2', 1795325551547, 0, 1, 1, 'started', '2026-11-22 05:32:31.547+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ba-78fc-88e6-668e634b8ac2', 1795325551548, 0, 1, 1, 'retrying', '2026-11-22 05:32:31.548+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ba-78fc-88e6-668e634b8ac2', 1795325551549, 0, 1, 2, 'started', '2026-11-22 05:32:31.549+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ba-78fc-88e6-668e634b8ac2', 1795325551550, 0, 1, 2, 'retrying', '2026-11-22 05:32:31.55+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3be-7477-b5e7-75e323d6a3f4', 1795325551551, 0, 1, 0, 'enqueued', '2026-11-22 05:32:31.551+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3be-7477-b5e7-75e323d6a3f4', 1795325551551, 128, 1, 1, 'started', '2026-11-22 05:32:31.551+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3be-7477-b5e7-75e323d6a3f4', 1795325551552, 0, 1, 1, 'retrying', '2026-11-22 05:32:31.552+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3c0-7c57-8972-3f9405c6d5f2', 1795325551552, 128, 1, 0, 'enqueued', '2026-11-22 05:32:31.552+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3c0-7c57-8972-3f9405c6d5f2', 1795325551553, 0, 1, 1, 'started', '2026-11-22 05:32:31.553+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3c0-7c57-8972-3f9405c6d5f2', 1795325551557, 0, 1, 1, 'retrying', '2026-11-22 05:32:31.557+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3c5-7eda-a782-b13812a25bc7', 1795325551558, 0, 1, 0, 'enqueued', '2026-11-22 05:32:31.558+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3c5-7eda-a782-b13812a25bc7', 1795325551559, 0, 1, 1, 'started', '2026-11-22 05:32:31.559+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3c5-7eda-a782-b13812a25bc7', 1795325551562, 0, 1, 1, 'retrying', '2026-11-22 05:32:31.562+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ca-74b3-9186-332c06af9ed3', 1795325551562, 128, 1, 0, 'enqueued', '2026-11-22 05:32:31.562+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ca-74b3-9186-332c06af9ed3', 1795325551563, 0, 1, 1, 'started', '2026-11-22 05:32:31.563+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3ca-74b3-9186-332c06af9ed3', 1795325551564, 0, 1, 0, 'snoozed', '2026-11-22 05:32:31.564+00', 'by-hand', 'snoozed');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3cc-7840-bb6c-afa0f5ed8e6d', 1795325551564, 128, 1, 0, 'enqueued', '2026-11-22 05:32:31.564+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3cd-76e8-84a0-a5735fe23376', 1795325551565, 0, 1, 0, 'enqueued', '2026-11-22 05:32:31.565+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201bd-e3cd-76e8-84a0-a5735fe23376', 1795325551566, 0, 1, 1, 'started', '2026-11-22 05:32:31.566+00', 'by-hand', '');
INSERT INTO market_data.job_step VALUES ('01a201bd-e3c5-7eda-a782-b13812a25bc7', 1, 'draw', '1', '2026-11-22 05:32:31.56091+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (1, '09c1bc20-2e08-44e4-8e9b-dff4d14190b8', 'risk', 'errand', '{"number": 27}', '', 0, NULL, NULL, 'sent', 1, true, NULL, '01a201bd-e434-7bb2-ada0-e087bdef991b', '2026-11-22 05:32:31.658861+00', '2026-11-22 05:32:31.662243+00', '2026-11-22 05:32:31.674565+00', '2026-11-22 05:32:31.674566+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (2, '0f13e068-7d07-4ab7-8089-28ccdebdeb59', 'risk', 'errand', '{"number": 901}', '', 0, NULL, NULL, 'waiting', 0, true, NULL, NULL, '2026-11-22 05:32:31.677834+00', NULL, '2026-11-22 05:32:31.677834+00', NULL);
INSERT INTO market_data.queue_setting VALUES ('work', 1, false, 4, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('limited', 2, false, 2, 1, 50, 1000, true, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('stopped', 2, true, 1, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.redis_identity VALUES (true, 'c1adafbe0186370940452dc503e84a54b195f045:0097bc68a7a25deb22901b448c5ecbf731c289e9:7dd3c1c7b3be5208', '2026-11-22 05:32:31.518827+00');
INSERT INTO market_data.schedule VALUES ('fired', 'errand', '{"number": 26}', NULL, 31622400000, 'UTC', true, false, false, '2027-02-13 00:00:00+00', '2026-11-22 05:32:31.641+00', NULL, NULL, NULL, NULL, 0, false, 'fire_once', NULL, 10, 'skip', NULL, 0, 1, 0, '{01a201bd-e41c-783f-b067-d4826965a943}', 0, NULL, NULL, '', NULL, '2026-11-22 05:32:31.644+00', '01a201bd-e41c-783f-b067-d4826965a943', '', '2026-11-22 05:32:31.642662+00', '2026-11-22 05:32:31.642662+00');
INSERT INTO market_data.schedule VALUES ('due', 'errand', '{"number": 900}', NULL, 31622400000, 'UTC', true, false, false, '2026-11-22 05:32:31.649+00', NULL, NULL, NULL, NULL, NULL, 0, false, 'fire_once', NULL, 10, 'skip', NULL, 0, 0, 0, '{}', 0, NULL, NULL, '', NULL, NULL, NULL, '', '2026-11-22 05:32:31.649785+00', '2026-11-22 05:32:31.649785+00');
INSERT INTO market_data.schedule_tick VALUES ('fired', '2026-11-22 05:32:31.641+00', '01a201bd-e41c-783f-b067-d4826965a943', '2026-11-22 05:32:31.645357+00', 'fired', 'clock', 1, '');
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
ALTER TABLE ONLY market_data.gate_setting
    ADD CONSTRAINT pk_gate_setting PRIMARY KEY (queue, kind, name);
ALTER TABLE ONLY market_data.idempotency_key
    ADD CONSTRAINT pk_idempotency_key PRIMARY KEY (name, key);
ALTER TABLE ONLY market_data.inbox
    ADD CONSTRAINT pk_inbox PRIMARY KEY (source, message_id);
ALTER TABLE ONLY market_data.job
    ADD CONSTRAINT pk_job PRIMARY KEY (seq);
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
CREATE INDEX ix_idempotency_key_created_at ON market_data.idempotency_key USING btree (created_at);
CREATE INDEX ix_inbox_received_at ON market_data.inbox USING btree (received_at);
CREATE INDEX ix_job_changed ON market_data.job USING btree (seq) WHERE ((pending_change IS NOT NULL) AND (finished_at IS NULL));
CREATE INDEX ix_job_edge_child ON market_data.job_edge USING btree (child_id);
CREATE INDEX ix_job_edge_open ON market_data.job_edge USING btree (parent_id) WHERE (outcome IS NULL);
CREATE INDEX ix_job_effect_unfinished ON market_data.job_effect USING btree (started_at) WHERE (finished_at IS NULL);
CREATE INDEX ix_job_event_at ON market_data.job_event USING brin (at);
CREATE INDEX ix_job_limit_look_at ON market_data.job_limit USING btree (look_at);
CREATE INDEX ix_job_listing ON market_data.job USING btree (queue, state, seq);
CREATE INDEX ix_job_live ON market_data.job USING btree (seq) WHERE (finished_at IS NULL);
CREATE INDEX ix_job_log_at ON market_data.job_log USING brin (at);
CREATE INDEX ix_job_log_reading ON market_data.job_log USING btree (job_id, seq);
CREATE INDEX ix_job_retention ON market_data.job USING btree (queue, state, is_owed, finished_at, seq) WHERE (finished_at IS NOT NULL);
CREATE INDEX ix_job_unpushed ON market_data.job USING btree (seq) WHERE ((pushed_at IS NULL) AND (finished_at IS NULL));
CREATE INDEX ix_outbox_finished ON market_data.outbox USING btree (state, finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX ix_outbox_waiting ON market_data.outbox USING btree (peer, seq) WHERE (state = 'waiting'::text);
CREATE INDEX ix_remote_node_open ON market_data.remote_node USING btree (job_id) WHERE ((message_id IS NOT NULL) AND (NOT is_over));
CREATE INDEX ix_result_cache_expires_at ON market_data.result_cache USING btree (expires_at);
CREATE INDEX ix_schedule_check ON market_data.schedule USING btree (check_at) WHERE (is_enabled AND (stopped_at IS NULL) AND (check_at IS NOT NULL));
CREATE INDEX ix_schedule_due ON market_data.schedule USING btree (next_run_at) WHERE (is_enabled AND (stopped_at IS NULL));
CREATE INDEX ix_schedule_tick_buffered ON market_data.schedule_tick USING btree (schedule, tick) WHERE (outcome = 'buffered'::text);
CREATE INDEX ix_schedule_tick_fired_at ON market_data.schedule_tick USING btree (fired_at);
CREATE INDEX ix_slot_decision_at ON market_data.slot_decision USING btree (at);
CREATE INDEX ix_slot_decision_queue ON market_data.slot_decision USING btree (queue, at);
CREATE TRIGGER forget_job_history AFTER DELETE ON market_data.job REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION market_data.forget_job_history();
ALTER TABLE ONLY market_data.attempt
    ADD CONSTRAINT fk_attempt_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.coin_price
    ADD CONSTRAINT fk_coin_price_coin_id FOREIGN KEY (coin_id) REFERENCES market_data.coin(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.flow_node
    ADD CONSTRAINT fk_flow_node_flow_id FOREIGN KEY (flow_id) REFERENCES market_data.flow(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_edge
    ADD CONSTRAINT fk_job_edge_child_id FOREIGN KEY (child_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_effect
    ADD CONSTRAINT fk_job_effect_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_step
    ADD CONSTRAINT fk_job_step_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_wait
    ADD CONSTRAINT fk_job_wait_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.quote
    ADD CONSTRAINT fk_quote_coin_id FOREIGN KEY (coin_id) REFERENCES market_data.coin(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.remote_node
    ADD CONSTRAINT fk_remote_node_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
