"""
Who is on duty: the process's one Medic.

In:  the process's environment (through `shared.settings`).
Out: the Medic, built at the first question that needs one, unless another was put on duty.

Nothing is imported or opened before a door asks, so that a cold start pays only for its own door.
"""

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.medic import Medic

#: The one queue, the one for what could not be used (the host's own name for it), and the app
#: setting that says where they are.
QUEUE, POISON = "incidents", "incidents-poison"
STORAGE = "AzureWebJobsStorage"

_lock = threading.Lock()
_medic: "Medic | None" = None


def medic() -> "Medic":
    """The Medic on duty. Bad settings do not raise here: the Medic knows and writes nothing."""
    global _medic
    with _lock:
        if _medic is None:
            from shared import settings
            from shared.clients import telemetry
            from shared.medic import Medic

            telemetry.start_soon(os.environ)
            _medic = Medic.connect(settings.load(os.environ))
        return _medic


def at_work() -> "Medic":
    """The Medic for those nobody waits for: their first call sets up the telemetry, too."""
    from shared.clients import telemetry

    telemetry.start(os.environ)
    return medic()


def take_over(successor: "Medic | None") -> None:
    """Put this Medic on duty; None: the next question builds one from the settings it finds."""
    global _medic
    with _lock:
        _medic = successor
