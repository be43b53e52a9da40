"""Asserts on submissions: they find rows by values, and no misspelt name lets a test pass."""

import pytest

from shared.errors import InvalidArgument, UnknownJob
from shared.jobs.testing import assert_submitted, refute_submitted, submitted
from tests.runtime.jobs.sample import Bench, play


def test_rows_are_found_by_the_values_of_some_arguments_oldest_first(bench: Bench) -> None:
    jobs = [bench.submit(number) for number in (1, 2, 1)]

    assert [job.id for job in submitted(bench.runtime, play, number=1)] == [jobs[0].id, jobs[2].id]
    assert [job.id for job in submitted(bench.runtime, "play", note="")] == [job.id for job in jobs]
    assert assert_submitted(bench.runtime, play, number=1).id == jobs[2].id


def test_an_assertion_that_fails_lists_what_was_submitted_instead(bench: Bench) -> None:
    bench.submit(41)

    with pytest.raises(AssertionError, match=r"no play with .*42.*\n  .*41"):
        assert_submitted(bench.runtime, play, number=42)


def test_a_refutation_that_fails_lists_what_there_is(bench: Bench) -> None:
    job = bench.submit(41)

    refute_submitted(bench.runtime, play, number=42)
    with pytest.raises(AssertionError, match=job.id):
        refute_submitted(bench.runtime, play, number=41)


def test_a_misspelt_job_or_argument_is_refused_with_the_known_ones(bench: Bench) -> None:
    with pytest.raises(UnknownJob, match="allowed: play, play-aside, play-once"):
        refute_submitted(bench.runtime, "plya")
    with pytest.raises(InvalidArgument, match="no argument 'nubmer'; allowed: number, note"):
        refute_submitted(bench.runtime, play, nubmer=1)
