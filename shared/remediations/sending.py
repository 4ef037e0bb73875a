"""
Sending one write exactly once.

In:  the call that sends it.
Out: None when Azure took it; the Unreachable when nobody can say whether it did, and then what is
     read back decides. Raises whatever refused it, and then nothing was changed.
"""

from collections.abc import Callable
from typing import Any

from shared.clients.azure import Azure
from shared.errors import HealError, PermanentError, Unreachable

#: For an SDK's operation: a write whose fate is unknown is never repeated by the SDK itself.
ONCE: dict[str, Any] = {"retry_total": 0}


def once(azure: Azure, what: str, send: Callable[[], Any]) -> Unreachable | None:
    """`what` finishes the sentence "Azure answered … while we {what}"."""
    try:
        with azure.asking(what):
            send()
    except Unreachable as error:
        return error
    except PermanentError as error:
        if _was_refused(error):
            raise
        return Unreachable(str(error))  # the SDK stumbled over the body of a success
    return None


def _was_refused(error: HealError) -> bool:
    status = getattr(error.__cause__, "status_code", None)
    return bool(status and status >= 400)
