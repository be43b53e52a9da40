"""Proves that the report shows every engine, every bar and every reason, for people and for programs."""

import json

from tools.benchmarks.figures import Bar, NotRun
from tools.benchmarks.report import Report, RowResult, as_json, as_text, number


def report() -> Report:
    bars = (
        Bar(engine="millrace", figure="jobs_s", against="bullmq", at_least=1.5, aim=2.5),
        Bar(engine="millrace", figure="jobs_s", against="celery", at_least=5),
    )
    row = RowResult("drain", "drain, 1 process", bars, jobs={"millrace": 20_000, "bullmq": 20_000})
    row.samples["millrace"] = [{"jobs_s": 12_000.0}, {"jobs_s": 10_000.0}, {"jobs_s": 11_000.0}]
    row.samples["bullmq"] = [{"jobs_s": 8_000.0, "rss_mb": 80.0}]
    row.samples["celery"] = [NotRun("left out by --no-peers")]
    return Report({"cores": "2"}, {"bullmq": "6.7.0"}, {"rounds": "3"}, [row])


def test_the_table_shows_medians_with_their_spread() -> None:
    assert "11,000 (10,000-12,000)" in as_text(report())


def test_a_figure_an_engine_does_not_have_is_a_dash() -> None:
    line = next(line for line in as_text(report()).splitlines() if line.startswith("  millrace"))

    assert line.split()[-1] == "-"


def test_every_bar_prints_its_verdict_beside_its_limit() -> None:
    text = as_text(report())

    assert "met      millrace jobs_s: 1.5 x bullmq, bar >= 1.5 x bullmq (aim 2.5)" in text
    assert "NOT RUN  millrace jobs_s: -, bar >= 5 x celery" in text
    assert text.endswith("bars: 1 met, 0 NOT MET, 1 NOT RUN")


def test_an_engine_that_did_not_run_says_why() -> None:
    assert "  celery: NOT RUN: left out by --no-peers" in as_text(report())


def test_the_json_holds_each_round_on_its_own() -> None:
    row = json.loads(as_json(report()))["rows"][0]

    assert row["rounds"]["millrace"] == [{"jobs_s": 12_000.0}, {"jobs_s": 10_000.0}, {"jobs_s": 11_000.0}]
    assert row["rounds"]["celery"] == [{"not_run": "left out by --no-peers"}]
    assert [bar["verdict"] for bar in row["bars"]] == ["met", "NOT RUN"]


def test_numbers_keep_three_significant_figures_and_whole_thousands() -> None:
    assert [number(value) for value in (0.0, 0.1234, 56.78, 999.4, 25_000.4)] == ["0", "0.123", "56.8", "999", "25,000"]
