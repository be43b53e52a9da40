"""Owns a schema's description as lines of text, read from PostgreSQL's catalogue. It must never change the schema.

Alembic's own comparison leaves out check constraints, identities and expressions of indexes; the catalogue does not.
"""

import sqlalchemy as sa

_TABLES = """
SELECT c.oid, c.relname FROM pg_class c
WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'alembic_version'
"""
_COLUMNS = f"""
SELECT format('column %s.%s %s%s%s%s', t.relname, a.attname, format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attnotnull THEN ' not null' END,
              CASE a.attidentity WHEN 'a' THEN ' identity always' WHEN 'd' THEN ' identity by default' END,
              ' default ' || pg_get_expr(d.adbin, d.adrelid))
FROM ({_TABLES}) t
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
"""
_CONSTRAINTS = f"""
SELECT format('constraint %s.%s %s', t.relname, k.conname, pg_get_constraintdef(k.oid))
FROM ({_TABLES}) t
JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype <> 'n'
"""
_INDEXES = f"""
SELECT format('index %s %s', t.relname, pg_get_indexdef(i.indexrelid))
FROM ({_TABLES}) t
JOIN pg_index i ON i.indrelid = t.oid
"""


def describe(connection: sa.Connection, schema: str) -> set[str]:
    """One line for every column, constraint and index, without the schema's name: two schemas can be compared."""
    lines: set[str] = set()
    for query in (_COLUMNS, _CONSTRAINTS, _INDEXES):
        rows = connection.execute(sa.text(query), {"schema": schema}).scalars()
        lines.update(row.replace(f"{schema}.", "") for row in rows)
    return lines
