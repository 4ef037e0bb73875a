"""
`make bench-peers`: the same fix with the tools people have: the az CLI, and Cloud Custodian.

In:  PyPI, once; both are installed into environments of their own below .venv-peers.
Out: Tables beside Pull Medic, every run of either from a cold process, as such tools are run.

The az CLI gets the commands a person would type, already signed in. Cloud Custodian has no action
for a registry's firewall (c7n-azure has `set-firewall-rules` for other kinds of resource), so it is
given the half it can do: finding the app's addresses and the rules.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.errors import NotFixed
from tests.bench.measuring import Row, Table, in_turns, progress
from tests.bench.simulated import ROOT, Calls, Simulated, end, environment, line, simulated, start

_HOME = ROOT / ".venv-peers"
_AZ = ("azure-cli==2.91.0",)
_CUSTODIAN = ("c7n==0.9.53", "c7n-azure==0.7.52")
_LONGEST = 300  # seconds one command may take
_POLICIES = """
policies:
  - name: app
    resource: azure.webapp
    filters: [{{type: value, key: id, value: "{site}"}}]
  - name: registry
    resource: azure.container-registry
    filters: [{{type: value, key: properties.networkRuleSet.defaultAction, value: Deny}}]
"""


@dataclass(frozen=True, slots=True)
class _Done:
    seconds: float
    processes: int
    calls: Calls


def measure(*, rounds: int) -> list[Table]:
    """Install, sign in, and run all in turns."""
    az, custodian = _installed("az", _AZ), _installed("custodian", _CUSTODIAN)
    with ExitStack() as ends:
        azure = ends.enter_context(simulated())
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="medic-peers-")))
        rivals: dict[str, Callable[[str], int]] = {
            "medic": partial(_process, azure, "medic"),
            "byhand": partial(_process, azure, "byhand"),
            "az": partial(_az, _signed_in(az, azure, folder), azure),
            "custodian": partial(_custodian, custodian, azure, folder),
        }
        done = in_turns(
            {name: partial(_once, azure, name, run) for name, run in rivals.items()},
            rounds=rounds,
            what="one firewall fix, cold",
        )
    return [
        _told(done, "az", "az CLI", _ABOUT_AZ),
        _told(done, "byhand", "script by hand", _ABOUT_HAND),
        _told(done, "custodian", "Cloud Custodian, reading only", _ABOUT_CUSTODIAN),
    ]


_ABOUT_AZ = (
    "The az CLI starts anew for every command and writes every address by itself, so the registry "
    "is changed four times, and another writer has four chances to come between."
)
_HOW = f"""Real tools from PyPI ({", ".join((*_AZ, *_CUSTODIAN))}), each in an environment of
its own, against the simulated Azure over TLS, no added latency, medians. Pull Medic and the script
sign in within the measured time; the az CLI was signed in before."""
_ABOUT_HAND = "The same script as in `make bench`, here with its start."
_ABOUT_CUSTODIAN = (
    "Cloud Custodian cannot do this fix: it has no action for a registry's firewall. This is what "
    "it takes to find the app's addresses and the registry's rules; nothing is written."
)


def _told(done: dict[str, list[_Done]], peer: str, name: str, meaning: str) -> Table:
    def row(what: str, of: Callable[[_Done], float], unit: str = "") -> Row:
        return Row.of(
            what, [of(one) for one in done["medic"]], [of(one) for one in done[peer]], unit
        )

    return Table(
        name=f"fix-{peer}",
        title="One firewall fix, from a cold start",
        ours="Pull Medic",
        theirs=name,
        rows=(
            row("wall time", lambda one: one.seconds, "s"),
            row("processes started", lambda one: one.processes),
            row("resource manager reads", lambda one: one.calls.reads),
            row("resource manager writes", lambda one: one.calls.writes),
        ),
        meaning=meaning,
        method=_HOW if peer == "az" else "Measured in the same turns as the first table.",
    )


def _once(azure: Simulated, name: str, run: Callable[[str], int]) -> _Done:
    message = azure.reset()
    began = time.monotonic()
    processes = run(message)
    seconds = time.monotonic() - began
    calls = azure.calls()
    if name != "custodian":
        azure.check()
    return _Done(seconds, processes, calls)


def _process(azure: Simulated, side: str, message: str) -> int:
    """One side of `make bench`, started for this one fix."""
    child = start("tests.bench.rival", side, azure.workload, env=azure.env)
    try:
        line(child)
        assert child.stdin is not None
        child.stdin.write(json.dumps(message) + "\n")
        child.stdin.flush()
        line(child)
    finally:
        end(child)
    return 1


Az = Callable[..., Any]


def _signed_in(place: Path, azure: Simulated, folder: Path) -> Az:
    """The az command, signed in as the same identity; answers are parsed."""
    settings = {
        "AZURE_CONFIG_DIR": str(folder / "az"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_ONLY_SHOW_ERRORS": "yes",
    }

    def command(*words: str) -> Any:
        said = _said([place / "bin" / "az", *words, "-o", "json"], azure.env | settings)
        return json.loads(said) if said.strip() else None

    command("login", "--identity")
    return command


def _az(az: Az, azure: Simulated, message: str) -> int:
    """What a person types who knows which app it is."""
    site = ("--ids", azure.workload)
    outbound = az("resource", "show", *site, "--query", "properties.outboundIpAddresses").split(",")
    image = az("webapp", "config", "show", *site, "--query", "linuxFxVersion")
    host = image.removeprefix("DOCKER|").split("/")[0]
    registry = az("acr", "list", "--query", f"[?loginServer=='{host}'].name | [0]")
    rules = az(
        "acr", "network-rule", "list", "-n", registry, "--query", "ipRules[].ipAddressOrRange"
    )
    missing = [address for address in outbound if address not in rules]
    for address in missing:
        az("acr", "network-rule", "add", "-n", registry, "--ip-address", address)
    return 4 + len(missing)


def _custodian(place: Path, azure: Simulated, folder: Path, message: str) -> int:
    """Both policies in one run; NotFixed unless both found their resource."""
    policies, found = folder / "policies.yml", folder / "found"
    policies.write_text(_POLICIES.format(site=azure.workload), encoding="utf-8")
    command = [place / "bin" / "custodian", "run", "--cache", "memory", "-s", found, policies]
    _said(command, azure.env | {"AZURE_USE_MSI": "true"})
    for name in ("app", "registry"):
        if len(json.loads((found / name / "resources.json").read_text(encoding="utf-8"))) != 1:
            raise NotFixed(f"Cloud Custodian did not find the {name}")
    return 1


def _said(command: Sequence[Any], env: dict[str, str]) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        check=False,
    )
    if done.returncode:
        raise NotFixed(f"{' '.join(map(str, command))}: {done.stderr.strip()[-500:]}")
    return done.stdout


def _installed(name: str, packages: tuple[str, ...]) -> Path:
    """An environment with these packages, made once."""
    place, ready = _HOME / name, _HOME / name / ".ready"
    if not ready.exists() or ready.read_text(encoding="utf-8") != " ".join(packages):
        progress(f"installing {', '.join(packages)} (once; some minutes)")
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        pip = [str(place / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
        done = subprocess.run([*pip, *packages], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotFixed(f"{', '.join(packages)} cannot be installed: {done.stderr[-500:]}")
        ready.write_text(" ".join(packages), encoding="utf-8")
    return place
