"""
The SQL of the store, one statement per question; values only ever as parameters.

Pure.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from shared.errors import BadInput

SEEN_BEFORE = "SELECT incident FROM signals WHERE id = ? AND resource = ? ORDER BY n LIMIT 1"
OPEN_ONE = "SELECT id FROM incidents WHERE resource = ? AND open = 1"
#: The open incident, else the newest one whose failure was left unsolved not long ago.
JOINABLE = """
    SELECT id FROM incidents
    WHERE resource = ? AND (open = 1 OR (state IN (?, ?) AND updated >= ?))
    ORDER BY open DESC, opened DESC, id DESC LIMIT 1
"""
OPEN = """
    INSERT INTO incidents (id, version, state, open, resource, opened, updated, body)
    VALUES (:id, 1, :state, 1, :resource, :now, :now, :body)
"""
HEAR = """
    INSERT OR IGNORE INTO signals (id, incident, resource, source, at, text)
    VALUES (?, ?, ?, ?, ?, ?)
"""
HEARD = "SELECT id, source, at, text FROM signals WHERE incident = ? ORDER BY n DESC LIMIT ?"

INCIDENT = "SELECT id, version, body FROM incidents WHERE id = ?"
INSERT = """
    INSERT INTO incidents
        (id, version, state, open, resource, registry, opened, updated, due, finding, body)
    VALUES (:id, :version, :state, :open, :resource, :registry, :opened, :updated, :due, :finding,
        :body)
    ON CONFLICT (id) DO NOTHING
"""
UPDATE = """
    UPDATE incidents SET version = :version, state = :state, open = :open, resource = :resource,
        registry = :registry, opened = :opened, updated = :updated, due = :due,
        finding = :finding, body = :body
    WHERE id = :id AND version = :version - 1
"""
# "0" follows "/": between the two lie exactly the ids below a scope.
PAGE = """
    SELECT id, version, opened, body FROM incidents
    WHERE (:opened IS NULL OR (opened, id) < (:opened, :id))
      AND (:state IS NULL OR state = :state)
      AND (:since IS NULL OR opened >= :since)
      AND (:resource IS NULL OR resource = :resource
           OR (resource > :resource || '/' AND resource < :resource || '0'))
      AND (:registry IS NULL OR registry = :registry
           OR (registry > :registry || '/' AND registry < :registry || '0'))
    ORDER BY opened DESC, id DESC LIMIT :limit
"""
DUE = """
    SELECT id, version, body FROM incidents
    WHERE ((due <= :now OR (due IS NOT NULL AND updated > :ahead))
      AND (open = 1 OR state IN ('unverified', 'explained')
           OR CASE WHEN json_valid(body) THEN json_extract(body, '$.undoing') END IS NOT NULL))
       OR (due IS NULL AND (updated <= :stuck OR updated > :ahead)
           AND open = 1 AND state <> 'held')  -- a person's turn
    ORDER BY coalesce(due, updated)
"""
#: `open = 1` lets the index of the open ones be used.
BACKLOG = """
    SELECT id, resource, registry FROM incidents
    WHERE open = 1 AND state = 'received' AND (due IS NULL OR due <= :now) AND updated <= :since
    ORDER BY coalesce(due, updated) LIMIT :limit
"""
UNSETTLED = """
    SELECT count(*) FROM (
        SELECT 1 FROM incidents WHERE open = 1 AND updated > ?
          AND state IN ('received', 'diagnosing', 'applying') LIMIT ?
    )
"""
LATELY = """
    SELECT id, version, body FROM incidents
    WHERE resource = ? AND updated >= ? ORDER BY opened DESC, id DESC LIMIT ?
"""

RECORD = """
    INSERT INTO records (incident, at, kind, registry, plan, writes, result, body)
    VALUES (:incident, :at, :kind, :registry, :plan, :writes, :result, :body)
"""
RECORDS = "SELECT n, body FROM records WHERE incident = ? ORDER BY n"
_SPENT = """
    SELECT coalesce(sum(writes), 0) AS writes, min(at) AS oldest FROM records AS told
    WHERE kind = 'intent' AND writes > 0 AND at > ?
"""
WRITES = _SPENT
WRITES_AT = f"{_SPENT} AND registry = ?"
WRITES_FOR = (
    f"{_SPENT} AND EXISTS (SELECT 1 FROM incidents WHERE id = told.incident AND resource = ?)"
)
WRITTEN = """
    SELECT at FROM records
    WHERE kind = 'intent' AND registry = ? AND writes > 0 AND at > ? ORDER BY at
