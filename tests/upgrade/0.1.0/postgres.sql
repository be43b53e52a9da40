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
INSERT INTO market_data.attempt VALUES ('01a20124-9815-7287-9eab-42d3d3383988', 1, 'e46fb8f3f2dcb77393ac3faa58a7d369.0', 1, 'by-hand', '2026-11-22 02:45:05.202+00', '2026-11-22 02:45:05.204+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a20124-983d-76b0-918e-63b7f3c00b4a', 1, '76d9e28035ab1c1e6288f403496d525e.0', 1, 'by-hand', '2026-11-22 02:45:05.221+00', '2026-11-22 02:45:05.221+00', 'completed', NULL);
INSERT INTO market_data.attempt VALUES ('01a20124-9849-7b12-a24d-da2e0287e094', 1, '0da63832c3eb8b61c29408129663bb94.0', 1, 'by-hand', '2026-11-22 02:45:05.234+00', '2026-11-22 02:45:05.235+00', 'dead', '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}');
INSERT INTO market_data.attempt VALUES ('01a20124-9899-751c-911c-38ab1bf374cb', 1, '5585deca964e093c8a0733fa9d57d070.0', 1, 'by-hand', '2026-11-22 02:45:05.313+00', '2026-11-22 02:45:05.324+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20124-98ad-7fb1-ac4e-e24aecfdb1a4', 1, 'abf8d6541541c865928ef31ee1d2fc76.0', 1, 'by-hand', '2026-11-22 02:45:05.334+00', '2026-11-22 02:45:05.371+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20124-98dd-731a-a68e-b3e928b3a897', 1, '7df72a127bc8a4f188366b17591fa20a.0', 1, 'by-hand', '2026-11-22 02:45:05.394+00', '2026-11-22 02:45:05.399+00', 'failed', '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}');
INSERT INTO market_data.attempt VALUES ('01a20124-98fd-715b-bb81-5cae24c2e516', 1, '5f049833c955914a3bca8748c3cd837a.0', 1, 'by-hand', '2026-11-22 02:45:05.41+00', '2026-11-22 02:45:05.411+00', 'snoozed', NULL);
INSERT INTO market_data.attempt VALUES ('01a20124-9909-7ade-a4fe-bc2580545c11', 1, '94677cfcdb2840d5e4900ca3db84a7e0.0', 1, 'by-hand', '2026-11-22 02:45:05.427+00', NULL, NULL, NULL);
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-1', '01a20124-9815-7287-9eab-42d3d3383988', '45f9ddf3ffc09faf91bcea509faca2dc5e33fce20f5e4c12633e2e6e93debb28', '2026-11-22 02:45:05.178769+00');
INSERT INTO market_data.idempotency_key VALUES ('errand', 'order-2', '01a20124-9969-7db3-af6c-d265cc22de82', 'c0218a7db9fd2abc2164f324fbceaf287f6bf4735fad7b1be52edd34d0494df9', '2026-11-22 02:45:05.515771+00');
INSERT INTO market_data.inbox VALUES ('market-data', 'c7bc391e-e714-4f87-a4f2-ae4132e72a12', '"40b9f22c-6da4-4428-91db-7b9a632c633b"', '2026-11-22 02:45:05.683015+00');
INSERT INTO market_data.inbox VALUES ('social', 'message-1', '{"number": 1}', '2026-11-22 02:45:05.736905+00');
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (4, '01a20124-9858-75d0-a683-28f03a58c98a', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 4}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.240589+00', NULL, NULL, '2026-11-22 02:45:05.254998+00', NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (1, '01a20124-9815-7287-9eab-42d3d3383988', 1, 'errand', 'work', 'completed', 3, '{"note": "", "number": 1}', 1, 3, 0, 30000, '', '{"number": 1}', NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.179928+00', NULL, '2026-11-22 02:45:05.202+00', '2026-11-22 02:45:05.204+00', '2026-11-22 02:45:05.291853+00', 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (3, '01a20124-9849-7b12-a24d-da2e0287e094', 1, 'errand', 'work', 'dead', 3, '{"note": "", "number": 3}', 1, 3, 0, 30000, '', NULL, '{"type": "Unrecoverable", "reason": "unrecoverable", "message": "the account is closed", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nshared.errors.Unrecoverable: the account is closed\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.226121+00', NULL, '2026-11-22 02:45:05.234+00', '2026-11-22 02:45:05.235+00', '2026-11-22 02:45:05.291948+00', 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (10, '01a20124-9907-7a5c-9bfe-ac8846afdde4', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 10}', 0, 3, 0, 30000, 'delay', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.416766+00', '2026-12-22 02:45:05.415196+00', NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (5, '01a20124-9899-751c-911c-38ab1bf374cb', 1, 'errand', 'work', 'retrying', 3, '{"note": "", "number": 5}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.305989+00', '2026-11-22 02:46:05.324+00', '2026-11-22 02:45:05.313+00', NULL, '2026-11-22 02:45:05.440201+00', 1795315505324, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (6, '01a20124-98ad-7fb1-ac4e-e24aecfdb1a4', 1, 'errand', 'work', 'retrying', 3, '{"note": "charge", "number": 6}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.325807+00', '2026-11-22 02:46:05.371+00', '2026-11-22 02:45:05.334+00', NULL, '2026-11-22 02:45:05.440275+00', 1795315505371, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (7, '01a20124-98dd-731a-a68e-b3e928b3a897', 1, 'errand', 'work', 'retrying', 3, '{"note": "draw", "number": 7}', 1, 3, 0, 30000, '', NULL, '{"type": "ValueError", "reason": "", "message": "no answer", "traceback": "Traceback (most recent call last):\n  File \"shared/jobs/attempts.py\", line 120, in _perform\n    result = _call(attempt, definition, context, arguments, envelope)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"shared/jobs/attempts.py\", line 147, in _call\n    result = definition.function(context, arguments)\n             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/house.py\", line 27, in errand\n    return ctx.resource(Stage).perform(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  File \"tests/runtime/jobs/sample.py\", line 77, in perform\n    return self.act(ctx, args)\n           ^^^^^^^^^^^^^^^^^^^\n  File \"tests/upgrade/past.py\", line 57, in act\n    raise error\nValueError: no answer\n"}', NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.37435+00', '2026-11-22 02:46:05.399+00', '2026-11-22 02:45:05.394+00', NULL, '2026-11-22 02:45:05.440292+00', 1795315505399, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (8, '01a20124-98fd-715b-bb81-5cae24c2e516', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 8}', 0, 3, 0, 30000, 'snoozed', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.4063+00', '2026-11-22 03:45:05.411+00', '2026-11-22 02:45:05.41+00', NULL, '2026-11-22 02:45:05.4403+00', 1795315505411, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (9, '01a20124-9903-7a9a-a231-f397f9ee5bff', 1, 'errand', 'work', 'scheduled', 3, '{"note": "", "number": 9}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.412168+00', '2026-11-22 03:15:05.411+00', NULL, NULL, '2026-11-22 02:45:05.440308+00', 1795315505414, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (11, '01a20124-9909-7ade-a4fe-bc2580545c11', 1, 'errand', 'work', 'running', 1, '{"note": "", "number": 11}', 1, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.418928+00', NULL, '2026-11-22 02:45:05.427+00', NULL, '2026-11-22 02:45:05.440318+00', 1795315505427, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (12, '01a20124-992b-7074-91b1-8da987f42eb1', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 12}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.451865+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (13, '01a20124-9933-7857-80b0-b0cf1c99c4cf', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 13}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.459825+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (14, '01a20124-9941-7571-a803-255961e22298', 1, 'errand', 'work', 'cancelled', 3, '{"note": "", "number": 14}', 0, 3, 0, 30000, '', NULL, '{"type": "Cancelled", "reason": "cancelled", "message": "nobody wants it", "traceback": ""}', NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.473523+00', NULL, NULL, '2026-11-22 02:45:05.488477+00', NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (15, '01a20124-995b-7ba3-ae28-998229563caa', 1, 'errand', 'work', 'queued', 5, '{"note": "", "number": 15}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.500341+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (16, '01a20124-995e-74ec-8130-122ea1f2140c', 1, 'errand', 'work', 'queued', 4, '{"note": "", "number": 16}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.503069+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (17, '01a20124-9961-70ef-8ab3-c72663eb8652', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 17}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.507891+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (2, '01a20124-983d-76b0-918e-63b7f3c00b4a', 2, 'errand', 'work', 'queued', 3, '{"note": "", "number": 2}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.214621+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (18, '01a20124-9961-7a39-92b1-9c5bd8ee407e', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 18}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.507891+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (19, '01a20124-9969-7db3-af6c-d265cc22de82', 1, 'errand', 'work', 'queued', 2, '{"note": "", "number": 19}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.516628+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (20, '01a20124-9971-73a1-9a29-8f28901e341a', 1, 'errand', 'work', 'queued', 1, '{"note": "", "number": 20}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.52175+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (21, '01a20124-9975-7271-bd1b-a7a89b1e5816', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 22}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.533605+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (22, '01a20124-999c-7aa8-a694-7cb3e6da9f25', 1, 'errand', 'limited', 'queued', 3, '{"note": "", "number": 23}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.564853+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (23, '01a20124-99a4-79da-997d-93a1b11f2584', 1, 'errand', 'stopped', 'queued', 3, '{"note": "", "number": 24}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.573237+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (24, '01a20124-99c1-76a0-95ac-8a732a8d10f1', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 25}', 0, 3, 0, 30000, '', NULL, NULL, NULL, '2026-11-22 02:45:05.58+00', NULL, NULL, '2026-11-22 02:45:05.610052+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job OVERRIDING SYSTEM VALUE VALUES (25, '40b9f22c-6da4-4428-91db-7b9a632c633b', 1, 'errand', 'work', 'queued', 3, '{"note": "", "number": 26}', 0, 3, 0, 30000, '', NULL, NULL, NULL, NULL, NULL, NULL, '2026-11-22 02:45:05.686256+00', NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO market_data.job_effect VALUES ('01a20124-98ad-7fb1-ac4e-e24aecfdb1a4', 1, 'charge', '01a20124-98ad-7fb1-ac4e-e24aecfdb1a4:1:charge', 'done', 1, '{"charge": 1}', '2026-11-22 02:45:05.340102+00', '2026-11-22 02:45:05.366283+00');
INSERT INTO market_data.job_step VALUES ('01a20124-98dd-731a-a68e-b3e928b3a897', 1, 'draw', '1', '2026-11-22 02:45:05.397376+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (1, 'c7bc391e-e714-4f87-a4f2-ae4132e72a12', 'risk', 'errand', '{"number": 26}', '', 0, NULL, NULL, 'sent', 1, true, NULL, '40b9f22c-6da4-4428-91db-7b9a632c633b', '2026-11-22 02:45:05.648913+00', '2026-11-22 02:45:05.657204+00', '2026-11-22 02:45:05.704659+00', '2026-11-22 02:45:05.704661+00');
INSERT INTO market_data.outbox OVERRIDING SYSTEM VALUE VALUES (2, 'ba895c25-f87b-44c9-bd78-2e3a49059a4f', 'risk', 'errand', '{"number": 901}', '', 0, NULL, NULL, 'waiting', 0, true, NULL, NULL, '2026-11-22 02:45:05.724035+00', NULL, '2026-11-22 02:45:05.724035+00', NULL);
INSERT INTO market_data.queue_setting VALUES ('work', 1, false, 4, 0, 0, 0, false);
INSERT INTO market_data.queue_setting VALUES ('limited', 2, false, 2, 1, 50, 1000, true);
INSERT INTO market_data.queue_setting VALUES ('stopped', 2, true, 1, 0, 0, 0, false);
INSERT INTO market_data.redis_identity VALUES (true, 'cc2fff520b327c6372d07171bc5fb5828d11bd49:a282a7aba1e28faf3ebd582f8266b62bc36ae62d:d6a16261747f7932', '2026-11-22 02:45:05.170225+00');
INSERT INTO market_data.schedule VALUES ('fired', 'errand', '{"number": 25}', NULL, 31622400000, 'UTC', true, false, false, '2027-02-13 00:00:00+00', '2026-11-22 02:45:05.58+00');
INSERT INTO market_data.schedule VALUES ('due', 'errand', '{"number": 900}', NULL, 31622400000, 'UTC', true, false, false, '2026-11-22 02:45:05.618+00', NULL);
INSERT INTO market_data.schedule_tick VALUES ('fired', '2026-11-22 02:45:05.58+00', '01a20124-99c1-76a0-95ac-8a732a8d10f1', '2026-11-22 02:45:05.603621+00');
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
