"""
The commands of the documents, as a reader would give them.

A `sh` block is carried out line by line: `medic` at a terminal in front of a simulated Azure, the
rest by a shell, with the service running beside it. `sh slow` is what other tests carry out whole
(`make demo`, `make test`), `sh subscription` what needs a real one; a shell at least parses those.
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from string import Template

import pytest

from tests import documents
from tests.cli.terminal import Said, Terminal, terminal
from tests.clinic import GENEROUS, Clinic
from tests.documents import Fence
from tests.host import Running, running
from tests.simulator import estates

_SHELL = shutil.which("bash")
_ASKING = "version: 1\nmode: approve\nremedies: {firewall-sync: {shared_egress: allow}}"
_TEXT = "denied: client with IP '20.50.2.11' is not allowed access"
#: A fault that is found is a status of its own.
_FINDS = ("diagnose", "scan")
_CLOUD = ("az", "azd", "func")

FENCES = [
    fence for page in documents.PAGES for fence in documents.fences(page) if fence.language == "sh"
]
LINES = [
    pytest.param(line.strip(), id=f"{fence}-{line.split('#')[0].strip()}")
    for fence in FENCES
    if not fence.mark
    for line in fence.text.replace("\\\n", " ").splitlines()
    if line.strip() and not line.startswith("#")
]
needs_bash = pytest.mark.skipif(_SHELL is None, reason="there is no bash to read commands with")


class Office:
    """A service with one incident, and a terminal beside it."""

    def __init__(self, place: Path, capture: pytest.CaptureFixture[str], *, policy: str) -> None:
        self._ends = ExitStack()
        blocked = {**estates.blocked_web_app(), "retry": [45]}
        self.clinic = Clinic(blocked, place, policy=policy)
        self.seat: Terminal = self._ends.enter_context(terminal(self.clinic, capture))
        shop, registry = self.clinic.id("shop", "sites"), self.clinic.id("contosoimages")
        self.clinic.pull(shop)
        self.given = {"APP": str(shop), "REGISTRY": str(registry), "TEXT": _TEXT}
        self.given |= {"FILE": str(place / "lines.jsonl"), "FUNCTIONS_KEY": "none"}
        (place / "lines.jsonl").write_text(f'{{"id": 1, "text": "{_TEXT}"}}\n', encoding="utf-8")

    def open(self) -> Running:
        host = self._ends.enter_context(running())
        self.given["URL"] = host.url
        return host

    def falls_ill(self, *, healed: bool) -> None:
        incident = self.clinic.heal(self.clinic.id("shop", "sites"))
        self.given |= {"ID": incident.id, "PLAN": incident.plan.digest if incident.plan else ""}
        if healed:
            assert self.clinic.sweep_until_done(incident).state == "healed"

    def say(self, line: str, host: Running) -> Said:
        words = shlex.split(Template(line).substitute(self.given), comments=True)
        waiting = (lambda _: host.settle("incidents")) if words[1] == "selftest" else None
        return self.seat.say(*words[1:], typed="y\n", pause=waiting)

    def close(self) -> None:
        self._ends.close()


@pytest.fixture
def office(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Office]:
    """The incident is held, or where it can be taken back, healed; where a breaker is reset, it is
    tripped."""
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    line: str = request.getfixturevalue("line")
    acts = "medic heal" in line or "rollback" in line
    made = Office(tmp_path, capsys, policy=GENEROUS if acts else _ASKING)
    try:
        if "medic heal" not in line:
            made.falls_ill(healed="rollback" in line)
        store, now = made.clinic.medic.store, made.clinic.medic.now()
        if "breaker" in line:
            for scope in ("*", made.clinic.id("contosoimages").key):
                store.trip(scope, because="3 fixes failed", now=now)
        yield made
    finally:
        made.close()


@needs_bash
@pytest.mark.parametrize("line", LINES)
def test_every_command_of_the_documents_works(line: str, office: Office) -> None:
    host = office.open()
    if not line.startswith("medic "):
        _in_a_shell(line, office)
        return

    said = office.say(line, host)

    fault = line.split()[1] in _FINDS
    assert said.status == (1 if fault else 0), said
    assert not [one for one in said.err.splitlines() if one.startswith("medic: ")]
    assert said.out


def _in_a_shell(line: str, office: Office) -> None:
    tool = line.split()[0]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not here")
    if tool == "curl":
        assert "--fail-with-body" in line, "an answer that is an error must not pass for one"
    own = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    assert _SHELL is not None
    told = subprocess.run(
        [_SHELL, "-eu", "-o", "pipefail", "-c", line],
        env=own | office.given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, (told.stdout, told.stderr)
    assert told.stdout


@needs_bash
@pytest.mark.parametrize("fence", FENCES, ids=str)
def test_every_block_of_commands_can_be_read_by_a_shell(fence: Fence) -> None:
    assert fence.mark in ("", "slow", "subscription"), fence.mark
    assert _SHELL is not None
    read = subprocess.run(
        [_SHELL, "-n"], input=fence.text, capture_output=True, text=True, check=False
    )

    assert read.returncode == 0, read.stderr


def test_what_needs_a_subscription_or_is_slow_is_marked_and_nothing_else_is() -> None:
    first = {
        (fence.mark, line.split()[0])
        for fence in FENCES
        for line in fence.text.replace("\\\n", " ").splitlines()
        if line.strip() and not line.startswith("#")
    }

    assert {tool for mark, tool in first if mark == "slow"} <= {"make"}
    assert {tool for mark, tool in first if mark == "subscription"} <= {
        *_CLOUD,
        "docker",
        "medic",
        "curl",
    }
    assert not {tool for mark, tool in first if not mark} & {"make", *_CLOUD}
