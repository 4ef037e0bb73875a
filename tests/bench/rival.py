"""
`python -m tests.bench.rival medic|byhand SITE_ID`: one side of the race, as a process.

In:  one line of JSON for each run: the message the platform logged.
Out: one line of JSON: the seconds the fix took. The first line says that it is ready.

Sign-in, sockets and imports are kept between runs on both sides; each run of the Medic has an empty
store, so that every failure is new to it. Each side imports only what it needs.
"""

import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.errors import NotFixed

POLICY = """
version: 1
remedies:
  firewall-sync: {mode: auto, shared_egress: allow}
"""

Run = Callable[[str], float]


@contextmanager
def medic(site: str) -> Iterator[Run]:
    """The pipeline, from a signal to the read-back of what was written."""
    from shared import signals
    from shared.clients import cloud
    from shared.clients.connection import Connection
    from shared.medic import Medic
    from shared.model.words import State
    from shared.pipeline import heal
    from shared.settings import PolicyText, Settings
    from shared.store import SqliteStore

    connection, numbers = Connection(cloud.find("AzureCloud")), itertools.count()
    with tempfile.TemporaryDirectory(prefix="medic-bench-") as folder:

        def run(message: str) -> float:
            store = SqliteStore(Path(folder, f"{next(numbers)}.db"))
            settings = Settings(policy=PolicyText(POLICY))
            treating = Medic(settings, connection=connection, store=store)
            signal = signals.manual(site, message, now=treating.now(), id="bench")
            began = time.perf_counter()
            incident = heal(signal, medic=treating)
            seconds = time.perf_counter() - began
            if incident is None or incident.state is not State.VERIFYING:
                raise NotFixed(f"the incident is {incident and incident.state}")
            return seconds

        yield run


@contextmanager
def script(site: str) -> Iterator[Run]:
    """The script by hand."""
    from tests.bench import byhand

    fix = byhand.prepared(site)

    def run(message: str) -> float:
        began = time.perf_counter()
        added = fix()
        seconds = time.perf_counter() - began
        if not added:
            raise NotFixed("nothing was added")
        return seconds

    yield run


def main() -> None:
    side, site = sys.argv[1:]
    with {"medic": medic, "byhand": script}[side](site) as run:
        print("ready", flush=True)
        for asked in sys.stdin:
            print(run(json.loads(asked)), flush=True)


if __name__ == "__main__":
    main()
