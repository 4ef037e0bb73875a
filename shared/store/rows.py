"""
Between our nouns and the rows of the database.

In:  nouns, or rows.
Out: rows, or nouns; StoreError for a row that is damaged.

What reads or writes whole incidents loads the codec when called, never before: the alert door does
not need it. Pure.
"""

import hashlib
import json
import logging
from base64 import b32encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.model.discretion import discreet
from shared.model.letter import Letter
from shared.model.signal import Signal
from shared.model.words import OPEN_STATES, State
from shared.store.interface import STUCK, Pulse, Record, StoreError

if TYPE_CHECKING:
    from shared.model.incident import Heard, Incident

log = logging.getLogger(__name__)

_LONGEST_TEXT = 4000  # characters of one signal's text


def incident_id(signal: Signal, now: datetime) -> str:
    """`inc-20261122-k3f9…`: the day it was opened, then the first signal and the workload.

    The same signal opened twice on one day by two machines gives one id, never two incidents.
    """
    digest = hashlib.sha256(f"{signal.id}\n{signal.resource.key}".encode(errors="replace")).digest()
    return f"inc-{now.astimezone(UTC):%Y%m%d}-{b32encode(digest)[:12].decode().lower()}"


def stamp(at: datetime) -> str:
    """UTC as text of fixed width, so that text order is time order."""
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no offset from UTC")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    return moment(text) if text else None


def pulse(row: Any) -> Pulse:
    """The pulse in a row."""
    gap = [moment_or_none(row[name]) for name in ("gap_from", "gap_until")]
    return Pulse(last=moment(row["last"]), gap_from=gap[0], gap_until=gap[1])


def clean(text: str) -> str:
    """Text that UTF-8 can hold: payloads may carry half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def first_incident(id: str, signal: Signal, now: datetime) -> dict[str, str]:
    """A new incident, in the form `codec.write_incident` gives it, without loading the codec."""
    body: dict[str, Any] = {
        "id": id,
        "state": State.RECEIVED,
        "resource": {"text": signal.resource.text},
        "opened": stamp(now),
        "updated": stamp(now),
        "timeline": [
            {
                "at": stamp(now),
                "stage": "received",
                "text": f"heard of a failing pull from {clean(signal.source)}",
            }
        ],
    }
    if signal.trace:
        body["trace"] = signal.trace
    return {
        "id": id,
        "state": State.RECEIVED.value,
        "resource": signal.resource.key,
        "now": stamp(now),
        "body": json.dumps(body),
    }


def incident_row(incident: "Incident") -> dict[str, object]:
    from shared.store.codec import write_incident

    due = incident.verification.due if incident.verification else None
    if incident.undoing:  # should whoever takes it back die, the sweep goes on
        due = min(due or incident.updated + STUCK, incident.updated + STUCK)
    return {
        "id": incident.id,
        "version": incident.version,
        "state": incident.state.value,
        "open": int(incident.state in OPEN_STATES),
        "resource": incident.resource.key,
        "registry": incident.registry.key if incident.registry else None,
        "opened": stamp(incident.opened),
        "updated": stamp(incident.updated),
        "due": stamp(due) if due else None,
        "undoing": bool(incident.undoing) or None,
        "finding": incident.diagnosis.finding.value if incident.diagnosis else None,
        "body": write_incident(incident),
    }


def signal_row(signal: Signal, incident: str) -> tuple[str, ...]:
    """A signal as its incident remembers it."""
    text = discreet(clean(signal.text[:_LONGEST_TEXT]))
    origin = (clean(signal.id), incident, signal.resource.key, clean(signal.source))
    return (*origin, stamp(signal.at), text)


def signal_rows(incident: "Incident") -> Iterator[tuple[str, ...]]:
    for heard in incident.signals:
        texts = (clean(heard.source), stamp(heard.at), discreet(clean(heard.text)))
        yield (clean(heard.id), incident.id, incident.resource.key, *texts)


def record_row(record: Record) -> dict[str, object]:
    from shared.store.codec import write_record

    return {
        "incident": clean(record.incident),
        "at": stamp(record.at),
        "kind": record.kind.value,
        "resource": record.resource.lower() if record.resource else None,
        "registry": record.registry.lower() if record.registry else None,
        "plan": record.plan,
        "writes": record.writes,
        "result": record.result.value if record.result else None,
        "body": write_record(record),
    }


def letter_row(letter: Letter) -> dict[str, str | None]:
    return {
        "id": clean(letter.id),
        "at": stamp(letter.at),
        "source": clean(letter.source),
        "reason": clean(letter.reason),
        "text": discreet(clean(letter.text)),
        "incident": letter.incident,
    }


def letter(row: Any) -> Letter | None:
    """The letter in a row; None when the row is damaged, which must hide no other letter."""
    try:
        kept = {name: str(row[name]) for name in ("id", "source", "reason", "text")}
        return Letter(**kept, at=moment(row["at"]), incident=row["incident"])
    except (ValueError, KeyError, TypeError) as error:
        log.error("A letter cannot be read: %r", error)
        return None


def incident(row: Any, heard: "tuple[Heard, ...]") -> "Incident":
    """The incident in a row; StoreError when the row is damaged."""
    from shared.store.codec import read_incident

    try:
        return read_incident(row["body"], version=row["version"], signals=heard)
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise StoreError(
            f"incident {row['id']} cannot be read ({error}): its row is damaged; "
            "its audit records are kept apart and may still tell"
        ) from error


def signals(found: Iterable[Any]) -> "tuple[Heard, ...]":
    """What the incident heard, oldest first as given; a damaged row hides no other."""
    from shared.model.incident import Heard

    heard = []
    for row in found:
        try:
            at = moment(row["at"])
            heard.append(Heard(id=row["id"], source=row["source"], at=at, text=row["text"]))
        except (ValueError, TypeError, LookupError) as error:
            log.error("A signal that an incident heard cannot be read: %s", error)
    return tuple(heard)
