"""Proves that a lost, doubled or unordered job is seen in the marks."""

from pathlib import Path

import pytest

from tools.benchmarks import marks
from tools.benchmarks.marks import Mark, NotOnce, Pen


def test_marks_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "marks"
    pen = Pen(str(path))

    for number in (7, 8, 9):
        pen.note(number)

    assert [mark.number for mark in marks.read(path)] == [7, 8, 9]
    assert marks.count(path) == 3


def test_every_job_once_passes() -> None:
    marks.check_once([Mark(1, 0), Mark(2, 1)], range(2))


@pytest.mark.parametrize(
    ("numbers", "complaint"),
    [
        ((0, 2), "1 of 3 jobs never ran"),
        ((0, 1, 1, 2), "1 ran twice"),
        ((0, 1, 2, 9), "1 were not ordered"),
    ],
)
def test_a_job_not_run_once_is_told(numbers: tuple[int, ...], complaint: str) -> None:
    with pytest.raises(NotOnce, match=complaint):
        marks.check_once([Mark(at, number) for at, number in enumerate(numbers)], range(3))


def test_the_span_is_from_the_first_start_to_the_last() -> None:
    assert marks.span_seconds([Mark(1_000_000_000, 0), Mark(1_500_000_000, 1), Mark(3_000_000_000, 2)]) == 2.0
