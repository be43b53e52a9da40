"""Owns the merging of several services' lists of jobs, newest first.

It must never show a job twice or leave one out between pages, whatever was submitted meanwhile.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from protos.jobs.v1 import jobs_pb2
from services.gateway.clients.fleet import Answer
from services.gateway.domain.cursors import MergeCursor, Place, mark
from shared import clock
from shared.errors import PlatformError

#: Rounds of calls one request may cost: a busy service is read in parts, and jobs made meanwhile push the rest down.
MAX_ROUNDS = 40
MIN_PAGE_SIZE = 10
#: Marks a place keeps. A page holds no more, so only those of jobs that left the list's filter are ever lost.
MAX_MARKS = 500
#: A page ends early rather than grow beyond this; its jobs may have 256 KiB of arguments each, and results.
MAX_PAGE_BYTES = 8 * 1024 * 1024
#: How far the clocks of gateway and services may differ.
CLOCK_MARGIN_NS = 5_000_000_000

Page = Answer[jobs_pb2.ListJobsResponse]


@dataclass(frozen=True, slots=True)
class PageWanted:
    """One call to one service."""

    service: str
    token: str
    size: int


FetchPages = Callable[[Sequence[PageWanted]], Sequence[Page]]


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of the merged list."""

    jobs: tuple[jobs_pb2.Job, ...]
    cursor: MergeCursor | None
    unavailable: tuple[str, ...]


@dataclass(slots=True)
class _Stream:
    """One service's jobs in its own order. `shown` are marks of jobs of earlier pages that may come again."""

    service: str
    size: int
    token: str
    shown: dict[str, None]
    next_token: str = ""
    is_read: bool = False
    waiting: deque[jobs_pb2.Job] = field(default_factory=deque)
    taken: list[str] = field(default_factory=list)

    @property
    def needs_page(self) -> bool:
        return not self.is_read or (not self.waiting and bool(self.next_token))

    @property
    def is_finished(self) -> bool:
        return self.is_read and not self.waiting and not self.next_token

    def wanted(self) -> PageWanted:
        token = self.next_token if self.is_read else self.token
        # Not more for what was shown: a page that grew would never be shown whole, and its marks would pile up.
        return PageWanted(self.service, token, self.size)

    def accept(self, response: jobs_pb2.ListJobsResponse, newest_ns: int | None) -> None:
        """Begin the page that was wanted, leaving out what was shown and what is newer than the list."""
        self.token = self.wanted().token
        self.next_token, self.is_read, self.taken = response.next_page_token, True, []
        for job in response.jobs:
            if mark(job.id) in self.shown:
                # Kept while its page may be read again, forgotten with it.
                self.taken.append(job.id)
                del self.shown[mark(job.id)]
            elif newest_ns is None or created_ns(job) <= newest_ns:
                self.waiting.append(job)

    def take(self) -> jobs_pb2.Job:
        job = self.waiting.popleft()
        self.taken.append(job.id)
        return job

    def place(self) -> Place:
        """Where the next page begins: at this one again while something of it waits."""
        if self.waiting or not self.is_read:
            marks = [*self.shown, *(mark(job_id) for job_id in self.taken)]
            return Place(self.token, tuple(marks[-MAX_MARKS:]))
        return Place(self.next_token, tuple(self.shown)[-MAX_MARKS:])


def created_ns(job: jobs_pb2.Job) -> int:
    """Nanoseconds from 1970 to the job's creation."""
    return job.created_at.seconds * 1_000_000_000 + job.created_at.nanos


def merge(services: Sequence[str], cursor: MergeCursor, *, limit: int, fetch: FetchPages) -> JobPage:
    """The next `limit` jobs of all services. A service that does not answer is named, and asked again by the next page.

    A page may be shorter than `limit` although more follow; `cursor` is None only when no reachable service has more.
    """
    is_first = not cursor.places
    names = [name for name in services if is_first or name in cursor.places]
    # Parts of the limit, so that what is fetched but not shown, which the cursor must remember, stays below it.
    size = max(MIN_PAGE_SIZE, -(-limit // max(1, len(names))))
    places = {name: cursor.places.get(name, Place()) for name in names}
    streams = [_Stream(name, size, place.token, dict.fromkeys(place.shown)) for name, place in places.items()]
    down: list[str] = []
    shown: list[jobs_pb2.Job] = []
    for _ in range(MAX_ROUNDS):
        down += _refill(streams, cursor.newest_ns, fetch)
        streams = [stream for stream in streams if stream.service not in down]
        space = MAX_PAGE_BYTES - sum(job.ByteSize() for job in shown)
        shown += _take(streams, limit - len(shown), space)
        if len(shown) >= limit or not any(stream.needs_page for stream in streams):
            break
    newest_ns = _list_began_ns(streams, shown) if cursor.newest_ns is None else cursor.newest_ns
    open_places = {stream.service: stream.place() for stream in streams if not stream.is_finished}
    if not open_places:
        return JobPage(tuple(shown), None, tuple(sorted(down)))
    open_places |= {name: places[name] for name in down}
    return JobPage(tuple(shown), MergeCursor(cursor.filters, newest_ns, open_places), tuple(sorted(down)))


def _list_began_ns(streams: Sequence[_Stream], shown: Sequence[jobs_pb2.Job]) -> int:
    """An instant no job of the list was created after, by whichever clock is ahead.

    A service lists by the order of its inserts; there created_at may step back by as long as a transaction takes.
    """
    seen = [created_ns(job) for stream in streams for job in stream.waiting] + [created_ns(job) for job in shown]
    now_ns = clock.epoch_ms(clock.now()) * 1_000_000
    return max([now_ns, *seen]) + CLOCK_MARGIN_NS


def _refill(streams: Sequence[_Stream], newest_ns: int | None, fetch: FetchPages) -> list[str]:
    """Fetch the pages that are needed, at once; returns the services that do not answer."""
    empty = {stream.service: stream for stream in streams if stream.needs_page}
    down: list[str] = []
    for page in fetch([stream.wanted() for stream in empty.values()]) if empty else ():
        if page.value is not None:
            empty[page.service].accept(page.value, newest_ns)
        elif page.is_unavailable:
            down.append(page.service)
        else:
            raise page.error or PlatformError("a service answered nothing")
    return down


def _take(streams: Sequence[_Stream], count: int, size_bytes: int) -> list[jobs_pb2.Job]:
    """Jobs, newest first, as long as the newest of every service is known and neither limit is reached."""
    taken: list[jobs_pb2.Job] = []
    while len(taken) < count and size_bytes > 0 and not any(stream.needs_page for stream in streams):
        heads = [stream for stream in streams if stream.waiting]
        if not heads:
            break
        newest = max(heads, key=lambda stream: (created_ns(stream.waiting[0]), stream.service))
        taken.append(newest.take())
        size_bytes -= taken[-1].ByteSize()
    return taken
