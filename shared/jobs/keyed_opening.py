"""Owns how jobs that are unique or in a sequence come into being: which key means which job, and who waits.

It must never commit, and never push: its caller's transaction decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlalchemy.exc import DataError

from shared.db import UnitOfWork
from shared.errors import AlreadyExists
from shared.jobs.echoes import echoes
from shared.jobs.ledger import ledger, lines, opening, queries, unique_locks
from shared.jobs.ledger.records import Job, OutcomeRecord, Submission
from shared.jobs.ledger.time_rows import keep
from shared.jobs.ledger.unique_locks import Locks, UniqueLock, Wish, wish_of
from shared.jobs.scripts import Scripts
from shared.jobs.states import State
from shared.jobs.uniqueness import LATEST_MODES, START_MODES
from shared.jobs.unsettled import outcomes_of

if TYPE_CHECKING:
    from shared.jobs.submission import Jobs

Key = tuple[str, str]


@dataclass(slots=True)
class Opened:
    """What came of submissions, in their order; and what the index is to be told after the commit."""

    jobs: list[Job] = field(default_factory=list)
    #: New and waiting for nobody; the second kind's first start asks the row.
    fresh: list[Job] = field(default_factory=list)
    fresh_asking: list[Job] = field(default_factory=list)
    #: Debounced jobs that are due later than the index believes.
    postponed: list[Job] = field(default_factory=list)


def open_keyed(work: UnitOfWork, submissions: Sequence[Submission], jobs: "Jobs") -> Opened:
    """Open these, or find the jobs that their keys mean; the rows of keys stay locked until the transaction ends."""
    opened, known = Opened(), _known_children(work, submissions)
    leaders = _leaders(submission for submission in submissions if submission.id not in known)
    wishes = {key: wish_of(leader) for key, leader in leaders.items()}
    locks = unique_locks.take(work, list(wishes.values()))
    holders = holders_of(work, wishes, locks, jobs)
    meant = {key: _met(work, leaders[key], locks[key], holder, opened) for key, holder in holders.items()}
    won = {key: leader for key, leader in leaders.items() if key not in holders}
    locks |= unique_locks.give(work, [wishes[key] for key in won if locks[key].job_id != wishes[key].id])
    fresh = [_due(leader, locks[key]) for key, leader in won.items()]
    fresh += [one for one in submissions if one.unique is None and one.id not in known]
    made = _open_all(work, jobs.scripts, _in_order(submissions, fresh), opened)
    meant |= {key: made[leader.id] for key, leader in won.items()}
    for one in submissions:
        job = made.get(one.id) or known.get(one.id) or meant[_key(one)]
        opened.jobs.append(job if one.id in made else replace(job, already_existed=True))
    return opened


def retake(work: UnitOfWork, job_id: str, jobs: "Jobs") -> str | None:
    """A finished job is about to live again: it takes its key, as a new submission would; returns its line, held.

    Raises AlreadyExists naming the job that has the key by now.
    """
    wish, line = unique_locks.keys_of(work, job_id)
    if wish is not None and wish.mode != "for":
        key = (wish.name, wish.key)
        locks = unique_locks.take(work, [wish])
        holder = holders_of(work, {key: wish}, locks, jobs).get(key)
        if holder is not None:
            raise AlreadyExists(f"job {holder.id} is live and has the unique key {wish.key!r} by now")
        unique_locks.give(work, [wish])
    if line is not None:
        lines.lock(work, [line], lines.DOOR)
        lines.lock(work, [line], lines.GATE)
    return line


def busy(work: UnitOfWork, scripts: Scripts, keys: Sequence[str]) -> set[str]:
    """Lines in which anybody waits, is at work, or was cancelled a moment ago and still runs."""
    taken = lines.busy(work, keys)
    return taken | echoes(work, scripts, [key for key in keys if key not in taken])


def _known_children(work: UnitOfWork, submissions: Sequence[Submission]) -> dict[str, Job]:
    """Ids of children derive from their parent: a repeated attempt means the same ones, whatever their keys say."""
    found = (queries.get(work, submission.id) for submission in submissions if submission.parent_id is not None)
    return {job.id: job for job in found if job is not None}


def _key(submission: Submission) -> Key:
    return submission.name, submission.unique_key


def _leaders(submissions: Iterable[Submission]) -> dict[Key, Submission]:
    """One submission a key: the first, with the last one's arguments where the newest ones count."""
    leaders: dict[Key, Submission] = {}
    for one in submissions:
        if one.unique is None:
            continue
        first = leaders.setdefault(_key(one), one)
        if one.unique.mode in LATEST_MODES:
            leaders[_key(one)] = replace(first, args_json=one.args_json)
    return leaders


