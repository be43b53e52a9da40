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
    CONSTRAINT ck_job_state CHECK ((state = ANY (ARRAY['scheduled'::text, 'blocked'::text, 'queued'::text, 'running'::text, 'retrying'::text, 'completed'::text, 'dead'::text, 'cancelled'::text, 'expired'::text])))
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
    CONSTRAINT ck_schedule_every_ms CHECK ((every_ms >= 1000)),
    CONSTRAINT ck_schedule_one_kind CHECK (((cron IS NULL) <> (every_ms IS NULL)))
);
CREATE TABLE market_data.schedule_tick (
    schedule text NOT NULL,
    tick timestamp with time zone NOT NULL,
    job_id uuid,
    fired_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
INSERT INTO market_data.alembic_version VALUES ('market_data_0001');
INSERT INTO market_data.alembic_version VALUES ('ledger_0007');
INSERT INTO market_data.attempt VALUES ('01a201b6-6cd6-7685-8ac4-8ebfd5b9ef31', 1, 'e14fe5f8eac9cef9dab7aafc52b07979.0', 1, 'by-hand', '2026-11-22 05:24:22.364+00', '2026-11-22 05:24:22.364+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a201b6-6cdc-7eed-98b7-8dea7ec55b88', 1, '4a2388e30c9314bdae2b4eed0b9e713c.0', 1, 'by-hand', '2026-11-22 05:24:22.373+00', '2026-11-22 05:24:22.373+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a201b6-6ce6-7a54-8a94-886eca54a990', 1, '35ba27c4276c20bbf754ed0556514884.0', 1, 'by-hand', '2026-11-22 05:24:22.375+00', '2026-11-22 05:24:22.376+00', 'dead', '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}');
INSERT INTO market_data.attempt VALUES ('01a201b6-6cf3-76e3-9617-c7bef47fc92e', 1, '7491b01201e17f73acf7c60d5b074603.0', 1, 'by-hand', '2026-11-22 05:24:22.388+00', '2026-11-22 05:24:22.389+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a201b6-6cf3-76e3-9617-c7bef47fc92e', 1, 'c9bb1f2a13fd9fc8c81e9c5a3b7f860d.0', 2, 'by-hand', '2026-11-22 05:24:22.39+00', '2026-11-22 05:24:22.392+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a201b6-6cf8-7dad-8b03-5b6170fba5c2', 1, '9e032ce6a72df46ae3275ede73efb4c4.0', 1, 'by-hand', '2026-11-22 05:24:22.393+00', '2026-11-22 05:24:22.394+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a201b6-6cfa-771d-8433-4d4bb762bfe4', 1, '812caafe4fbde4901a3b012cd50679b9.0', 1, 'by-hand', '2026-11-22 05:24:22.395+00', '2026-11-22 05:24:22.399+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a201b6-6cff-725c-8240-3c3805d01cdb', 1, 'b6a5029ebfbe3eae53284f738a022bd2.0', 1, 'by-hand', '2026-11-22 05:24:22.4+00', '2026-11-22 05:24:22.403+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a201b6-6d03-7b13-9a0f-1f5cd59cf6dd', 1, '28bab587a0685dcc299af6f7d3bacc35.0', 1, 'by-hand', '2026-11-22 05:24:22.404+00', '2026-11-22 05:24:22.404+00', 'snoozed', NULL);
INSERT INTO market_data.attempt VALUES ('01a201b6-6d05-7ca0-b46e-d9dffee0f252', 1, 'de2322fc3bcc48b1bdd550c4e3e178c4.0', 1, 'by-hand', '2026-11-22 05:24:22.406+00', NULL, NULL, NULL);
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-1', '01a201b6-6cd6-7685-8ac4-8ebfd5b9ef31', '45f9ddf3ffc09faf91bcea509faca2dc5e33fce20f5e4c12633e2e6e93debb28', '2026-11-22 05:24:22.359271+00');
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-2', '01a201b6-6d1a-70bb-b6e5-7ac64f4f1652', 'a726ac0fb6e62a5e9344e90ce2df36e3c5bf23b8b0296df124d6905befcc5aef', '2026-11-22 05:24:22.427378+00');
INSERT INTO market_data.inbox VALUES ('market-data', '0e913bc4-3660-430f-b81c-b4fc498bb71d', '"01a201b6-6d75-7ed5-b678-9ba963edd17c"', '2026-11-22 05:24:22.519067+00');
INSERT INTO market_data.inbox VALUES ('social', 'message-1', '{"number": 1}', '2026-11-22 05:24:22.533097+00');
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (4, '01a201b6-6ce9-71ff-988e-f7ea48909719', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 4}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.377901+00', NULL, NULL, '2026-11-22 05:24:22.380677+00', NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (1, '01a201b6-6cd6-7685-8ac4-8ebfd5b9ef31', 1, 'errand', 'work', 'completed', 3, '{"note": "", "number": 1}', 1, 3, 0, 30000, '', '{"number": 1}', NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.360597+00', NULL, '2026-11-22 05:24:22.364+00', '2026-11-22 05:24:22.364+00', '2026-11-22 05:24:22.386528+00', 0, NULL, '', true, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (3, '01a201b6-6ce6-7a54-8a94-886eca54a990', 1, 'errand', 'work', 'dead', 3, '{"note": "", "number": 3}', 1, 3, 0, 30000, '', NULL, '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}', NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.374756+00', NULL, '2026-11-22 05:24:22.375+00', '2026-11-22 05:24:22.376+00', '2026-11-22 05:24:22.386601+00', 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (11, '01a201b6-6d05-7cad-875f-525f8ad62516', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 11}', 0, 3, 0, 30000, 'delay', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.405467+00', '2026-12-22 05:24:22.405357+00', NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (5, '01a201b6-6cf3-76e3-9617-c7bef47fc92e', 1, 'errand', 'work', 'retrying', 3, '{"note": "fail", "number": 5}', 2, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.388099+00', '2026-11-22 05:25:22.392+00', '2026-11-22 05:24:22.39+00', NULL, '2026-11-22 05:24:22.41128+00', 1795325062392, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (6, '01a201b6-6cf8-7dad-8b03-5b6170fba5c2', 1, 'errand', 'work', 'retrying', 3, '{"note": "", "number": 6}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.392474+00', '2026-11-22 05:25:22.394+00', '2026-11-22 05:24:22.393+00', NULL, '2026-11-22 05:24:22.411344+00', 1795325062394, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (7, '01a201b6-6cfa-771d-8433-4d4bb762bfe4', 1, 'errand', 'work', 'retrying', 3, '{"note": "charge", "number": 7}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.39428+00', '2026-11-22 05:25:22.399+00', '2026-11-22 05:24:22.395+00', NULL, '2026-11-22 05:24:22.411358+00', 1795325062399, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (9, '01a201b6-6d03-7b13-9a0f-1f5cd59cf6dd', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 9}', 0, 3, 0, 30000, 'snoozed', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.403685+00', '2026-11-22 06:24:22.404+00', '2026-11-22 05:24:22.404+00', NULL, '2026-11-22 05:24:22.413136+00', 1795325062404, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (10, '01a201b6-6d04-70d1-8dc9-ddd627c0b355', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 10}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.40489+00', '2026-11-22 05:54:22.404+00', NULL, NULL, '2026-11-22 05:24:22.413155+00', 1795325062405, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (12, '01a201b6-6d05-7ca0-b46e-d9dffee0f252', 1, 'errand', 'work', 'running', 1, '{"note": "", "number": 12}', 1, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.405673+00', NULL, '2026-11-22 05:24:22.406+00', NULL, '2026-11-22 05:24:22.413167+00', 1795325062406, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (13, '01a201b6-6d0f-7bbe-a38d-6b915e506b6e', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 13}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.415203+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (14, '01a201b6-6d10-729f-940c-5a5041f8f82d', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 14}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.416702+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (15, '01a201b6-6d12-728c-af69-97033c5b907d', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 15}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.418676+00', NULL, NULL, '2026-11-22 05:24:22.420594+00', NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (16, '01a201b6-6d17-7663-bc4c-c29aa6e5827a', 1, 'errand', 'work', 'queued', 5, '{"note": "", "number": 16}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.423938+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (17, '01a201b6-6d18-7d33-b7aa-88c2d7e9a06e', 1, 'errand', 'work', 'queued', 4, '{"note": "", "number": 17}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.424432+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (21, '01a201b6-6d1b-7e0f-8428-04f5056c21a3', 1, 'errand', 'work', 'queued', 1, '{"note": "", "number": 21}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.428298+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (22, '01a201b6-6d1d-71cf-b55a-9bf19dcb7634', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 23}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.453605+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (2, '01a201b6-6cdc-7eed-98b7-8dea7ec55b88', 2, 'errand', 'work', 'queued', 3, '{"note": "", "number": 2}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.372354+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (23, '01a201b6-6d3f-71b7-923a-2bd61b966dd4', 1, 'errand', 'limited', 'queued', 3, '{"note": "", "number": 24}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.463358+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (24, '01a201b6-6d41-7008-9e12-1ccd9047ecb4', 1, 'errand', 'stopped', 'queued', 3, '{"note": "", "number": 25}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.466128+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (8, '01a201b6-6cff-725c-8240-3c3805d01cdb', 1, 'errand', 'work', 'retrying', 3, '{"note": "draw", "number": 8}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 121, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 148, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.399774+00', '2026-11-22 05:25:22.403+00', '2026-11-22 05:24:22.4+00', NULL, '2026-11-22 05:24:22.411367+00', 1795325062403, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (18, '01a201b6-6d18-714b-b7f4-04c8ddaf8753', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 18}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.425855+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (19, '01a201b6-6d18-712c-bd9b-26cac211b089', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 19}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.425855+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (20, '01a201b6-6d1a-70bb-b6e5-7ac64f4f1652', 1, 'errand', 'work', 'queued', 2, '{"note": "", "number": 20}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.427673+00', NULL, NULL, NULL, NULL, 0, NULL, '', true, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (25, '01a201b6-6d48-731c-9c8e-eaebf88a09d1', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 26}', 0, 3, 0, 30000, '', NULL, NULL, NULL, '2026-11-22 05:24:22.467+00', NULL, NULL, '2026-11-22 05:24:22.474136+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (26, '01a201b6-6d75-7ed5-b678-9ba963edd17c', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 27}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 05:24:22.520515+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job_effect VALUES ('01a201b6-6cfa-771d-8433-4d4bb762bfe4', 1, 'charge', '01a201b6-6cfa-771d-8433-4d4bb762bfe4:1:charge', 'done', 1, '{"charge": 1}', '2026-11-22 05:24:22.397386+00', '2026-11-22 05:24:22.398417+00');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cd6-7685-8ac4-8ebfd5b9ef31', 1795325062363, 0, 1, 0, 'enqueued', '2026-11-22 05:24:22.363+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cd6-7685-8ac4-8ebfd5b9ef31', 1795325062364, 0, 1, 1, 'started', '2026-11-22 05:24:22.364+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cd6-7685-8ac4-8ebfd5b9ef31', 1795325062364, 128, 1, 1, 'completed', '2026-11-22 05:24:22.364+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cdc-7eed-98b7-8dea7ec55b88', 1795325062372, 0, 1, 0, 'enqueued', '2026-11-22 05:24:22.372+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cdc-7eed-98b7-8dea7ec55b88', 1795325062373, 0, 1, 1, 'started', '2026-11-22 05:24:22.373+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cdc-7eed-98b7-8dea7ec55b88', 1795325062374, 0, 1, 1, 'completed', '2026-11-22 05:24:22.374+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6ce6-7a54-8a94-886eca54a990', 1795325062374, 128, 1, 0, 'enqueued', '2026-11-22 05:24:22.374+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6ce6-7a54-8a94-886eca54a990', 1795325062375, 0, 1, 1, 'started', '2026-11-22 05:24:22.375+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6ce6-7a54-8a94-886eca54a990', 1795325062377, 0, 1, 1, 'dead', '2026-11-22 05:24:22.377+00', 'by-hand', 'Unrecoverable: the account is closed');
INSERT INTO market_data.job_event VALUES ('01a201b6-6ce9-71ff-988e-f7ea48909719', 1795325062378, 0, 1, 0, 'enqueued', '2026-11-22 05:24:22.378+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6ce9-71ff-988e-f7ea48909719', 1795325062383, 0, 1, 0, 'dropped', '2026-11-22 05:24:22.383+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cf3-76e3-9617-c7bef47fc92e', 1795325062388, 0, 1, 0, 'enqueued', '2026-11-22 05:24:22.388+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cf3-76e3-9617-c7bef47fc92e', 1795325062388, 128, 1, 1, 'started', '2026-11-22 05:24:22.388+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cf3-76e3-9617-c7bef47fc92e', 1795325062389, 0, 1, 1, 'retrying', '2026-11-22 05:24:22.389+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cf3-76e3-9617-c7bef47fc92e', 1795325062390, 0, 1, 2, 'started', '2026-11-22 05:24:22.39+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cf3-76e3-9617-c7bef47fc92e', 1795325062392, 0, 1, 2, 'retrying', '2026-11-22 05:24:22.392+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cf8-7dad-8b03-5b6170fba5c2', 1795325062392, 128, 1, 0, 'enqueued', '2026-11-22 05:24:22.392+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cf8-7dad-8b03-5b6170fba5c2', 1795325062393, 0, 1, 1, 'started', '2026-11-22 05:24:22.393+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cf8-7dad-8b03-5b6170fba5c2', 1795325062394, 0, 1, 1, 'retrying', '2026-11-22 05:24:22.394+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cfa-771d-8433-4d4bb762bfe4', 1795325062394, 128, 1, 0, 'enqueued', '2026-11-22 05:24:22.394+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cfa-771d-8433-4d4bb762bfe4', 1795325062395, 0, 1, 1, 'started', '2026-11-22 05:24:22.395+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cfa-771d-8433-4d4bb762bfe4', 1795325062399, 0, 1, 1, 'retrying', '2026-11-22 05:24:22.399+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cff-725c-8240-3c3805d01cdb', 1795325062400, 0, 1, 0, 'enqueued', '2026-11-22 05:24:22.4+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cff-725c-8240-3c3805d01cdb', 1795325062400, 128, 1, 1, 'started', '2026-11-22 05:24:22.4+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6cff-725c-8240-3c3805d01cdb', 1795325062403, 0, 1, 1, 'retrying', '2026-11-22 05:24:22.403+00', 'by-hand', 'ValueError: no answer');
INSERT INTO market_data.job_event VALUES ('01a201b6-6d03-7b13-9a0f-1f5cd59cf6dd', 1795325062403, 128, 1, 0, 'enqueued', '2026-11-22 05:24:22.403+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6d03-7b13-9a0f-1f5cd59cf6dd', 1795325062404, 0, 1, 1, 'started', '2026-11-22 05:24:22.404+00', 'by-hand', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6d03-7b13-9a0f-1f5cd59cf6dd', 1795325062404, 128, 1, 0, 'snoozed', '2026-11-22 05:24:22.404+00', 'by-hand', 'snoozed');
INSERT INTO market_data.job_event VALUES ('01a201b6-6d04-70d1-8dc9-ddd627c0b355', 1795325062405, 0, 1, 0, 'enqueued', '2026-11-22 05:24:22.405+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6d05-7ca0-b46e-d9dffee0f252', 1795325062405, 128, 1, 0, 'enqueued', '2026-11-22 05:24:22.405+00', '', '');
INSERT INTO market_data.job_event VALUES ('01a201b6-6d05-7ca0-b46e-d9dffee0f252', 1795325062406, 0, 1, 1, 'started', '2026-11-22 05:24:22.406+00', 'by-hand', '');
INSERT INTO market_data.job_step VALUES ('01a201b6-6cff-725c-8240-3c3805d01cdb', 1, 'draw', '1', '2026-11-22 05:24:22.402563+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (1, '0e913bc4-3660-430f-b81c-b4fc498bb71d', 'risk', 'errand', '{"number": 27}', '', 0, NULL, NULL, 'sent', 1, true, NULL, '01a201b6-6d75-7ed5-b678-9ba963edd17c', '2026-11-22 05:24:22.489146+00', '2026-11-22 05:24:22.49834+00', '2026-11-22 05:24:22.525675+00', '2026-11-22 05:24:22.525676+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (2, 'fa16ddf3-49aa-4f45-8ef2-a1f3edda247c', 'risk', 'errand', '{"number": 901}', '', 0, NULL, NULL, 'waiting', 0, true, NULL, NULL, '2026-11-22 05:24:22.529716+00', NULL, '2026-11-22 05:24:22.529716+00', NULL);
INSERT INTO market_data.queue_setting VALUES ('work', 1, false, 4, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('limited', 2, false, 2, 1, 50, 1000, true, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('stopped', 2, true, 1, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.redis_identity VALUES (true, '9a40fec320b84356d1e54ec620a10459fc6727d9:13374b53c601cec22e7c861dccaab830a865df61:ca96eba9d8c3737e', '2026-11-22 05:24:22.357885+00');
INSERT INTO market_data.schedule VALUES ('fired', 'errand', '{"number": 26}', NULL, 31622400000, 'UTC', true, false, false, '2027-02-13 00:00:00+00', '2026-11-22 05:24:22.467+00');
INSERT INTO market_data.schedule VALUES ('due', 'errand', '{"number": 900}', NULL, 31622400000, 'UTC', true, false, false, '2026-11-22 05:24:22.477+00', NULL);
INSERT INTO market_data.schedule_tick VALUES ('fired', '2026-11-22 05:24:22.467+00', '01a201b6-6d48-731c-9c8e-eaebf88a09d1', '2026-11-22 05:24:22.472362+00');
SELECT pg_catalog.setval('market_data.coin_id_seq', 1, false);
SELECT pg_catalog.setval('market_data.job_log_seq_seq', 1, false);
SELECT pg_catalog.setval('market_data.job_seq_seq', 26, true);
SELECT pg_catalog.setval('market_data.outbox_seq_seq', 2, true);
ALTER TABLE ONLY market_data.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY market_data.attempt
    ADD CONSTRAINT pk_attempt PRIMARY KEY (job_id, generation, token);
ALTER TABLE ONLY market_data.coin
    ADD CONSTRAINT pk_coin PRIMARY KEY (id);
ALTER TABLE ONLY market_data.coin_price
    ADD CONSTRAINT pk_coin_price PRIMARY KEY (coin_id, tick);
ALTER TABLE ONLY market_data.gate_setting
    ADD CONSTRAINT pk_gate_setting PRIMARY KEY (queue, kind, name);
ALTER TABLE ONLY market_data.idempotency_key
    ADD CONSTRAINT pk_idempotency_key PRIMARY KEY (name, key);
ALTER TABLE ONLY market_data.inbox
    ADD CONSTRAINT pk_inbox PRIMARY KEY (source, message_id);
ALTER TABLE ONLY market_data.job
    ADD CONSTRAINT pk_job PRIMARY KEY (seq);
ALTER TABLE ONLY market_data.job_effect
    ADD CONSTRAINT pk_job_effect PRIMARY KEY (job_id, generation, name);
ALTER TABLE ONLY market_data.job_event
    ADD CONSTRAINT pk_job_event PRIMARY KEY (job_id, entry_ms, place);
ALTER TABLE ONLY market_data.job_log
    ADD CONSTRAINT pk_job_log PRIMARY KEY (job_id, generation, token, line);
ALTER TABLE ONLY market_data.job_step
    ADD CONSTRAINT pk_job_step PRIMARY KEY (job_id, generation, step);
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
ALTER TABLE ONLY market_data.schedule
    ADD CONSTRAINT pk_schedule PRIMARY KEY (name);
ALTER TABLE ONLY market_data.schedule_tick
    ADD CONSTRAINT pk_schedule_tick PRIMARY KEY (schedule, tick);
ALTER TABLE ONLY market_data.coin
    ADD CONSTRAINT uq_coin_chain_address_key UNIQUE (chain, address_key);
ALTER TABLE ONLY market_data.job
    ADD CONSTRAINT uq_job_id UNIQUE (id);
ALTER TABLE ONLY market_data.outbox
    ADD CONSTRAINT uq_outbox_id UNIQUE (id);
CREATE INDEX ix_idempotency_key_created_at ON market_data.idempotency_key USING btree (created_at);
CREATE INDEX ix_inbox_received_at ON market_data.inbox USING btree (received_at);
CREATE INDEX ix_job_changed ON market_data.job USING btree (seq) WHERE ((pending_change IS NOT NULL) AND (finished_at IS NULL));
CREATE INDEX ix_job_effect_unfinished ON market_data.job_effect USING btree (started_at) WHERE (finished_at IS NULL);
CREATE INDEX ix_job_event_at ON market_data.job_event USING brin (at);
CREATE INDEX ix_job_listing ON market_data.job USING btree (queue, state, seq);
CREATE INDEX ix_job_live ON market_data.job USING btree (seq) WHERE (finished_at IS NULL);
CREATE INDEX ix_job_log_at ON market_data.job_log USING brin (at);
CREATE INDEX ix_job_log_reading ON market_data.job_log USING btree (job_id, seq);
CREATE INDEX ix_job_retention ON market_data.job USING btree (queue, state, is_owed, finished_at, seq) WHERE (finished_at IS NOT NULL);
CREATE INDEX ix_job_unpushed ON market_data.job USING btree (seq) WHERE ((pushed_at IS NULL) AND (finished_at IS NULL));
CREATE INDEX ix_outbox_finished ON market_data.outbox USING btree (state, finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX ix_outbox_waiting ON market_data.outbox USING btree (peer, seq) WHERE (state = 'waiting'::text);
CREATE INDEX ix_schedule_due ON market_data.schedule USING btree (next_run_at) WHERE is_enabled;
CREATE INDEX ix_schedule_tick_fired_at ON market_data.schedule_tick USING btree (fired_at);
CREATE TRIGGER forget_job_history AFTER DELETE ON market_data.job REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION market_data.forget_job_history();
ALTER TABLE ONLY market_data.attempt
    ADD CONSTRAINT fk_attempt_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.coin_price
    ADD CONSTRAINT fk_coin_price_coin_id FOREIGN KEY (coin_id) REFERENCES market_data.coin(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_effect
    ADD CONSTRAINT fk_job_effect_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.job_step
    ADD CONSTRAINT fk_job_step_job_id FOREIGN KEY (job_id) REFERENCES market_data.job(id) ON DELETE CASCADE;
ALTER TABLE ONLY market_data.quote
    ADD CONSTRAINT fk_quote_coin_id FOREIGN KEY (coin_id) REFERENCES market_data.coin(id) ON DELETE CASCADE;
