"""make serve: both children answer, heal over real sockets, and end with their parent."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.serve import ROOT
from tests.simulator import estates

POLICY = """
version: 1
mode: auto
remedies: {firewall-sync: {shared_egress: allow}}
wait: {verify_first: 0s}
"""


def wait_for(question: Any, what: str, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return answer


def serve(place: Path, **more: str) -> subprocess.Popen[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MEDIC_", "AZURE_"))}
    environ = clean | {"READY": str(place / "ready.json"), "MEDIC_POLICY": POLICY} | more
    return subprocess.Popen(
        [sys.executable, "-m", "tests.serve"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_an_alert_over_real_sockets_opens_the_firewall_and_the_children_end_with_their_parent(
    tmp_path: Path,
) -> None:
    scenario = estates.blocked_web_app(clock=None) | {"retry": [1], "clock": None}
    (tmp_path / "scenario.json").write_text(json.dumps(scenario))
    process = serve(tmp_path, SCENARIO=str(tmp_path / "scenario.json"))
    try:
        wait_for((tmp_path / "ready.json").exists, "serve was never ready")
        ready = json.loads((tmp_path / "ready.json").read_text())
        control, app = ready["control"], ready["functions"]
        (shop,) = estates.cases.workloads_of(scenario)
        pulled = requests.post(f"{control}/pull", json={"workload": shop}, timeout=10).json()
        assert pulled["stage"] == "network-rules"

        alert = requests.post(f"{control}/alert", json={"workload": shop}, timeout=10).content
        told = requests.post(f"{app}/api/alerts", data=alert, timeout=10).json()
        where = f"{app}/api/incidents/{told['accepted'][0]['incident']}"

        def state() -> str:
            return str(requests.get(where, timeout=10).json()["state"])

        def pulls() -> bool:
            answer = requests.post(f"{control}/pull", json={"workload": shop}, timeout=10)
            return bool(answer.json()["ok"])

        wait_for(lambda: state() == "verifying", "never acted")
        wait_for(pulls, "never pulled")
        requests.post(f"{app}/admin/functions/sweep", json={}, timeout=10)
        wait_for(lambda: state() == "healed", "never healed")
        assert ready["env"]["MEDIC_STORE"].startswith("sqlite:///")
        script = "from functions.cli import main; main(['incidents', '--json'])"
        medic = [sys.executable, "-c", script]
        listed = subprocess.run(
            medic, cwd=ROOT, env=os.environ | ready["env"], capture_output=True, timeout=60
        )
        assert [one["state"] for one in json.loads(listed.stdout)["incidents"]] == ["healed"]
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)

    assert process.returncode == 0, err
    assert json.loads(out) == ready
    for address in (control, app):
        with pytest.raises(requests.ConnectionError):
            requests.get(address, timeout=2)


def test_a_scenario_that_cannot_be_used_ends_it_with_a_reason(tmp_path: Path) -> None:
    process = serve(tmp_path, SCENARIO=str(tmp_path / "nothing.json"))

    _, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "nothing.json" in err
    assert not (tmp_path / "ready.json").exists()


def test_ctrl_c_is_an_ordinary_end(tmp_path: Path) -> None:
    process = serve(tmp_path)
    wait_for((tmp_path / "ready.json").exists, "serve was never ready")

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 0, err
