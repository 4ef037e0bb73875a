"""
The simulated Azure in a process of its own, for everything that is measured over real sockets.

In:  nothing; the estate is one blocked web app.
Out: a Simulated: put the estate back, add latency, look at the traffic.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from shared.clients.guard import is_read
from tests.bench.errors import NotFixed
from tests.simulator import estates
from tests.simulator.estates import Estate
from tests.simulator.estates.cases import OFFICE, OUTBOUND

ROOT = Path(__file__).resolve().parents[2]
_MANAGEMENT = ("https://management.azure.com/", "https://localhost:")
#: Nothing of the machine's owner reaches a measured process, and nothing measured reaches Azure.
_FOREIGN = ("PYTHON", "MEDIC_", "AZURE_", "IDENTITY_", "MSI_", "ARM_", "HTTP_PROXY", "http_proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What one run sent to the resource manager. `chain`: requests each of which was sent after
    the answer to the one before."""

    reads: int
    writes: int
    chain: int


class Simulated:
    """One blocked web app, and the registry whose firewall knows none of its addresses."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self._control, self.env = ready["control"], ready["env"]
        self._web = requests.Session()
        self._web.trust_env = False
        estate = Estate(clock=None, retry=[3600])
        self.workload = estates.add_blocked_web_app(estate)
        self._scenario = estate.scenario()
        self._delay = 0.0
        self._seen = 0

    def reset(self, *, latency_ms: float = 0) -> str:
        """The estate as it was, every answer that late; the line the platform logs now."""
        self._ask("PUT", "/state", self._scenario)
        rows = self._ask("POST", "/pull", {"workload": self.workload})["logs"]
        self._delay = latency_ms / 1000
        if latency_ms:
            self._ask("POST", "/faults", [{"delay_ms": latency_ms, "times": 1_000_000_000}])
        self._seen = max((one["n"] for one in self._traffic()), default=self._seen)
        return _message(rows)

    def calls(self) -> Calls:
        """What was sent since the last reset."""
        sent = [one for one in self._traffic() if one["liveRequest"]["url"].startswith(_MANAGEMENT)]
        asked = [one["liveRequest"] for one in sent]
        reads = sum(is_read(one["method"], one["url"]) for one in asked)
        moments = sorted(datetime.fromisoformat(one["at"]) for one in sent)
        return Calls(reads=reads, writes=len(asked) - reads, chain=_chain(moments, self._delay))

    def check(self) -> None:
        """Raise NotFixed unless the registry has every address it needs, and kept the other."""
        state = self._ask("GET", "/state")
        (rules,) = (
            resource["properties"]["networkRuleSet"]["ipRules"]
            for resource in state["resources"]
            if resource["type"].lower() == "microsoft.containerregistry/registries"
        )
        there = {rule["value"].removesuffix("/32") for rule in rules}
        if there != {*OUTBOUND, *OFFICE}:
            raise NotFixed(f"the registry's rules are {sorted(there)}")

    def _traffic(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("GET", f"/traffic?since={self._seen}")
        return found

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._web.request(method, self._control + path, json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def simulated() -> Iterator[Simulated]:
    """Start it; end it with the block."""
    child = start("tests.simulator", "serve")
    try:
        yield Simulated(json.loads(line(child)))
    finally:
        end(child)


def start(*module: str, env: dict[str, str] | None = None) -> "subprocess.Popen[str]":
    """A module of ours as a process with the simulated Azure's environment."""
    return subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env=environment(env or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def environment(more: dict[str, str]) -> dict[str, str]:
    """This machine's, without its owner's sign-in and settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return own | more


def line(child: "subprocess.Popen[str]") -> str:
    """The next line a child prints; NotFixed when it ended instead."""
    assert child.stdout is not None
    said = child.stdout.readline()
    if not said:
        raise NotFixed(f"{' '.join(map(str, child.args[1:]))} ended without an answer")  # type: ignore[index]
    return said


def end(child: "subprocess.Popen[str]") -> None:
    child.terminate()
    child.wait(timeout=10)


def _message(rows: Sequence[dict[str, Any]]) -> str:
    """The sentence of ACR's firewall in the platform's rows."""
    for one in rows:
        for value in one["row"].values():
            if "is not allowed access" in str(value):
                return str(value)
    raise NotFixed("the simulated platform did not complain about the firewall")


def _chain(moments: Sequence[datetime], delay: float) -> int:
    """The longest row of requests each of which came when the one before had been answered."""
    count, free = 0, None
    for moment in moments:
        if free is None or moment >= free:
            count, free = count + 1, moment + timedelta(seconds=delay)
    return count
