"""Owns the tables of schema gateway. It must never hold a query; those are the store's."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import NAMING

metadata = sa.MetaData(naming_convention=NAMING)

INSTANT = sa.DateTime(timezone=True)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    # Of 256 random bits, so a plain digest cannot be searched; the secret itself is never stored.
    sa.Column("secret_sha256", sa.String(64), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False, server_default=sa.func.now()),
    sa.Column("expires_at", INSTANT),
    sa.Column("revoked_at", INSTANT),
    sa.Column("last_used_at", INSTANT),
    sa.CheckConstraint("role IN ('viewer', 'operator', 'admin')", name="role_is_known"),
    sa.CheckConstraint("secret_sha256 ~ '^[0-9a-f]{64}$'", name="secret_is_a_digest"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("at", INSTANT, nullable=False, server_default=sa.func.now()),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("key_name", sa.String(100), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("service", sa.String(100), nullable=False),
    sa.Column("target", sa.String(200), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("request_id", sa.String(200), nullable=False),
    sa.Column("before", JSONB, nullable=False),
    sa.Column("after", JSONB),
    # Written before the action, which another service takes: a row that stays `started` tells of a crash in between.
    sa.Column("outcome", sa.String(16), nullable=False, server_default="started"),
    sa.Column("detail", sa.String(1000), nullable=False, server_default=""),
    sa.Column("finished_at", INSTANT),
    sa.CheckConstraint("outcome IN ('started', 'done', 'refused', 'unknown')", name="outcome_is_known"),
)
