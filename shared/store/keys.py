"""
Row keys: how one partition holds everything, each question one range of rows.

In:  ids, moments, names.
Out: row keys; ranges of them as a filter.

A table keeps its rows in the order of their keys and changes up to a hundred rows of one partition
together or not at all ("Performing entity group transactions", Table service). So all rows share
one partition, and what is asked for often is a row of its own:

    i:{incident}            the incident        i:{incident}:c   how much it has heard and recorded
    h:{incident}:{n}        what it heard       r:{incident}:{n} its audit
    n:{newest first}        the list            d:{incident}     what the sweep looks after
    o:{workload}            its newest incident s:{signal}       where a signal went
    w:{at}…  f:{at}…        announced writes, failed looks, by time
    l:{workload}:{newest first} its incidents
    x:{workload}:{incident} what a person refused               b:{scope}  breakers
    y:pulse                 when the sweep ran
    l:{newest first}        letters                             m          how many there ever were
    q:{about}:{state}       what a person is to be told         t:{about}:{state} was put up once
    c:{channel}             how a notification channel fared
    p:{place}               places of Azure's that are closed for a while

Keys hold no ids of resources, which may contain what a key may not: no slash, `#`, `?` and no
control character ("Understanding the Table service data model"); only hashes of them. What the
audit is about may be named by such an id (`breaker:/subscriptions/…`): any name but a plain one is
hashed, too. Pure.
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta

PARTITION = "medic"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 10**17  # microseconds; the year 5138
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,100}")


def digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode(errors="replace")).hexdigest()[:40]


def micros(at: datetime) -> int:
    """Microseconds since 1970, UTC; `at` knows its offset."""
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no offset from UTC")
    apart = at.astimezone(UTC) - _EPOCH
    return (apart.days * 86_400 + apart.seconds) * 1_000_000 + apart.microseconds


def named(id: str) -> str:
    """What stands for an incident, or for whatever else the audit is about, in a key."""
    return id if _PLAIN.fullmatch(id) else digest(id)


def incident(id: str) -> str:
    return f"i:{named(id)}"


def counts(id: str) -> str:
    return f"i:{named(id)}:c"


def heard(incident: str, number: int) -> str:
    return f"h:{named(incident)}:{number:09d}"


def record(incident: str, number: int) -> str:
    return f"r:{named(incident)}:{number:09d}"


def newest(opened: datetime, id: str) -> str:
    """Sorts the newest first and, among equals, the greater id."""
    backwards = "".join(f"{255 - byte:02x}" for byte in id.encode())
    return f"n:{_LAST - micros(opened):018d}:{backwards}"


def own(workload: str, opened: datetime, id: str) -> str:
    """The workload's incidents, newest first."""
    return f"l:{digest(workload)}:{_LAST - micros(opened):018d}:{named(id)}"


def waiting(id: str) -> str:
    return f"d:{named(id)}"


def workload(key: str) -> str:
    return f"o:{digest(key)}"


def signal(id: str, resource: str) -> str:
    return f"s:{digest(id, resource)}"


def counted(kind: str, at: datetime, incident: str, number: int) -> str:
    """`w` for announced writes, `f` for verifications that failed."""
    return f"{kind}:{micros(at):018d}:{digest(incident)}:{number:09d}"


def counted_at(key: str) -> str:
    """The moment in such a key, as a stamp."""
    at = _EPOCH + timedelta(microseconds=int(key.split(":")[1]))
    return at.isoformat(timespec="microseconds")


def refused(resource: str, incident: str) -> str:
    return f"x:{digest(resource)}:{named(incident)}"


def breaker(scope: str) -> str:
    return f"b:{digest(scope)}"


def letter(at: datetime, id: str) -> str:
    """Sorts the newest first."""
    return f"l:{_LAST - micros(at):018d}:{digest(id)}"


def letter_count() -> str:
    return "m"


def untold(about: str, what: str) -> str:
    return f"q:{digest(about)}:{what}"


def mark(about: str, what: str) -> str:
    return f"t:{digest(about)}:{what}"


def channel(name: str) -> str:
    return f"c:{digest(name)}"


def place(name: str) -> str:
    return f"p:{digest(name)}"


PULSE = "y:pulse"


def opened_since(at: datetime) -> str:
    """The filter for the lines of incidents opened at or after a moment."""
    return between("n:", f"n:{_LAST - micros(at):018d};")


def between(low: str, high: str) -> str:
    """The filter for low <= key < high. Keys are ours, so there is nothing to escape."""
    return f"PartitionKey eq '{PARTITION}' and RowKey ge '{low}' and RowKey lt '{high}'"


def below(prefix: str) -> str:
    """The filter for every key that starts so; ";" follows ":"."""
    return between(f"{prefix}:", f"{prefix};")


def since(kind: str, at: datetime) -> str:
    """The filter for counted rows after a moment."""
    return between(f"{kind}:{micros(at) + 1:018d}", f"{kind};")