def holders_of(work: UnitOfWork, wishes: dict[Key, Wish], locks: Locks, jobs: "Jobs") -> dict[Key, Job]:
    """The jobs that keys mean already. One that has ended in the index alone ends here, so that its key is free."""
    others = {key: lock for key, lock in locks.items() if lock.job_id != wishes[key].id}
    found = {key: job for key, lock in others.items() if (job := queries.get(work, lock.job_id)) is not None}
    held = {key: job for key, job in found.items() if _holds(others[key], job)}
    ended = outcomes_of(jobs.scripts, [job.id for key, job in held.items() if others[key].mode != "for"])
    if ended and _settle(work, jobs, ended):
        again = {key: queries.get(work, job.id) for key, job in held.items()}
        held = {key: job for key, job in again.items() if job is not None and _holds(others[key], job)}
    return held


def _holds(lock: UniqueLock, job: Job) -> bool:
    if lock.mode == "for":
        return lock.is_current
    return job.finished_at is None and not (lock.mode in START_MODES and lock.is_started)


def _settle(work: UnitOfWork, jobs: "Jobs", ended: list[tuple[str, OutcomeRecord]]) -> bool:
    try:
        with work.connection.begin_nested():
            live = ledger.settle(work, ended)
    except DataError:  # the settler knows what to do about it
        return False
    jobs.ended(work, [(job_id, State(record.state)) for job_id, record in ended if live.get(job_id)])
    return bool(live)


def _met(work: UnitOfWork, leader: Submission, lock: UniqueLock, holder: Job, opened: Opened) -> Job:
    """A key that means a job already: the newest arguments and a new time, where its mode says so."""
    unique = leader.unique
    if unique is None or unique.mode != lock.mode or lock.mode not in LATEST_MODES:
        return replace(holder, already_existed=True)
    due_at: datetime | None = None
    if unique.wait is not None and unique.max_wait is not None:
        due_at = unique_locks.postpone(work, lock, wait=unique.wait, max_wait=unique.max_wait)
    unique_locks.replace_args(work, holder.id, leader.args_json, due_at)
    job = queries.get(work, holder.id) or holder
    if due_at is not None and job.state is not State.BLOCKED:
        opened.postponed.append(job)
    return replace(job, already_existed=True)


def _due(submission: Submission, lock: UniqueLock) -> Submission:
    return submission if lock.due_at is None else replace(submission, scheduled_for=lock.due_at)


def _in_order(submissions: Sequence[Submission], fresh: Sequence[Submission]) -> list[Submission]:
    place = {submission.id: at for at, submission in enumerate(submissions)}
    return sorted(fresh, key=lambda one: place[one.id])


def _open_all(work: UnitOfWork, scripts: Scripts, fresh: Sequence[Submission], opened: Opened) -> dict[str, Job]:
    """Write the rows; those that have somebody before them in their line are blocked."""
    if not fresh:
        return {}
    line_of = {one.id: _line(one) for one in fresh}
    lines.lock(work, [line for one in fresh if one.sequence and (line := line_of[one.id])], lines.DOOR)
    taken = busy(work, scripts, sorted({line for line in line_of.values() if line is not None}))
    jobs = _rows(work, fresh)
    notes: list[dict[str, object]] = []
    made = {}
    for one, row in zip(fresh, jobs, strict=True):
        line, unique = line_of[one.id], one.unique
        waits = line is not None and line in taken
        if line is not None:
            taken.add(line)
        notes.append({
            "id": one.id, "mode": unique.mode if unique else None, "key": one.unique_key or None, "line": line,
            "waits": waits,
        })  # fmt: skip
        job = replace(row, state=State.BLOCKED, wait_reason="sequence") if waits else row
        made[str(job.id)] = job
        if not waits:
            (opened.fresh_asking if unique and unique.mode in START_MODES else opened.fresh).append(job)
    lines.note(work, notes)
    return made


def _rows(work: UnitOfWork, fresh: Sequence[Submission]) -> list[Job]:
    rows = opening.open_many(work, fresh) if len(fresh) > 1 else [opening.open_one(work, fresh[0])]
    written = [row for row in rows if row is not None]
    if len(written) < len(fresh):
        raise AlreadyExists(f"job {fresh[0].id} exists already")
    keep(work, fresh)
    return written


def _line(submission: Submission) -> str | None:
    """A user's key, or that of a keep-latest job, whose submitters are one after the other by their unique key."""
    if submission.sequence:
        return f"key:{submission.sequence}"
    if submission.unique is not None and submission.unique.mode == "keep_latest":
        return f"latest:{submission.name}:{submission.unique_key}"
    return None