"""
FAILED_BEFORE = """
    SELECT 1 FROM records
    WHERE kind = 'verification' AND plan = ? AND at > ? AND result IN ('failed', 'unverified')
    LIMIT 1
"""
REFUSED = """
    SELECT id, state, updated FROM incidents
    WHERE resource = ? AND registry = ? AND state IN ('rejected', 'rolled-back') AND updated > ?
    ORDER BY updated DESC LIMIT 1
"""
# A reset counts from its moment on, unless a clock that ran ahead put it into the future.
FAILURES = """
    SELECT registry, count(*) AS failed FROM records AS told
    WHERE kind = 'verification' AND result = 'failed' AND registry IS NOT NULL AND at >= :since
      AND at > coalesce((
          SELECT max(since) FROM breakers
          WHERE because IS NULL AND since <= :now AND scope IN (told.registry, '*')
      ), '')
    GROUP BY registry
"""

CROWD = """
    SELECT count(DISTINCT resource) AS others, min(opened) AS since FROM incidents
    WHERE registry = :registry AND finding = :finding AND resource <> :workload
      AND opened >= :day AND (open = 1 OR opened >= :hour)
"""
HELD = "SELECT count(*) AS held, min(opened) AS oldest FROM incidents WHERE state = 'held'"
BEAT = """
    INSERT INTO pulse (one, last, gap_from, gap_until) VALUES (1, :now, NULL, :now)
    ON CONFLICT (one) DO UPDATE SET last = :now,
        gap_from = CASE WHEN last < :late THEN last ELSE gap_from END,
        gap_until = CASE WHEN last < :late THEN :now ELSE gap_until END
"""
PULSE = "SELECT last, gap_from, gap_until FROM pulse"

# No lease lasts so long: a clock that ran ahead stamped it, and its holder asks before each write.
LEASE = """
    INSERT INTO leases (name, holder, until) VALUES (:name, :holder, :until)
    ON CONFLICT (name) DO UPDATE SET holder = :holder, until = :until
    WHERE leases.until <= :now OR leases.holder = :holder OR leases.until > :longest
"""
LEASE_ANYHOW = "INSERT OR REPLACE INTO leases (name, holder, until) VALUES (?, ?, ?)"
RENEW = "UPDATE leases SET until = ? WHERE name = ? AND holder = ?"
RELEASE = "DELETE FROM leases WHERE name = ? AND holder = ?"

BREAKER = "SELECT because FROM breakers WHERE scope IN (?, '*') AND because IS NOT NULL LIMIT 1"
BREAKERS = "SELECT scope, because, since FROM breakers WHERE because IS NOT NULL ORDER BY since"
TRIPPED = "SELECT 1 FROM breakers WHERE scope = ? AND because IS NOT NULL"
TRIP = "INSERT OR REPLACE INTO breakers (scope, because, since) VALUES (?, ?, ?)"
CLOSE = "INSERT OR REPLACE INTO notices (place, until) VALUES (?, ?)"
CLOSED = "SELECT place, until FROM notices WHERE until > ?"
RESET = "UPDATE breakers SET because = NULL, since = ? WHERE scope = ? AND because IS NOT NULL"

BURY = """
    INSERT INTO letters (id, at, source, reason, text, incident)
    SELECT :id, :at, :source, :reason, :text, :incident
    WHERE NOT EXISTS (SELECT 1 FROM letters WHERE id = :id)  -- a conflict would use up a number
"""
MAKE_ROOM = "DELETE FROM letters WHERE n <= (SELECT max(n) FROM letters) - ?"
LETTERS = "SELECT n, id, at, source, reason, text, incident FROM letters ORDER BY n DESC LIMIT ?"


def below(column: str, scope: str | None) -> dict[str, str | None]:
    """The parameter that keeps one id, or all below it."""
    return {column: scope.strip().rstrip("/").lower() if scope else None}


def cursor(row: Any) -> str:
    """Where a page ended, opaque to the reader."""
    return urlsafe_b64encode(json.dumps([row["opened"], row["id"]]).encode()).decode()


def after(text: str | None) -> dict[str, str | None]:
    """The parameters that continue after a cursor; BadInput for one we did not make."""
    if text is None:
        return {"opened": None, "id": None}
    try:
        opened, id = json.loads(urlsafe_b64decode(text.encode()))
        if not (isinstance(opened, str) and isinstance(id, str)):
            raise ValueError("not two texts")
    except ValueError as error:
        raise BadInput("the cursor is not one this service gave; start without it") from error
    return {"opened": opened, "id": id}
