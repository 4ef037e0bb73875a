"""The product as a stranger drives it: `make serve`, an estate of their own, HTTP and `medic`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.estate import APP, NAT, OUTBOUND, POLICY, REGISTRY, SITE, scenario

ROOT = Path(__file__).resolve().parents[2]
MARK = f"{sys.prefix}/.installed"
FIELDS = {
    "id": str,
    "state": str,
    "resource": str,
    "host": str,
    "image": str,
    "registry": str,
    "cause": str,
    "signals": list,
    "opened": str,
    "updated": str,
    "diagnosis": dict,
    "plan": dict,
    "decision": dict,
    "outcome": list,
    "verification": dict,
    "timeline": list,
    "azure_calls": dict,
}


class Stranger:
    """Somebody who knows the contract, and nothing else."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.control, self.functions = ready["control"], ready["functions"]
        self.environ = os.environ | ready["env"]
        self._web = requests.Session()
        self._web.trust_env = False

    def ask(self, method: str, url: str, body: Any = None) -> Any:
        answer = self._web.request(method, url, json=body, timeout=30)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def incident(self, workload: str) -> str:
        """Let the platform fail, and the alert arrive; the id that was answered."""
        assert not self.ask("POST", f"{self.control}/pull", {"workload": workload})["ok"]
        alert = self.ask("POST", f"{self.control}/alert", {"workload": workload})
        (accepted,) = self.ask("POST", f"{self.functions}/api/alerts", alert)["accepted"]
        return str(accepted["incident"])

    def until_healed(self, id: str) -> dict[str, Any]:
        deadline = time.monotonic() + 40
        while True:
            found: dict[str, Any] = self.ask("GET", f"{self.functions}/api/incidents/{id}")
            if found["state"] == "healed":
                return found
            assert time.monotonic() < deadline, found["timeline"]
            self.ask("POST", f"{self.functions}/admin/functions/sweep", {"input": ""})
            time.sleep(0.5)

    def rules(self) -> list[str]:
        read = {"method": "GET", "path": REGISTRY}
        registry = self.ask("POST", f"{self.control}/change", read)
        return [rule["value"] for rule in registry["properties"]["networkRuleSet"]["ipRules"]]

    def medic(self, *words: str) -> subprocess.CompletedProcess[str]:
        script = "import sys; from functions.cli import main; main(sys.argv[1:])"
        return subprocess.run(
            [sys.executable, "-c", script, *words],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    """`make serve` on a port of our choice, its resource manager named as the cloud; it has to be
    gone with all its children after Ctrl-C."""
    place = tmp_path_factory.mktemp("serve")
    (place / "scenario.json").write_text(json.dumps(scenario()), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MEDIC_", "AZURE_", "MAKE"))}
    told = {
        "SCENARIO": str(place / "scenario.json"),
        "PORT": str(port),
        "READY": str(place / "ready.json"),
        "MEDIC_POLICY": POLICY,
        "MEDIC_CLOUD": f"https://localhost:{port}",
    }
    process = subprocess.Popen(
        ["make", f"--assume-old={MARK}", f"VENV={sys.prefix}", "serve"],
        cwd=ROOT,
        env=clean | told,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (place / "ready.json").exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "make serve was never ready"
            time.sleep(0.1)
        ready = json.loads((place / "ready.json").read_text(encoding="utf-8"))
        assert ready["arm"] == f"https://localhost:{port}"
        yield Stranger(ready)
    finally:
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does at Ctrl-C
        process.communicate(timeout=20)
    for address in (ready["control"], ready["functions"]):
        with pytest.raises(requests.ConnectionError):
            requests.get(address, timeout=2)


def test_an_alert_about_a_site_is_followed_under_its_id_until_it_is_healed(
    stranger: Stranger,
) -> None:
    id = stranger.incident(SITE)
    assert stranger.ask("GET", f"{stranger.functions}/api/incidents/{id}")["host"] == "web-app"

    healed = stranger.until_healed(id)

    assert {name: type(healed[name]) for name in FIELDS} == FIELDS
    assert healed["resource"].lower() == SITE.lower()
    assert healed["diagnosis"]["finding"] == "firewall-missing-egress"
    assert healed["azure_calls"]["writes"] == 1
    assert set(OUTBOUND) <= set(stranger.rules())


def test_an_alert_about_a_container_app_names_a_workspace_and_is_followed_all_the_same(
    stranger: Stranger,
) -> None:
    id = stranger.incident(APP)

    healed = stranger.until_healed(id)

    assert {name: type(healed[name]) for name in FIELDS} == FIELDS
    assert healed["resource"].lower() == APP.lower()
    assert healed["host"] == "container-app"
    assert NAT in stranger.rules()


def test_the_command_line_with_the_printed_environment_knows_the_same_incidents(
    stranger: Stranger,
) -> None:
    known = stranger.ask("GET", f"{stranger.functions}/api/incidents")["incidents"]

    listed = stranger.medic("incidents", "--json")
    looked = stranger.medic("diagnose", SITE, "--json")

    assert listed.returncode == 0, listed.stderr
    assert [one["id"] for one in json.loads(listed.stdout)["incidents"]] == [
        one["id"] for one in known
    ]
    assert json.loads(looked.stdout)["state"] == "dry-run", looked.stderr
