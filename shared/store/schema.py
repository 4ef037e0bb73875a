"""
The database's shape, and how an older one becomes the newest.

In:  an open connection.
Out: the same connection at the newest version; StoreError when it was written by a newer release.

`user_version` counts the migrations applied. A release adds one at the end and changes none.
"""

import sqlite3

from shared.store.interface import StoreError

_FIRST = (
    """
    CREATE TABLE incidents (
        id TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        state TEXT NOT NULL,
        open INTEGER NOT NULL,   -- 1: takes in further signals
        resource TEXT NOT NULL,  -- ids in lower case
        registry TEXT,
        opened TEXT NOT NULL,    -- UTC, fixed width, so that text order is time order
        updated TEXT NOT NULL,
        due TEXT,
        body TEXT NOT NULL       -- the whole incident but its signals, as JSON
    )
    """,
    "CREATE UNIQUE INDEX one_open_per_workload ON incidents (resource) WHERE open = 1",
    "CREATE INDEX newest_first ON incidents (opened DESC, id DESC)",
    """
    CREATE TABLE signals (
        n INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        incident TEXT NOT NULL,
        resource TEXT NOT NULL,
        source TEXT NOT NULL,
        at TEXT NOT NULL,
        text TEXT NOT NULL,
        UNIQUE (incident, id)
    )
    """,
    "CREATE INDEX seen_before ON signals (id, resource)",
    """
    CREATE TABLE records (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        incident TEXT NOT NULL,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        registry TEXT,
        plan TEXT,
        writes INTEGER NOT NULL,
        result TEXT,
        body TEXT NOT NULL
    )
    """,
    "CREATE INDEX of_incident ON records (incident)",
    "CREATE INDEX by_kind ON records (kind, at)",
    "CREATE TRIGGER no_change BEFORE UPDATE ON records "
    "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER no_removal BEFORE DELETE ON records "
    "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until TEXT NOT NULL)",
    # A reset breaker stays, without a reason: failures before `since` no longer count.
    "CREATE TABLE breakers (scope TEXT PRIMARY KEY, because TEXT, since TEXT NOT NULL)",
)

_LETTERS = (
    """
    CREATE TABLE letters (
        n INTEGER PRIMARY KEY AUTOINCREMENT,  -- counts those that made room, too
        id TEXT NOT NULL UNIQUE,
        at TEXT NOT NULL,
        source TEXT NOT NULL,
        reason TEXT NOT NULL,
        text TEXT NOT NULL,
        incident TEXT
    )
    """,
)

_OUTBOX = (
    """
    CREATE TABLE outbox (
        about TEXT NOT NULL,  -- an incident, or the scope of a breaker
        what TEXT NOT NULL,   -- its state
        since TEXT NOT NULL,
        due TEXT,             -- none: taken or told, and never told again
        tries INTEGER NOT NULL DEFAULT 0,
        reached TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (about, what)
    )
    """,
    "CREATE INDEX to_tell ON outbox (due) WHERE due IS NOT NULL",
    "CREATE TABLE channels (name TEXT PRIMARY KEY, at TEXT NOT NULL, error TEXT)",
)

_OF_WORKLOAD = ("CREATE INDEX of_workload ON incidents (resource, updated)",)

#: Places of Azure's that want no requests for a while, told by one process to the others.
_NOTICES = ("CREATE TABLE notices (place TEXT PRIMARY KEY, until TEXT NOT NULL)",)

_CROWDS = (
    "ALTER TABLE incidents ADD COLUMN finding TEXT",
    "CREATE INDEX alike ON incidents (registry, finding, opened)",
    "CREATE INDEX in_state ON incidents (state, opened)",
    """
    CREATE TABLE pulse (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        last TEXT NOT NULL,  -- when the sweep ran
        gap_from TEXT,       -- none: it had never run before
        gap_until TEXT
    )
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _FIRST,
    _LETTERS,
    _OUTBOX,
    _OF_WORKLOAD,
    _NOTICES,
    _CROWDS,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to the newest shape, once, however many processes start together."""
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have been first
        if version > len(MIGRATIONS):
            raise StoreError(
                f"the store was written by a newer release (version {version}, this one knows "
                f"{len(MIGRATIONS)}); deploy that release, or name another file in MEDIC_STORE"
            )
        for statement in (line for step in MIGRATIONS[version:] for line in step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
