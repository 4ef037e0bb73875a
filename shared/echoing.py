"""
Echoing: one structured log line for each record of the audit.

In:  an Incident and what happened to it.
Out: a line of the log with one field for each thing a chart asks for.

Losing it loses nothing, and whatever goes wrong with it stays here.
"""

import logging
import re
from contextlib import suppress

from shared.model.discretion import discreet
from shared.model.incident import Incident

log = logging.getLogger("shared.audit")

_LONGEST = 2000  # characters of one log line
#: Line ends, other control characters, and those that turn the direction of text.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def plain(text: str) -> str:
    """Text that stays on its line of the log: unsafe characters are written out."""
    kept = discreet(text[:_LONGEST])
    written = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", kept)
    return written if len(text) <= _LONGEST else f"{written}…"


def echo(incident: Incident, stage: str, text: str, *, level: int = logging.INFO) -> None:
    """One structured log line. Whatever goes wrong with it stays here."""
    with suppress(Exception):
        log.log(level, "%s: %s", incident.id, plain(text), extra=fields(incident, stage))


def fields(incident: Incident, stage: str) -> dict[str, str]:
    """What a chart asks of every line: one value each, empty when not known yet."""
    steps = incident.plan.steps if incident.plan else ()
    values: dict[str, object] = {
        "incident": incident.id,
        "stage": stage,
        "resource": incident.resource,
        "registry": incident.registry,
        "cause": incident.cause,
        "finding": incident.diagnosis.finding if incident.diagnosis else None,
        "remedy": ",".join(dict.fromkeys(step.remedy.value for step in steps)),
        "verdict": incident.decision.verdict if incident.decision else None,
    }
    return {name: plain(str(value)) if value else "" for name, value in values.items()}
