"""Many entities cost a turn and a page no more than few: whatever is asked all the time is answered by an index."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from shared.jobs import seconds
from shared.jobs.freshness import planning, readings, watching
from tests.runtime.jobs.freshness_bench import PRICES, Times, open_times

MANY = 20_000
FILL = """
INSERT INTO freshness_entity (goal, entity, max_age_ms, band, created_at, data_at, next_due_at, breach_at)
SELECT 'prices', 'coin-' || n, age.ms, floor(2 * log(2, age.ms / 1000.0)), now(), now(),
  now() + (n % 1000) * interval '1 second', now() + age.ms * interval '1 millisecond' + (n % 1000) * interval '1 second'
FROM generate_series(1, :many) AS n
CROSS JOIN LATERAL (SELECT (ARRAY[300000, 900000, 3600000])[1 + n % 3] AS ms) AS age
"""


@pytest.fixture
def times(empty_url: str, redis_url: str) -> Iterator[Times]:
    with open_times(empty_url, redis_url, PRICES) as opened:
        opened.bench.sql(FILL, many=MANY)
        opened.bench.sql("ANALYZE freshness_entity")
        yield opened


def test_what_is_asked_all_the_time_reads_no_whole_table(times: Times) -> None:
    asked: list[tuple[sa.TextClause, dict[str, Any]]] = [
        (planning._FIND, {"goals": ["prices"], "gathers": [0.1], "now": times.now + seconds(5), "most": 150}),
        (watching._HELD, {"now": times.now}),
        (watching._WORST, {"names": ["prices"]}),
        (readings._OVERRUN, {"goal": "prices", "breached": False, "most": 50}),
        (readings._PAGE, {"goal": "prices", "after": "coin-5", "most": 50}),
        (readings._SOME, {"goal": "prices", "entities": ["coin-1", "coin-7"]}),
    ]

    for statement, values in asked:
        plan = "\n".join(row[0] for row in times.bench.sql(f"EXPLAIN {statement.text}", **values))
        assert "Seq Scan on freshness_entity" not in plan, plan
