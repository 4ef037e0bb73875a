"""
The first answer of a fresh process: the alert door beside an app with nothing in it.

In:  the repository's own function_app and bare.py.
Out: a Table: time from the process's start to its answer, processor time, memory, modules.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from tests.bench.errors import NotFixed
from tests.bench.measuring import Row, Table, in_turns
from tests.bench.simulated import ROOT, environment
from tests.payloads import payload

_APPS = ("function_app", "tests.bench.bare")


@dataclass(frozen=True, slots=True)
class _First:
    seconds: float
    busy: float
    memory: float
    modules: int


def measure(*, rounds: int) -> Table:
    """Start both apps in turns. The first round, which compiles them, does not count."""
    with tempfile.TemporaryDirectory(prefix="medic-bench-") as folder:
        firsts = in_turns(
            {app: partial(_first, app, Path(folder)) for app in _APPS},
            rounds=rounds,
            what="first answer",
        )

    def row(what: str, of: Callable[[_First], float], unit: str = "") -> Row:
        ours, theirs = ([of(first) for first in firsts[app]] for app in _APPS)
        return Row.of(what, ours, theirs, unit)

    return Table(
        name="first-answer",
        title="First answer of a fresh process",
        ours="alert door",
        theirs="bare function app",
        rows=(
            row("start to first answer", lambda first: first.seconds, "s"),
            row("processor time by then", lambda first: first.busy, "s"),
            row("memory by then", lambda first: first.memory, "MiB"),
            row("modules loaded", lambda first: first.modules),
        ),
        meaning="What an alert that wakes the app waits for: all of the app's functions are "
        "indexed, the alert is read, its incident is opened in a new store, and it is queued.",
        method=f"""A new interpreter for each of {rounds} turns, compiled files warm; it loads the
app, indexes it and answers one alert, as a worker does. The worker itself and its channel to the
host are left out, so these are not the numbers of a deployed app.""",
    )


def _first(app: str, folder: Path) -> _First:
    run = uuid4().hex
    alert = payload("alert-log-v2")
    alert["data"]["essentials"]["alertId"] = f"/subscriptions/0/alerts/{run}"
    body = folder / f"{run}.json"
    body.write_text(json.dumps(alert), encoding="utf-8")
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.worker", app, str(body)],
        cwd=ROOT,
        env=environment({"MEDIC_STORE": f"sqlite:///{folder / run}.db"}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise NotFixed(f"{app} did not answer: {done.stderr[-500:]}")
    said = json.loads(done.stdout)
    if said["status"] != 202:
        raise NotFixed(f"{app} answered {said['status']}")
    return _First(said["at"] - began, said["busy"], said["memory"], said["modules"])
