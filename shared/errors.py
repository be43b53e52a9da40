"""Owns the exception tree; every class says whether a retry helps. It must never import anything of ours.

PlatformError
 +- Transient              a retry helps: the network, a busy store, a provider's bad moment
 |   +- StoreUnavailable       PostgreSQL or Redis did not answer
 |   +- PeerUnavailable        another service did not answer in time
 |   +- UpstreamUnavailable    a provider failed, stalled or sent garbage
 |       +- UpstreamRateLimited    a provider said 429; carries retry_after
 |           +- CircuitOpen            too many of its calls failed; nobody calls it for now
 |           +- BudgetExhausted        what was bought of it is used up until the window turns
 |   +- LeaseLost              another worker may run this job now; nothing more may be written
 |   +- LockHeld               a named lock is held by another
 |       +- LockLost               … or was for a while, in the middle of the block that held it
 +- Permanent              a retry cannot help
 |   +- Unrecoverable          raised by a job: straight to dead
 |   +- Undecodable            bytes that are no job
 |   +- OutcomeRefused         the job's row is already final or of another generation
 |   +- ConfigurationInvalid   settings are missing or wrong; the process exits 78
 +- Rejected               the caller's fault; nothing was done
     +- InvalidArgument        a field has a wrong value; carries field and allowed values
     |   +- UnknownJob, UnknownQueue, UnknownService
     |   +- PayloadTooLarge
     +- NotFound
     +- AlreadyExists
     +- NotReady               the thing exists but has not what was asked for yet
     +- WrongState             the job's state does not allow this; carries it and the states that would
     +- Unauthenticated
     +- Forbidden
"""

from collections.abc import Sequence
from datetime import timedelta


class PlatformError(Exception):
    """Root of every error this platform raises on purpose."""


class Transient(PlatformError):
    """A retry helps."""


class StoreUnavailable(Transient):
    """PostgreSQL or Redis did not answer."""


class PeerUnavailable(Transient):
    """Another service did not answer within the deadline."""


class UpstreamUnavailable(Transient):
    """A provider failed, stalled or sent something that is not its wire format."""


class UpstreamRateLimited(UpstreamUnavailable):
    """A provider refused for now; `retry_after` is its own word or our estimate."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CircuitOpen(UpstreamRateLimited):
    """The circuit of a provider is open: it was not called, or its failure has just opened it."""


class BudgetExhausted(UpstreamRateLimited):
    """The budget of a provider is used up; it was not called."""


class LeaseLost(Transient):
    """The lease of this attempt is gone; another worker may run the job. Nothing more may be written for it."""


class LockHeld(Transient):
    """A named lock is held by another owner."""


class LockLost(LockHeld):
    """A named lock ended while its owner's block ran; another may have held it meanwhile."""


class Permanent(PlatformError):
    """A retry cannot help."""


class Unrecoverable(Permanent):
    """Raised by a job whose failure no retry can cure: the job goes straight to dead."""


class Undecodable(Permanent):
    """Bytes in the store that are no job of ours."""


class OutcomeRefused(Permanent):
    """The job's row is final already, or belongs to another generation; the transaction was rolled back."""


class ConfigurationInvalid(Permanent):
    """Settings are missing or wrong. `problems` holds one sentence per bad setting, each naming it."""

    exit_code = 78

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("invalid configuration:\n  " + "\n  ".join(problems))
        self.problems = tuple(problems)


class Rejected(PlatformError):
    """The caller's fault; nothing was done."""


class InvalidArgument(Rejected):
    """A field has a wrong value. `field` names it; `allowed` lists what would be accepted, when that is a list."""

    def __init__(self, message: str, *, field: str = "", allowed: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.field = field
        self.allowed = tuple(allowed)


class UnknownJob(InvalidArgument):
    """No job of this name here."""


class UnknownQueue(InvalidArgument):
    """No queue of this name here."""


class UnknownService(InvalidArgument):
    """No service of this name here."""


class PayloadTooLarge(InvalidArgument):
    """Above the size limit."""


class NotFound(Rejected):
    """No such thing."""


class AlreadyExists(Rejected):
    """A thing with this identity exists."""


class NotReady(Rejected):
    """The thing exists but has not what was asked for yet."""


class WrongState(Rejected):
    """A job's state does not allow what was asked. `state` is the job's; `allowed` lists those that would do."""

    def __init__(self, message: str, *, state: str = "", allowed: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.state = state
        self.allowed = tuple(allowed)


class Unauthenticated(Rejected):
    """No valid credential."""


class Forbidden(Rejected):
    """The credential does not allow this."""
