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
    is_edited boolean DEFAULT false NOT NULL
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
INSERT INTO market_data.alembic_version VALUES ('ledger_0005');
INSERT INTO market_data.attempt VALUES ('01a2012d-4607-7a37-9a0f-8202b19421fa', 1, '4d4f4c3ad651782b3f298fedb920b6db.0', 1, 'by-hand', '2026-11-22 02:54:34.021+00', '2026-11-22 02:54:34.021+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a2012d-462e-7481-9934-9c880f4f5ed3', 1, '2b427bfc640608e55be0f56841c44173.0', 1, 'by-hand', '2026-11-22 02:54:34.049+00', '2026-11-22 02:54:34.049+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a2012d-4642-7f3a-a186-1a2fd72b163f', 1, '3155ca9994ed450b994889039c3901f1.0', 1, 'by-hand', '2026-11-22 02:54:34.057+00', '2026-11-22 02:54:34.058+00', 'dead', '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}');
INSERT INTO market_data.attempt VALUES ('01a2012d-4695-7f3b-a4a0-7fdebb9dae60', 1, '4adaf3c729c0feb158aa0c72510b6c78.0', 1, 'by-hand', '2026-11-22 02:54:34.139+00', '2026-11-22 02:54:34.147+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2012d-4695-7f3b-a4a0-7fdebb9dae60', 1, 'b876abb1384465353ed1c0e837ca9a1e.0', 2, 'by-hand', '2026-11-22 02:54:34.164+00', '2026-11-22 02:54:34.171+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2012d-46bd-7e01-84ca-d4171b508e6f', 1, '487af9d7ca6b4ee448eb1b35c38db6f3.0', 1, 'by-hand', '2026-11-22 02:54:34.191+00', '2026-11-22 02:54:34.198+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2012d-46d8-7398-bb40-564f286f19f7', 1, '3f6ee741cc819e691cfcf58d9bd54c9c.0', 1, 'by-hand', '2026-11-22 02:54:34.215+00', '2026-11-22 02:54:34.237+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2012d-46ff-7baf-85d7-7ece09cc9e76', 1, 'b1d7a4db8be8f523ebfe509097798d0e.0', 1, 'by-hand', '2026-11-22 02:54:34.247+00', '2026-11-22 02:54:34.279+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2012d-472d-7863-9baf-aae47a4bc55b', 1, '2e86e6c01303a82479778da8e714a7ed.0', 1, 'by-hand', '2026-11-22 02:54:34.292+00', '2026-11-22 02:54:34.293+00', 'snoozed', NULL);
INSERT INTO market_data.attempt VALUES ('01a2012d-4745-7efc-ad0b-160ef3f73211', 1, '9ea5b58567038d59bfbf179d1125e98b.0', 1, 'by-hand', '2026-11-22 02:54:34.326+00', NULL, NULL, NULL);
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-1', '01a2012d-4607-7a37-9a0f-8202b19421fa', '45f9ddf3ffc09faf91bcea509faca2dc5e33fce20f5e4c12633e2e6e93debb28', '2026-11-22 02:54:33.997851+00');
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-2', '01a2012d-47d8-7af6-9025-d7cb16758abf', 'a726ac0fb6e62a5e9344e90ce2df36e3c5bf23b8b0296df124d6905befcc5aef', '2026-11-22 02:54:34.458344+00');
INSERT INTO market_data.inbox VALUES ('market-data', '506d5a86-9e22-4ada-aa48-ee8c3fa70608', '"72a8a845-67d4-4c7e-9586-9242fc1f4a41"', '2026-11-22 02:54:34.683322+00');
INSERT INTO market_data.inbox VALUES ('social', 'message-1', '{"number": 1}', '2026-11-22 02:54:34.717641+00');
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (4, '01a2012d-4659-7aac-9339-ef1ab20573db', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 4}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.074157+00', NULL, NULL, '2026-11-22 02:54:34.090043+00', NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (1, '01a2012d-4607-7a37-9a0f-8202b19421fa', 1, 'errand', 'work', 'completed', 3, '{"note": "", "number": 1}', 1, 3, 0, 30000, '', '{"number": 1}', NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.005209+00', NULL, '2026-11-22 02:54:34.021+00', '2026-11-22 02:54:34.021+00', '2026-11-22 02:54:34.123231+00', 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (3, '01a2012d-4642-7f3a-a186-1a2fd72b163f', 1, 'errand', 'work', 'dead', 3, '{"note": "", "number": 3}', 1, 3, 0, 30000, '', NULL, '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.051161+00', NULL, '2026-11-22 02:54:34.057+00', '2026-11-22 02:54:34.058+00', '2026-11-22 02:54:34.123339+00', 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (11, '01a2012d-4741-77ae-b0c5-82e312d2c37e', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 11}', 0, 3, 0, 30000, 'delay', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.305905+00', '2026-12-22 02:54:34.30512+00', NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (5, '01a2012d-4695-7f3b-a4a0-7fdebb9dae60', 1, 'errand', 'work', 'retrying', 3, '{"note": "fail", "number": 5}', 2, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.133838+00', '2026-11-22 02:55:34.171+00', '2026-11-22 02:54:34.164+00', NULL, '2026-11-22 02:54:34.3441+00', 1795316074171, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (6, '01a2012d-46bd-7e01-84ca-d4171b508e6f', 1, 'errand', 'work', 'retrying', 3, '{"note": "", "number": 6}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.175491+00', '2026-11-22 02:55:34.198+00', '2026-11-22 02:54:34.191+00', NULL, '2026-11-22 02:54:34.344184+00', 1795316074198, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (7, '01a2012d-46d8-7398-bb40-564f286f19f7', 1, 'errand', 'work', 'retrying', 3, '{"note": "charge", "number": 7}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.201099+00', '2026-11-22 02:55:34.237+00', '2026-11-22 02:54:34.215+00', NULL, '2026-11-22 02:54:34.344197+00', 1795316074237, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (8, '01a2012d-46ff-7baf-85d7-7ece09cc9e76', 1, 'errand', 'work', 'retrying', 3, '{"note": "draw", "number": 8}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.24059+00', '2026-11-22 02:55:34.279+00', '2026-11-22 02:54:34.247+00', NULL, '2026-11-22 02:54:34.344206+00', 1795316074279, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (2, '01a2012d-462e-7481-9934-9c880f4f5ed3', 2, 'errand', 'work', 'queued', 3, '{"note": "", "number": 2}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.033283+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (9, '01a2012d-472d-7863-9baf-aae47a4bc55b', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 9}', 0, 3, 0, 30000, 'snoozed', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.287052+00', '2026-11-22 03:54:34.293+00', '2026-11-22 02:54:34.292+00', NULL, '2026-11-22 02:54:34.344217+00', 1795316074293, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (10, '01a2012d-4739-75b9-9994-056dc69cdf21', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 10}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.298749+00', '2026-11-22 03:24:34.297+00', NULL, NULL, '2026-11-22 02:54:34.348955+00', 1795316074304, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (12, '01a2012d-4745-7efc-ad0b-160ef3f73211', 1, 'errand', 'work', 'running', 1, '{"note": "", "number": 12}', 1, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.311869+00', NULL, '2026-11-22 02:54:34.326+00', NULL, '2026-11-22 02:54:34.34901+00', 1795316074326, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (13, '01a2012d-477f-7b87-a583-393436935987', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 13}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.368135+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (14, '01a2012d-478c-74f7-b686-8b95a799401b', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 14}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.380662+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (15, '01a2012d-479b-7882-a88c-a99b0d934acc', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 15}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.395697+00', NULL, NULL, '2026-11-22 02:54:34.417843+00', NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (16, '01a2012d-47c1-7bb9-a7bb-bd76130c3a95', 1, 'errand', 'work', 'queued', 5, '{"note": "", "number": 16}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.435068+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (17, '01a2012d-47c4-7124-8960-32d237f61ad6', 1, 'errand', 'work', 'queued', 4, '{"note": "", "number": 17}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.437727+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (18, '01a2012d-47cb-7cb7-a695-b6c39ba892bd', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 18}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.445097+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (19, '01a2012d-47cb-70c6-bc0c-e23bb4773311', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 19}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.445097+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (20, '01a2012d-47d8-7af6-9025-d7cb16758abf', 1, 'errand', 'work', 'queued', 2, '{"note": "", "number": 20}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.458881+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (21, '01a2012d-47df-730e-a9a3-a15f58b520a9', 1, 'errand', 'work', 'queued', 1, '{"note": "", "number": 21}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.463438+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (22, '01a2012d-47e3-7400-95d8-d7784113104c', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 23}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.479119+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (23, '01a2012d-4826-7634-a9a5-a0cf20c85c22', 1, 'errand', 'limited', 'queued', 3, '{"note": "", "number": 24}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.535075+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (24, '01a2012d-483d-7fb1-a244-de8f1eadf563', 1, 'errand', 'stopped', 'queued', 3, '{"note": "", "number": 25}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.559139+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (25, '01a2012d-4858-7c34-bff5-171c0b724d97', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 26}', 0, 3, 0, 30000, '', NULL, NULL, NULL, '2026-11-22 02:54:34.567+00', NULL, NULL, '2026-11-22 02:54:34.594257+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (26, '72a8a845-67d4-4c7e-9586-9242fc1f4a41', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 27}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:54:34.68718+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job_effect VALUES ('01a2012d-46d8-7398-bb40-564f286f19f7', 1, 'charge', '01a2012d-46d8-7398-bb40-564f286f19f7:1:charge', 'done', 1, '{"charge": 1}', '2026-11-22 02:54:34.224007+00', '2026-11-22 02:54:34.231842+00');
INSERT INTO market_data.job_step VALUES ('01a2012d-46ff-7baf-85d7-7ece09cc9e76', 1, 'draw', '1', '2026-11-22 02:54:34.266379+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (1, '506d5a86-9e22-4ada-aa48-ee8c3fa70608', 'risk', 'errand', '{"number": 27}', '', 0, NULL, NULL, 'sent', 1, true, NULL, '72a8a845-67d4-4c7e-9586-9242fc1f4a41', '2026-11-22 02:54:34.651171+00', '2026-11-22 02:54:34.655299+00', '2026-11-22 02:54:34.700363+00', '2026-11-22 02:54:34.700365+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (2, '2bc12000-58bf-46bb-a6b2-a1454f80aee5', 'risk', 'errand', '{"number": 901}', '', 0, NULL, NULL, 'waiting', 0, true, NULL, NULL, '2026-11-22 02:54:34.713018+00', NULL, '2026-11-22 02:54:34.713018+00', NULL);
INSERT INTO market_data.queue_setting VALUES ('work', 1, false, 4, 0, 0, 0, false);
INSERT INTO market_data.queue_setting VALUES ('limited', 2, false, 2, 1, 50, 1000, true);
INSERT INTO market_data.queue_setting VALUES ('stopped', 2, true, 1, 0, 0, 0, false);
INSERT INTO market_data.redis_identity VALUES (true, 'e57f72b3109431e2dd95f573dcab710bd6276497:b79ecd1785a02cc67bf175180119d0fbe86e708b:b10721591a380c4d', '2026-11-22 02:54:33.980322+00');
INSERT INTO market_data.schedule VALUES ('fired', 'errand', '{"number": 26}', NULL, 31622400000, 'UTC', true, false, false, '2027-02-13 00:00:00+00', '2026-11-22 02:54:34.567+00');
INSERT INTO market_data.schedule VALUES ('due', 'errand', '{"number": 900}', NULL, 31622400000, 'UTC', true, false, false, '2026-11-22 02:54:34.611+00', NULL);
INSERT INTO market_data.schedule_tick VALUES ('fired', '2026-11-22 02:54:34.567+00', '01a2012d-4858-7c34-bff5-171c0b724d97', '2026-11-22 02:54:34.589485+00');
SELECT pg_catalog.setval('market_data.coin_id_seq', 1, false);
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
ALTER TABLE ONLY market_data.idempotency_key
    ADD CONSTRAINT pk_idempotency_key PRIMARY KEY (name, key);
ALTER TABLE ONLY market_data.inbox
    ADD CONSTRAINT pk_inbox PRIMARY KEY (source, message_id);
ALTER TABLE ONLY market_data.job
    ADD CONSTRAINT pk_job PRIMARY KEY (seq);
ALTER TABLE ONLY market_data.job_effect
    ADD CONSTRAINT pk_job_effect PRIMARY KEY (job_id, generation, name);
ALTER TABLE ONLY market_data.job_step
    ADD CONSTRAINT pk_job_step PRIMARY KEY (job_id, generation, step);
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
CREATE INDEX ix_job_listing ON market_data.job USING btree (queue, state, seq);
CREATE INDEX ix_job_live ON market_data.job USING btree (seq) WHERE (finished_at IS NULL);
CREATE INDEX ix_job_retention ON market_data.job USING btree (queue, state, finished_at, seq) WHERE (finished_at IS NOT NULL);
CREATE INDEX ix_job_unpushed ON market_data.job USING btree (seq) WHERE ((pushed_at IS NULL) AND (finished_at IS NULL));
CREATE INDEX ix_outbox_finished ON market_data.outbox USING btree (state, finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX ix_outbox_waiting ON market_data.outbox USING btree (peer, seq) WHERE (state = 'waiting'::text);
CREATE INDEX ix_schedule_due ON market_data.schedule USING btree (next_run_at) WHERE is_enabled;
CREATE INDEX ix_schedule_tick_fired_at ON market_data.schedule_tick USING btree (fired_at);
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
