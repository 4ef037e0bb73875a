"""
Sending one write exactly once.

In:  the call that sends it, and what in it is secret.
Out: None when Azure took it; the Unreachable when nobody can say whether it did, and then what is
     read back decides. Raises whatever refused it, and then nothing was changed. Azure's words are
     left out of either where they repeat something secret that was sent.
"""

from collections.abc import Callable, Iterable
from typing import Any

from shared.clients.azure import Azure
from shared.errors import HealError, PermanentError, TransientError, Unreachable

#: For an SDK's operation: a write whose fate is unknown is never repeated by the SDK itself.
ONCE: dict[str, Any] = {"retry_total": 0}
#: Shorter values ("1", "true", "8080") are words, and found in any sentence.
_SHORTEST = 6


def once(
    azure: Azure, what: str, send: Callable[[], Any], *, secret: Iterable[str] = ()
) -> Unreachable | None:
    """`what` finishes the sentence "Azure answered … while we {what}"."""
    try:
        with azure.asking(what):
            send()
    except HealError as error:
        told = _discreet(error, what, secret)
        if isinstance(error, Unreachable):
            return told if isinstance(told, Unreachable) else error
        if isinstance(error, PermanentError) and not _was_refused(error):
            return Unreachable(str(told))  # the SDK stumbled over the body of a success
        if told is error:
            raise
        raise told from None
    return None


def _discreet(error: HealError, what: str, secret: Iterable[str]) -> HealError:
    """The error, without Azure's words (and the answer itself) if they repeat a secret."""
    said = str(error)
    if not any(len(value) >= _SHORTEST and value in said for value in secret):
        return error
    start = said.partition(f"while we {what}")[0]
    text = f"{start}while we {what}; its words repeat what was sent, and are left out"
    if isinstance(error, TransientError):
        return type(error)(text, delay=error.delay)
    return type(error)(text)


def _was_refused(error: HealError) -> bool:
    status = getattr(error.__cause__, "status_code", None)
    return bool(status and status >= 400)
