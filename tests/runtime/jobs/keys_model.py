"""Owns what keys should mean, in plain Python without stores: the yardstick of test_keys_model.

It must never be made to agree with the rows; where they differ, decisions/0013 decides.
"""

from dataclasses import dataclass, field

ATTEMPTS = 3


@dataclass
class Known:
    """One job. `place` is ready, later, quiet (debounced), line or over."""

    id: str
    number: int
    key: str = ""
    mode: str = ""
    line: str = ""
    place: str = "ready"
    attempts: int = 0
    crashes: int = 0
    has_started: bool = False
    #: Ready before its time: only the index believes so.
    is_early: bool = False
    #: Its end is in its row, not only in the index.
    is_settled: bool = False


@dataclass
class KeysModel:
    """All jobs in the order of their rows, which job each key means, and the times to live that have not run out."""

    jobs: list[Known] = field(default_factory=list)
    holders: dict[str, Known] = field(default_factory=dict)
    timed: set[str] = field(default_factory=set)

    def meant(self, key: str) -> Known | None:
        """The job that the key means, if it does."""
        holder = self.holders.get(key)
        if holder is None:
            return None
        if holder.mode == "for":
            return holder if key in self.timed else None
        if holder.place == "over":
            return None
        return holder if holder.mode == "until_done" or not holder.has_started else None

    def submit(self, number: int, key: str, mode: str, line: str) -> Known | None:
        """The job that was there; None when a new one is made."""
        holder = self.meant(key) if key else None
        if holder is not None:
            if mode == holder.mode and mode in ("debounce", "keep_latest"):
                holder.number = number
                if mode == "debounce" and holder.place == "ready":
                    holder.place = "quiet"
            return holder
        # A job that has ended in the index alone is settled by who wants its key, if only its end frees it.
        if key in self.holders and self.holders[key].place == "over" and self.holders[key].mode == "until_done":
            self.holders[key].is_settled = True
        return None

    def add(self, job: Known) -> None:
        """A new job, which its id tells."""
        if job.mode == "keep_latest":
            job.line = f"latest {job.key}"
        if job.line and self.is_busy(job.line):
            job.place = "line"
        elif job.mode == "debounce":
            job.place = "quiet"
        self.jobs.append(job)
        self._hold(job)

    def _hold(self, job: Known) -> None:
        if job.key:
            self.holders[job.key] = job
            if job.mode == "for":
                self.timed.add(job.key)

    def is_busy(self, line: str, *, but: Known | None = None) -> bool:
        """Somebody of this line has not ended in his row."""
        return any(job.line == line and not job.is_settled and job is not but for job in self.jobs)

    def requeue(self, job: Known) -> bool:
        """A finished job lives again; False when another has its key."""
        if job.key and job.mode != "for":
            if self.meant(job.key) not in (None, job):
                return False
            self._hold(job)
        is_busy = bool(job.line) and self.is_busy(job.line, but=job)
        job.place, job.attempts, job.has_started, job.is_settled = "line" if is_busy else "ready", 0, False, False
        return True

    def settle(self) -> None:
        """Every end is in its row."""
        for job in self.jobs:
            job.is_settled = job.place == "over"

    def advance(self) -> None:
        """The first of every line goes when nobody else of it lives outside the line."""
        for line in {job.line for job in self.jobs if job.place == "line"}:
            if all(job.place in ("line", "over") for job in self.jobs if job.line == line):
                first = next(job for job in self.jobs if job.line == line and job.place == "line")
                first.place = "quiet" if first.mode == "debounce" and not first.has_started else "ready"

    def ran(self, job: Known, way: str) -> None:
        """One attempt ended this way."""
        job.has_started, job.is_early = True, False
        job.attempts += way != "snooze"
        if way == "complete" or (way == "fail" and job.attempts == ATTEMPTS):
            job.place = "over"
        else:
            job.place = "later"

    def lose_the_index(self) -> None:
        """Rows are all that is left."""
        for job in self.at("ready"):
            job.place, job.is_early = "later" if job.is_early else "ready", False

    def at(self, *places: str) -> list[Known]:
        return [job for job in self.jobs if job.place in places]
