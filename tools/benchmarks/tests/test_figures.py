"""Proves that medians, ratios and verdicts say what was measured, and that what was not measured is never met."""

import pytest

from tools.benchmarks.figures import Bar, Figures, NotRun, Rounds, Verdict, judge, percentile, reasons, summaries

FASTER = Bar(engine="millrace", figure="jobs_s", against="bullmq", at_least=1.5)


def rounds(*values: float) -> Rounds:
    return [{"jobs_s": value} for value in values]


def test_a_ratio_is_taken_within_each_round_before_the_median() -> None:
    samples = {"millrace": rounds(100, 300, 80), "bullmq": rounds(100, 100, 10)}

    judgement = judge(FASTER, samples)

    assert (judgement.seen, judgement.verdict) == (3.0, Verdict.MET)


def test_a_bar_from_below_is_met_at_its_very_value() -> None:
    assert judge(FASTER, {"millrace": rounds(15), "bullmq": rounds(10)}).verdict is Verdict.MET


def test_a_bar_from_above_is_not_met_beyond_its_value() -> None:
    bar = Bar(engine="millrace", figure="jobs_s", at_most=60)

    assert judge(bar, {"millrace": rounds(50, 61, 70)}).verdict is Verdict.NOT_MET


def test_a_bar_of_zero_is_met_by_zero_only() -> None:
    bar = Bar(engine="millrace", figure="jobs_s", at_most=0)

    assert judge(bar, {"millrace": rounds(0)}).verdict is Verdict.MET
    assert judge(bar, {"millrace": rounds(1)}).verdict is Verdict.NOT_MET


def test_a_peer_that_could_not_run_leaves_the_bar_unmet() -> None:
    samples: dict[str, Rounds] = {"millrace": rounds(100), "bullmq": [NotRun("node is not on the PATH")]}

    judgement = judge(FASTER, samples)

    assert (judgement.seen, judgement.verdict) == (None, Verdict.NOT_RUN)


def test_a_failed_round_does_not_shift_the_pairs_of_the_others() -> None:
    failed: list[Figures | NotRun] = [NotRun("hung"), {"jobs_s": 100.0}]

    judgement = judge(FASTER, {"millrace": failed, "bullmq": rounds(1, 50)})

    assert judgement.seen == 2.0


def test_a_row_nobody_measured_is_not_run() -> None:
    assert judge(FASTER, {}).verdict is Verdict.NOT_RUN


def test_a_bar_needs_exactly_one_limit() -> None:
    with pytest.raises(ValueError, match="either at_least or at_most"):
        Bar(engine="millrace", figure="jobs_s")


def test_a_summary_gives_median_and_extremes_over_the_rounds_that_ran() -> None:
    summary = summaries([*rounds(3, 1, 2), NotRun("hung")])["jobs_s"]

    assert (summary.median, summary.lowest, summary.highest, summary.rounds) == (2, 1, 3, 3)


def test_each_reason_for_not_running_is_told_once() -> None:
    assert reasons([NotRun("hung"), NotRun("hung"), {"jobs_s": 1.0}]) == ["hung"]


@pytest.mark.parametrize(("fraction", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_the_nearest_rank(fraction: float, expected: float) -> None:
    assert percentile([float(value) for value in range(1, 101)], fraction) == expected


def test_the_99th_percentile_of_few_values_is_the_highest() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
