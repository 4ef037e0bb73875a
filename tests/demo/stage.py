"""
The stage: the simulated Azure and the local function host as processes of their own.

In:  the policy in force.
Out: a Stage that talks to both over HTTP, as Azure and a person would. Ends them when it ends.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

_ROOT = Path(__file__).resolve().parents[2]
_START, _ANSWER = 60, 30  # seconds
_FOREIGN = ("MEDIC_", "AZURE_", "IDENTITY_", "SCENARIO", "PORT", "LATENCY_MS", "READY")
#: POSTs that only ask; everything else that is not a GET or HEAD changes Azure.
_ASKING = (
    "/providers/microsoft.resourcegraph/resources",
    "/list",
    "/listcredentials",
    "/listsecrets",
    "/query",
    "/oauth2/token",
    "/oauth2/exchange",
    "/checknameavailability",
)


class NotReady(Exception):
    """The processes did not start; the message holds what they said."""


class Stage:
    """Both ends of the wire. Any answer but the wanted one raises."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self._control, self._functions = ready["control"], ready["functions"]
        self._web = requests.Session()
        self._web.trust_env = False  # a proxy of this machine has nothing to do here

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """The simulated Azure's control API."""
        return self._ask(method, f"{self._control}{path}", body, (200,))

    def door(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """One of the product's own doors."""
        return self._ask(method, f"{self._functions}/api{path}", body, (status,))

    def event(self, events: list[dict[str, Any]]) -> None:
        """Event Grid delivers."""
        path = "/runtime/webhooks/eventgrid?functionName=on_event"
        self._ask("POST", self._functions + path, events, (200, 202))

    def sweep(self) -> None:
        """The timer fires now."""
        self._ask("POST", f"{self._functions}/admin/functions/sweep", {}, (202,))

    def writes(self, since: int) -> list[str]:
        """Every request since then that asked Azure to change something, and what it answered."""
        found = []
        for one in self.control("GET", f"/traffic?since={since}"):
            asked, answer = one["liveRequest"], one["liveResponse"] or {}
            path = asked["url"].split("?")[0].rstrip("/")
            if asked["method"] in ("GET", "HEAD") or path.lower().endswith(_ASKING):
                continue
            status = answer.get("statusCode")
            refused = "" if str(status).startswith("2") else f" answered {status}"
            found.append(f"{asked['method']} {'/'.join(path.split('/')[-2:])}{refused}")
        return found

    def traffic(self) -> int:
        """The number of the last exchange so far."""
        return max((one["n"] for one in self.control("GET", "/traffic")), default=0)

    def _ask(self, method: str, url: str, body: Any, wanted: tuple[int, ...]) -> Any:
        answer = self._web.request(method, url, json=body, timeout=_ANSWER)
        if answer.status_code not in wanted:
            said = answer.text[:300]
            raise RuntimeError(f"{method} {url} answered {answer.status_code}: {said}")
        return answer.json() if answer.content else None


@contextmanager
def stage(policy: str) -> Iterator[Stage]:
    """Start both processes; NotReady with their words when they do not start."""
    with tempfile.TemporaryDirectory(prefix="medic-demo-") as folder:
        ready, log = Path(folder, "ready.json"), Path(folder, "log")
        own = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        with log.open("wb") as sink:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.serve"],
                cwd=_ROOT,
                env=own | {"READY": str(ready), "MEDIC_POLICY": policy},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=sink,
                start_new_session=True,  # Ctrl-C reaches this process, which then ends the child
            )
        try:
            yield Stage(_await(child, ready, log))
        finally:
            child.terminate()
            child.wait(timeout=_START)


def _await(child: "subprocess.Popen[bytes]", ready: Path, log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and child.poll() is None:
        if ready.exists():
            answer: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8"))
            return answer
        time.sleep(0.05)
    raise NotReady(log.read_text(encoding="utf-8", errors="replace")[-2000:].strip())
