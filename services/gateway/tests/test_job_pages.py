"""What a merged list promises: nothing twice, nothing left out, newest first, whatever comes in meanwhile."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protos.jobs.v1 import jobs_pb2
from services.gateway.clients import job_pages
from services.gateway.clients.fleet import Answer
from services.gateway.clients.job_pages import JobPage, PageWanted, merge
from services.gateway.domain import cursors
from services.gateway.domain.cursors import MergeCursor
from shared import clock
from shared.errors import InvalidArgument, PeerUnavailable


class Ledgers:
    """Services' lists, newest last, read by pages below a sequence number."""

    def __init__(self, times: Sequence[Sequence[int]]) -> None:
        self.jobs: dict[str, list[jobs_pb2.Job]] = {f"s{index}": [] for index in range(len(times))}
        self.down: set[str] = set()
        for service, seconds in zip(self.jobs, times, strict=True):
            for second in seconds:
                self.add(service, second)

    def add(self, service: str, second: int) -> None:
        job = jobs_pb2.Job(id=f"{service}-{len(self.jobs[service])}", service=service)
        job.created_at.seconds = second
        self.jobs[service].append(job)

    def fetch(self, pages: Sequence[PageWanted]) -> list[Answer[jobs_pb2.ListJobsResponse]]:
        return [self._answer(page) for page in pages]

    def _answer(self, page: PageWanted) -> Answer[jobs_pb2.ListJobsResponse]:
        assert 1 <= page.size <= 500
        if page.service in self.down:
            return Answer(page.service, None, PeerUnavailable("down"))
        jobs = self.jobs[page.service]
        end = int(page.token or len(jobs))
        first = max(0, end - page.size)
        token = str(first) if first else ""
        listed = jobs_pb2.ListJobsResponse(jobs=jobs[first:end][::-1], next_page_token=token)
        return Answer(page.service, listed, None)


def next_page(ledgers: Ledgers, cursor: MergeCursor | None, limit: int) -> JobPage:
    """One page, its cursor taken through its text form as a client does."""
    known = cursors.decode(cursors.encode(cursor), filters="f") if cursor else MergeCursor("f")
    return merge(sorted(ledgers.jobs), known, limit=limit, fetch=ledgers.fetch)


SECONDS = st.lists(st.integers(0, 30), max_size=25)
IN_ORDER = st.lists(SECONDS.map(sorted), min_size=1, max_size=4)
#: A long transaction's job is listed by its insert, and bears an older time than those before it.
OUT_OF_ORDER = st.lists(SECONDS, min_size=1, max_size=4)


@settings(deadline=None)
@given(IN_ORDER | OUT_OF_ORDER, st.integers(1, 20), st.data())
def test_every_job_comes_once_and_newest_first_while_others_are_submitted(
    times: list[list[int]], limit: int, data: st.DataObject
) -> None:
    with clock.frozen(datetime.fromtimestamp(40, UTC)):  # jobs of second 100 come after the list began
        shown = read_all(Ledgers(times), limit, data)

    assert sorted(job.id for job in shown) == sorted(
        f"s{index}-{number}" for index, seconds in enumerate(times) for number in range(len(seconds))
    )
    if all(seconds == sorted(seconds) for seconds in times):
        created = [job.created_at.seconds for job in shown]
        assert created == sorted(created, reverse=True)


def read_all(ledgers: Ledgers, limit: int, data: st.DataObject) -> list[jobs_pb2.Job]:
    """Every page, while others submit jobs between the pages."""
    shown: list[jobs_pb2.Job] = []
    page = next_page(ledgers, None, limit)
    shown.extend(page.jobs)
    while page.cursor is not None:
        assert 0 < len(page.jobs) <= limit
        for service in data.draw(st.lists(st.sampled_from(sorted(ledgers.jobs)), max_size=60)):
            ledgers.add(service, 100)
        page = next_page(ledgers, page.cursor, limit)
        shown.extend(page.jobs)

    return shown


def test_a_service_that_is_down_is_named_and_read_from_its_place_when_it_is_back() -> None:
    ledgers = Ledgers([[1, 2, 3, 4], [1, 2, 3, 4]])
    ledgers.down = {"s1"}

    first = next_page(ledgers, None, 2)
    ledgers.down = set()
    second = next_page(ledgers, first.cursor, 10)

    assert first.unavailable == ("s1",)
    assert [job.id for job in first.jobs] == ["s0-3", "s0-2"]
    assert sorted(job.id for job in second.jobs) == ["s0-0", "s0-1", "s1-0", "s1-1", "s1-2", "s1-3"]
    assert second.cursor is None


def test_a_list_ends_although_a_service_stays_down() -> None:
    ledgers = Ledgers([[1], [1]])
    ledgers.down = {"s1"}

    page = next_page(ledgers, None, 5)

    assert page.cursor is None
    assert page.unavailable == ("s1",)


def test_jobs_that_others_pushed_to_a_later_page_are_not_shown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_pages, "MAX_ROUNDS", 1)
    ledgers = Ledgers([list(range(30)), [50]])
    shown: list[str] = []
    with clock.frozen(datetime.fromtimestamp(60, UTC)):
        page = next_page(ledgers, None, 4)
        shown += [job.id for job in page.jobs]
        for _ in range(35):
            ledgers.add("s0", 100)
        while page.cursor is not None:
            page = next_page(ledgers, page.cursor, 4)
            shown += [job.id for job in page.jobs]

    assert sorted(shown) == sorted(["s1-0", *(f"s0-{number}" for number in range(30))])


def test_a_page_ends_early_rather_than_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_pages, "MAX_PAGE_BYTES", 100)
    ledgers = Ledgers([list(range(40))])

    first = next_page(ledgers, None, 30)
    rest = next_page(ledgers, first.cursor, 30)

    assert 1 < len(first.jobs) < 30
    assert int(rest.jobs[0].created_at.seconds) == int(first.jobs[-1].created_at.seconds) - 1


def test_the_largest_cursor_fits_its_bound() -> None:
    ledgers = Ledgers([list(range(2_000)) for _ in range(10)])
    page = next_page(ledgers, None, 499)
    for _ in range(5):
        assert page.cursor is not None
        assert len(cursors.encode(page.cursor)) < cursors.MAX_CHARACTERS
        page = next_page(ledgers, page.cursor, 499)


@pytest.mark.parametrize("text", ["", "x", "%", "e30", "W10", "WyJmIixudWxsLHsiYSI6WzEsMl19XQ", "é", "A" * 40_000])
def test_a_forged_cursor_is_refused_by_field(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        cursors.decode(text, filters="f")

    assert caught.value.field == "cursor"


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="other filters"):
        cursors.decode(cursors.encode(MergeCursor("f")), filters="g")
