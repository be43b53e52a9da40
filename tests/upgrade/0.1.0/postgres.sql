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
INSERT INTO market_data.attempt VALUES ('01a20128-20dd-7ca6-901d-4821ab071a5c', 1, '753b4644a9177b627c7cd312fc7d8ae1.0', 1, 'by-hand', '2026-11-22 02:48:56.807+00', '2026-11-22 02:48:56.807+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a20128-20ea-7337-892c-645f2f77eef4', 1, '2e4985aa6c5b32e88e115bba472a60ec.0', 1, 'by-hand', '2026-11-22 02:48:56.813+00', '2026-11-22 02:48:56.813+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a20128-20ee-77f1-bbd0-17c5b94583b6', 1, '79065ffd17a42bcb75f56822d53dae41.0', 1, 'by-hand', '2026-11-22 02:48:56.817+00', '2026-11-22 02:48:56.818+00', 'dead', '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}');
INSERT INTO market_data.attempt VALUES ('01a20128-2109-7cec-bf6d-fcb7ba1afe50', 1, '428d48b3711a12a8c2bd67246881b46b.0', 1, 'by-hand', '2026-11-22 02:48:56.844+00', '2026-11-22 02:48:56.847+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20128-2110-7cd1-ab4b-e580b4e13670', 1, 'd75b52c64effa605071a2ce4f6471bb0.0', 1, 'by-hand', '2026-11-22 02:48:56.85+00', '2026-11-22 02:48:56.857+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20128-211a-730d-ad0b-9f1d61cce15b', 1, '405f8cb16fb5e37b7b251501666612c2.0', 1, 'by-hand', '2026-11-22 02:48:56.86+00', '2026-11-22 02:48:56.865+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20128-2121-78d2-ae34-4c6e689d74cb', 1, '59658f16a8b3152fe4ad61108d32981b.0', 1, 'by-hand', '2026-11-22 02:48:56.868+00', '2026-11-22 02:48:56.868+00', 'snoozed', NULL);
INSERT INTO market_data.attempt VALUES ('01a20128-2127-736d-9083-a0b809114ee4', 1, '63f1b5ad4094854d88201a5c5d97163d.0', 1, 'by-hand', '2026-11-22 02:48:56.873+00', NULL, NULL, NULL);
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-1', '01a20128-20dd-7ca6-901d-4821ab071a5c', '45f9ddf3ffc09faf91bcea509faca2dc5e33fce20f5e4c12633e2e6e93debb28', '2026-11-22 02:48:56.79968+00');
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-2', '01a20128-214b-75d0-aa47-fd4ad17b6f94', 'c0218a7db9fd2abc2164f324fbceaf287f6bf4735fad7b1be52edd34d0494df9', '2026-11-22 02:48:56.908106+00');
INSERT INTO market_data.inbox VALUES ('market-data', 'a1daa3fd-a30f-40d7-ae26-7d965f3794cf', '"b29facf1-6040-47ab-94bd-be4cbb03b0a7"', '2026-11-22 02:48:57.033471+00');
INSERT INTO market_data.inbox VALUES ('social', 'message-1', '{"number": 1}', '2026-11-22 02:48:57.057266+00');
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (4, '01a20128-20f5-72ad-9d96-8997c0abf144', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 4}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.8222+00', NULL, NULL, '2026-11-22 02:48:56.827333+00', NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (1, '01a20128-20dd-7ca6-901d-4821ab071a5c', 1, 'errand', 'work', 'completed', 3, '{"note": "", "number": 1}', 1, 3, 0, 30000, '', '{"number": 1}', NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.801328+00', NULL, '2026-11-22 02:48:56.807+00', '2026-11-22 02:48:56.807+00', '2026-11-22 02:48:56.836948+00', 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (3, '01a20128-20ee-77f1-bbd0-17c5b94583b6', 1, 'errand', 'work', 'dead', 3, '{"note": "", "number": 3}', 1, 3, 0, 30000, '', NULL, '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.815265+00', NULL, '2026-11-22 02:48:56.817+00', '2026-11-22 02:48:56.818+00', '2026-11-22 02:48:56.837152+00', 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (10, '01a20128-2126-7d5d-88fe-f35c1ddb1c15', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 10}', 0, 3, 0, 30000, 'delay', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.871247+00', '2026-12-22 02:48:56.870897+00', NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (5, '01a20128-2109-7cec-bf6d-fcb7ba1afe50', 1, 'errand', 'work', 'retrying', 3, '{"note": "", "number": 5}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.841994+00', '2026-11-22 02:49:56.847+00', '2026-11-22 02:48:56.844+00', NULL, '2026-11-22 02:48:56.878872+00', 1795315736847, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (6, '01a20128-2110-7cd1-ab4b-e580b4e13670', 1, 'errand', 'work', 'retrying', 3, '{"note": "charge", "number": 6}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.84859+00', '2026-11-22 02:49:56.857+00', '2026-11-22 02:48:56.85+00', NULL, '2026-11-22 02:48:56.878979+00', 1795315736857, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (7, '01a20128-211a-730d-ad0b-9f1d61cce15b', 1, 'errand', 'work', 'retrying', 3, '{"note": "draw", "number": 7}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.858486+00', '2026-11-22 02:49:56.865+00', '2026-11-22 02:48:56.86+00', NULL, '2026-11-22 02:48:56.879005+00', 1795315736865, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (8, '01a20128-2121-78d2-ae34-4c6e689d74cb', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 8}', 0, 3, 0, 30000, 'snoozed', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.866304+00', '2026-11-22 03:48:56.868+00', '2026-11-22 02:48:56.868+00', NULL, '2026-11-22 02:48:56.879018+00', 1795315736868, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (9, '01a20128-2125-74f3-a262-5515daf91e37', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 9}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.869555+00', '2026-11-22 03:18:56.869+00', NULL, NULL, '2026-11-22 02:48:56.879029+00', 1795315736870, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (11, '01a20128-2127-736d-9083-a0b809114ee4', 1, 'errand', 'work', 'running', 1, '{"note": "", "number": 11}', 1, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.871713+00', NULL, '2026-11-22 02:48:56.873+00', NULL, '2026-11-22 02:48:56.879043+00', 1795315736873, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (12, '01a20128-2132-74b8-a6ac-bdf579d259ca', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 12}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.882759+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (13, '01a20128-2136-734f-b91d-c6353bde462c', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 13}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.887204+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (14, '01a20128-213a-745d-a408-b3d3ead072bb', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 14}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.891007+00', NULL, NULL, '2026-11-22 02:48:56.895856+00', NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (15, '01a20128-2143-733d-a7a2-ff4fd795d28c', 1, 'errand', 'work', 'queued', 5, '{"note": "", "number": 15}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.8997+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (16, '01a20128-2145-7818-a9bd-a44d10acdf4f', 1, 'errand', 'work', 'queued', 4, '{"note": "", "number": 16}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.901848+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (17, '01a20128-2146-7b1f-9f61-6f1f770b018c', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 17}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.904514+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (2, '01a20128-20ea-7337-892c-645f2f77eef4', 2, 'errand', 'work', 'queued', 3, '{"note": "", "number": 2}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.811807+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (18, '01a20128-2146-796d-b0a8-425566311977', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 18}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.904514+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (19, '01a20128-214b-75d0-aa47-fd4ad17b6f94', 1, 'errand', 'work', 'queued', 2, '{"note": "", "number": 19}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.908463+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (20, '01a20128-214d-7b4b-9549-8e9a986ddd89', 1, 'errand', 'work', 'queued', 1, '{"note": "", "number": 20}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.909385+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (21, '01a20128-214f-7293-be29-d2cd326de025', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 22}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.928446+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (22, '01a20128-216e-7de8-a826-b050d394af78', 1, 'errand', 'limited', 'queued', 3, '{"note": "", "number": 23}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.943153+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (23, '01a20128-2178-7b00-95f1-35761a5c1bb9', 1, 'errand', 'stopped', 'queued', 3, '{"note": "", "number": 24}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:56.952317+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (24, '01a20128-2193-7587-b109-b03809da31a4', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 25}', 0, 3, 0, 30000, '', NULL, NULL, NULL, '2026-11-22 02:48:56.957+00', NULL, NULL, '2026-11-22 02:48:56.982126+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (25, 'b29facf1-6040-47ab-94bd-be4cbb03b0a7', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 26}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:48:57.034391+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job_effect VALUES ('01a20128-2110-7cd1-ab4b-e580b4e13670', 1, 'charge', '01a20128-2110-7cd1-ab4b-e580b4e13670:1:charge', 'done', 1, '{"charge": 1}', '2026-11-22 02:48:56.853946+00', '2026-11-22 02:48:56.856059+00');
INSERT INTO market_data.job_step VALUES ('01a20128-211a-730d-ad0b-9f1d61cce15b', 1, 'draw', '1', '2026-11-22 02:48:56.863395+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (1, 'a1daa3fd-a30f-40d7-ae26-7d965f3794cf', 'risk', 'errand', '{"number": 26}', '', 0, NULL, NULL, 'sent', 1, true, NULL, 'b29facf1-6040-47ab-94bd-be4cbb03b0a7', '2026-11-22 02:48:57.009978+00', '2026-11-22 02:48:57.016577+00', '2026-11-22 02:48:57.042244+00', '2026-11-22 02:48:57.042245+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (2, 'debac6be-f04e-4a11-b11f-41461dd2eb04', 'risk', 'errand', '{"number": 901}', '', 0, NULL, NULL, 'waiting', 0, true, NULL, NULL, '2026-11-22 02:48:57.053888+00', NULL, '2026-11-22 02:48:57.053888+00', NULL);
INSERT INTO market_data.queue_setting VALUES ('work', 1, false, 4, 0, 0, 0, false);
INSERT INTO market_data.queue_setting VALUES ('limited', 2, false, 2, 1, 50, 1000, true);
INSERT INTO market_data.queue_setting VALUES ('stopped', 2, true, 1, 0, 0, 0, false);
INSERT INTO market_data.redis_identity VALUES (true, '1a74b41030233b07972ba089a367215efe0d2fea:85818bad5135f263a799331f56953f7347bee15f:f6fd6cb80090410e', '2026-11-22 02:48:56.795099+00');
INSERT INTO market_data.schedule VALUES ('fired', 'errand', '{"number": 25}', NULL, 31622400000, 'UTC', true, false, false, '2027-02-13 00:00:00+00', '2026-11-22 02:48:56.957+00');
INSERT INTO market_data.schedule VALUES ('due', 'errand', '{"number": 900}', NULL, 31622400000, 'UTC', true, false, false, '2026-11-22 02:48:56.992+00', NULL);
INSERT INTO market_data.schedule_tick VALUES ('fired', '2026-11-22 02:48:56.957+00', '01a20128-2193-7587-b109-b03809da31a4', '2026-11-22 02:48:56.980339+00');
SELECT pg_catalog.setval('market_data.coin_id_seq', 1, false);
SELECT pg_catalog.setval('market_data.job_seq_seq', 25, true);
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
