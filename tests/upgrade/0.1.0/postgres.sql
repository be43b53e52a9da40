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
    edited_at timestamp with time zone
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
INSERT INTO market_data.alembic_version VALUES ('ledger_0005');
INSERT INTO market_data.attempt VALUES ('01a2013a-49dc-7b24-a25b-d54db0d20f94', 1, '7dce03e42282ad7dedc1791bcb35733c.0', 1, 'by-hand', '2026-11-22 03:08:46.946+00', '2026-11-22 03:08:46.946+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a2013a-49e3-7ef6-9d56-ef5b9f468b35', 1, 'a089228bbe5aa7a9d37b8790a5b53b43.0', 1, 'by-hand', '2026-11-22 03:08:46.955+00', '2026-11-22 03:08:46.955+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a2013a-49ec-7fc5-b854-150f26b91c90', 1, 'dc1548b3fa0a0d4ac4508bab41019fbe.0', 1, 'by-hand', '2026-11-22 03:08:46.957+00', '2026-11-22 03:08:46.958+00', 'dead', '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}');
INSERT INTO market_data.attempt VALUES ('01a2013a-49fd-7f2f-87d5-7ddb869359b9', 1, '3a575333de6c7775817e492208c84bee.0', 2, 'by-hand', '2026-11-22 03:08:46.977+00', '2026-11-22 03:08:46.979+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2013a-49fd-7f2f-87d5-7ddb869359b9', 1, '53134310f8cb65a59dbd652f815be268.0', 1, 'by-hand', '2026-11-22 03:08:46.975+00', '2026-11-22 03:08:46.976+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2013a-4a03-7973-8a8d-71bca8c00ca3', 1, '3726a926bca5dddcefbfb6a4b4179ff0.0', 1, 'by-hand', '2026-11-22 03:08:46.98+00', '2026-11-22 03:08:46.98+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2013a-4a05-7b5a-94df-d73b4be40d7e', 1, '7dd82cf4fb1031ea5dda91a96e32c44e.0', 1, 'by-hand', '2026-11-22 03:08:46.982+00', '2026-11-22 03:08:46.985+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2013a-4a09-7a7f-9665-f47984322612', 1, '628d0c0cf006a73aa34b2f8a9870b2cc.0', 1, 'by-hand', '2026-11-22 03:08:46.987+00', '2026-11-22 03:08:46.99+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a2013a-4a0e-7f90-be4d-16e6ab0a48bd', 1, '2d6eb2601f5eaf16c657d810d19056bb.0', 1, 'by-hand', '2026-11-22 03:08:46.993+00', '2026-11-22 03:08:46.993+00', 'snoozed', NULL);
INSERT INTO market_data.attempt VALUES ('01a2013a-4a12-7d53-a93c-9c8bd5f88f00', 1, '6a67225f52e01e62b6285b8ddd735bf7.0', 1, 'by-hand', '2026-11-22 03:08:46.995+00', NULL, NULL, NULL);
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-1', '01a2013a-49dc-7b24-a25b-d54db0d20f94', '45f9ddf3ffc09faf91bcea509faca2dc5e33fce20f5e4c12633e2e6e93debb28', '2026-11-22 03:08:46.941381+00');
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-2', '01a2013a-4a24-707c-a9d0-439aa06d1b67', 'a726ac0fb6e62a5e9344e90ce2df36e3c5bf23b8b0296df124d6905befcc5aef', '2026-11-22 03:08:47.012597+00');
INSERT INTO market_data.inbox VALUES ('market-data', 'b68e8be3-0010-4273-b296-50d4e4e3336d', '"e3150753-cc17-4d80-afad-42afdd1b72ba"', '2026-11-22 03:08:47.075126+00');
INSERT INTO market_data.inbox VALUES ('social', 'message-1', '{"number": 1}', '2026-11-22 03:08:47.087118+00');
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (4, '01a2013a-49f0-7c8e-8f29-39e2d6a1412d', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 4}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.96049+00', NULL, NULL, '2026-11-22 03:08:46.965539+00', NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (1, '01a2013a-49dc-7b24-a25b-d54db0d20f94', 1, 'errand', 'work', 'completed', 3, '{"note": "", "number": 1}', 1, 3, 0, 30000, '', '{"number": 1}', NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.94209+00', NULL, '2026-11-22 03:08:46.946+00', '2026-11-22 03:08:46.946+00', '2026-11-22 03:08:46.971571+00', 0, NULL, '', true, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (3, '01a2013a-49ec-7fc5-b854-150f26b91c90', 1, 'errand', 'work', 'dead', 3, '{"note": "", "number": 3}', 1, 3, 0, 30000, '', NULL, '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}', NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.956523+00', NULL, '2026-11-22 03:08:46.957+00', '2026-11-22 03:08:46.958+00', '2026-11-22 03:08:46.971663+00', 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (11, '01a2013a-4a12-7ad4-874c-7610faa5884e', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 11}', 0, 3, 0, 30000, 'delay', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.994288+00', '2026-12-22 03:08:46.994204+00', NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (5, '01a2013a-49fd-7f2f-87d5-7ddb869359b9', 1, 'errand', 'work', 'retrying', 3, '{"note": "fail", "number": 5}', 2, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 44, in carry_out\n    raise ValueError(NO_ANSWER)\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.974077+00', '2026-11-22 03:09:46.979+00', '2026-11-22 03:08:46.977+00', NULL, '2026-11-22 03:08:46.998193+00', 1795316926979, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (6, '01a2013a-4a03-7973-8a8d-71bca8c00ca3', 1, 'errand', 'work', 'retrying', 3, '{"note": "", "number": 6}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.979444+00', '2026-11-22 03:09:46.98+00', '2026-11-22 03:08:46.98+00', NULL, '2026-11-22 03:08:46.998276+00', 1795316926980, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (7, '01a2013a-4a05-7b5a-94df-d73b4be40d7e', 1, 'errand', 'work', 'retrying', 3, '{"note": "charge", "number": 7}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.981371+00', '2026-11-22 03:09:46.985+00', '2026-11-22 03:08:46.982+00', NULL, '2026-11-22 03:08:46.998293+00', 1795316926985, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (9, '01a2013a-4a0e-7f90-be4d-16e6ab0a48bd', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 9}', 0, 3, 0, 30000, 'snoozed', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.991165+00', '2026-11-22 04:08:46.993+00', '2026-11-22 03:08:46.993+00', NULL, '2026-11-22 03:08:46.999857+00', 1795316926993, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (10, '01a2013a-4a11-73af-b8b3-be1d4899ed30', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 10}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.993878+00', '2026-11-22 03:38:46.993+00', NULL, NULL, '2026-11-22 03:08:46.999871+00', 1795316926994, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (12, '01a2013a-4a12-7d53-a93c-9c8bd5f88f00', 1, 'errand', 'work', 'running', 1, '{"note": "", "number": 12}', 1, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.994448+00', NULL, '2026-11-22 03:08:46.995+00', NULL, '2026-11-22 03:08:46.999883+00', 1795316926995, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (13, '01a2013a-4a19-7727-985e-b68aa12e5ed4', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 13}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.001802+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (14, '01a2013a-4a1b-7e5a-9125-0669398b82af', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 14}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.003754+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (15, '01a2013a-4a1d-72d4-89fa-2ebc5a38230f', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 15}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.005543+00', NULL, NULL, '2026-11-22 03:08:47.007714+00', NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (16, '01a2013a-4a21-78c9-8560-32e294390e4d', 1, 'errand', 'work', 'queued', 5, '{"note": "", "number": 16}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.010032+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (17, '01a2013a-4a22-78f1-ad79-8d98de77c599', 1, 'errand', 'work', 'queued', 4, '{"note": "", "number": 17}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.010507+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (21, '01a2013a-4a25-7589-a1a9-c388e57b619f', 1, 'errand', 'work', 'queued', 1, '{"note": "", "number": 21}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.01335+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (22, '01a2013a-4a26-7d55-8cd0-4107fdd1f4e5', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 23}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.036886+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (2, '01a2013a-49e3-7ef6-9d56-ef5b9f468b35', 2, 'errand', 'work', 'queued', 3, '{"note": "", "number": 2}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.953929+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (23, '01a2013a-4a44-728e-9a5d-8c965f56a876', 1, 'errand', 'limited', 'queued', 3, '{"note": "", "number": 24}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.044804+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (24, '01a2013a-4a46-7cdd-aecc-7b532da17cfa', 1, 'errand', 'stopped', 'queued', 3, '{"note": "", "number": 25}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.046592+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (8, '01a2013a-4a09-7a7f-9665-f47984322612', 1, 'errand', 'work', 'retrying', 3, '{"note": "draw", "number": 8}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 28, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 78, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 66, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 03:08:46.986028+00', '2026-11-22 03:09:46.99+00', '2026-11-22 03:08:46.987+00', NULL, '2026-11-22 03:08:46.998307+00', 1795316926990, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (18, '01a2013a-4a22-7686-8332-8c2d46bd8f0f', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 18}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.01144+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (19, '01a2013a-4a22-7661-8317-331023072883', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 19}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.01144+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (20, '01a2013a-4a24-707c-a9d0-439aa06d1b67', 1, 'errand', 'work', 'queued', 2, '{"note": "", "number": 20}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.012803+00', NULL, NULL, NULL, NULL, 0, NULL, '', true, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (25, '01a2013a-4a4a-7aa2-9dff-b2de11eda000', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 26}', 0, 3, 0, 30000, '', NULL, NULL, NULL, '2026-11-22 03:08:47.047+00', NULL, NULL, '2026-11-22 03:08:47.051434+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (26, 'e3150753-cc17-4d80-afad-42afdd1b72ba', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 27}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 03:08:47.075776+00', NULL, NULL, NULL, NULL, 0, NULL, '', false, DEFAULT);
INSERT INTO market_data.job_effect VALUES ('01a2013a-4a05-7b5a-94df-d73b4be40d7e', 1, 'charge', '01a2013a-4a05-7b5a-94df-d73b4be40d7e:1:charge', 'done', 1, '{"charge": 1}', '2026-11-22 03:08:46.98393+00', '2026-11-22 03:08:46.984915+00');
INSERT INTO market_data.job_step VALUES ('01a2013a-4a09-7a7f-9665-f47984322612', 1, 'draw', '1', '2026-11-22 03:08:46.988445+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (1, 'b68e8be3-0010-4273-b296-50d4e4e3336d', 'risk', 'errand', '{"number": 27}', '', 0, NULL, NULL, 'sent', 1, true, NULL, 'e3150753-cc17-4d80-afad-42afdd1b72ba', '2026-11-22 03:08:47.061492+00', '2026-11-22 03:08:47.064053+00', '2026-11-22 03:08:47.079366+00', '2026-11-22 03:08:47.079367+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (2, '30910db6-3b04-459f-9bab-5bb12ba8d70e', 'risk', 'errand', '{"number": 901}', '', 0, NULL, NULL, 'waiting', 0, true, NULL, NULL, '2026-11-22 03:08:47.084675+00', NULL, '2026-11-22 03:08:47.084675+00', NULL);
INSERT INTO market_data.queue_setting VALUES ('work', 1, false, 4, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('limited', 2, false, 2, 1, 50, 1000, true, NULL, 0, 60000);
INSERT INTO market_data.queue_setting VALUES ('stopped', 2, true, 1, 0, 0, 0, false, NULL, 0, 60000);
INSERT INTO market_data.redis_identity VALUES (true, '6609f8b69f5ed4b25f9be31437e72c2a7d8f172e:1d1f3d56324496b7b353970007a71a1dcc78c0f1:b03fad9caf3695e4', '2026-11-22 03:08:46.939228+00');
INSERT INTO market_data.schedule VALUES ('fired', 'errand', '{"number": 26}', NULL, 31622400000, 'UTC', true, false, false, '2027-02-13 00:00:00+00', '2026-11-22 03:08:47.047+00');
INSERT INTO market_data.schedule VALUES ('due', 'errand', '{"number": 900}', NULL, 31622400000, 'UTC', true, false, false, '2026-11-22 03:08:47.053+00', NULL);
INSERT INTO market_data.schedule_tick VALUES ('fired', '2026-11-22 03:08:47.047+00', '01a2013a-4a4a-7aa2-9dff-b2de11eda000', '2026-11-22 03:08:47.050274+00');
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
CREATE INDEX ix_job_listing ON market_data.job USING btree (queue, state, seq);
CREATE INDEX ix_job_live ON market_data.job USING btree (seq) WHERE (finished_at IS NULL);
CREATE INDEX ix_job_retention ON market_data.job USING btree (queue, state, is_owed, finished_at, seq) WHERE (finished_at IS NOT NULL);
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
