"""
Every way to fail, by what the caller should do next.

    HealError
    ├── TransientError          again later; nothing is wrong with the request
    │   ├── Throttled           Azure said 429: again after `delay`
    │   ├── InUse               another worker has it; again when it is done
    │   ├── LeaseLost           another worker may have what this one was changing
    │   └── Unreachable         no answer, a cut line, or a 5xx
    ├── PermanentError          a person now; again will not help
    │   ├── PermissionMissing   our own identity lacks an action
    │   ├── NotFound            the resource does not exist (any more)
    │   ├── Conflict            Azure refused the change: lock, policy, another operation
    │   ├── Refused             Azure answered with an error we have no better word for
    │   └── OutOfScope          the policy's scope does not include the resource
    ├── BadInput                what came in cannot be understood; the message says where
    ├── WriteForbidden          a write that no allowed step announced: a bug, stopped in time
    └── BudgetSpent             this incident has used up its calls to Azure

SDK exceptions become these once, in `shared/clients/`, and stay attached as the cause.
"""


class HealError(Exception):
    """Something to tell a person in one sentence: what happened, to what, what to do next."""


class TransientError(HealError):
    """Try again after `delay` seconds; nothing is wrong with the request."""

    def __init__(self, message: str, *, delay: float = 30.0) -> None:
        super().__init__(message)
        self.delay = delay


class Throttled(TransientError):
    """Azure asked for a pause. `delay` is its word, or ours where it gave none."""


class InUse(TransientError):
    """Another worker is busy with the incident, or with what it would change."""


class Unreachable(TransientError):
    """No usable answer: connection refused or cut, a time-out, or a 5xx."""


class LeaseLost(TransientError):
    """Another worker may have what this one was changing: write nothing more, look again."""


class PermanentError(HealError):
    """Trying again will not help; the message says what would."""


class PermissionMissing(PermanentError):
    """Our own identity lacks an action. Only a person can fix this."""


class NotFound(PermanentError):
    """The resource does not exist, or the identity may not know that it does."""


class Conflict(PermanentError):
    """Azure refused a change: a lock, a policy, or another operation under way."""


class Refused(PermanentError):
    """Azure refused for a reason we have no better word for; its own words are in the message."""


class OutOfScope(PermanentError):
    """The policy does not let this service look at or touch the resource."""


class BadInput(HealError):
    """What came in cannot be understood. The message names the field and what was expected."""


class WriteForbidden(HealError):
    """A request that would change Azure, and that no allowed step announced."""


class BudgetSpent(HealError):
    """This incident has used the calls to Azure that the policy grants it."""
