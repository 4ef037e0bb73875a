"""
Signals: from what came in through a door to our own noun, or a reason why not.

In:  the bytes of an alert, one event, a person's wish, or a message from our own queue.
Out: an Intake (signals accepted, and what was ignored with reasons), a Signal, or BadInput; and a
     letter for the poison queue about what was none of these.

Pure, and light enough for the alert door (nothing heavier than msgspec). Nothing in a payload is
authority: not its addresses, not its queries, not its free text; a resource id in it is only a
place to look. What is worth doing about a signal is decided elsewhere.
"""

from shared.signals.alerts import from_alert
from shared.signals.events import from_event
from shared.signals.intake import LONGEST_TEXT, Ignored, Intake
from shared.signals.letters import legible, said, seal, unseal
from shared.signals.person import manual
from shared.signals.queued import dump, load

__all__ = [
    "LONGEST_TEXT",
    "Ignored",
    "Intake",
    "dump",
    "from_alert",
    "from_event",
    "legible",
    "load",
    "manual",
    "said",
    "seal",
    "unseal",
]
