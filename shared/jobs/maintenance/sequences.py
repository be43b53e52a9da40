"""Owns that the next job of a sequence goes when the one before it has ended. It must never let two of one key go."""

from shared.jobs.echoes import echoes
from shared.jobs.ledger import lines
from shared.jobs.submission import Jobs

BATCH = 200


def advance_once(jobs: Jobs) -> bool:
    """Let the first of every line go in which nobody is at work; True when there may be more at once."""
    return advance(jobs) == BATCH


def advance(jobs: Jobs) -> int:
    """Do so for one batch of lines; how many went.

    Only rows decide, so that nothing is lost with the index: who waits is not in it. A crash between commit and push
    leaves the push to the relay.
    """
    with jobs.database.unit_of_work() as work:
        free = lines.free(work, limit=BATCH)
    if not free:
        return 0
    deadline_ms = jobs.push_deadline()
    with jobs.database.unit_of_work() as work:
        lines.lock(work, free, lines.GATE)
        echoing = echoes(work, jobs.scripts, free)
        gone = lines.go(work, [key for key in free if key not in echoing])
        # Theirs may be the start that frees a unique key, which their row has to know of.
        work.after_commit(lambda: jobs.push(gone, deadline_ms=deadline_ms, must_check=True))
    return len(gone)
