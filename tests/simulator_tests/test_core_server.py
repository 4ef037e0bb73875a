"""The simulated Azure on sockets, as clients that know only Azure's host names meet it."""

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
from azure.identity import ManagedIdentityCredential
from azure.mgmt.containerregistry import ContainerRegistryManagementClient

from tests.simulator.azure import Simulator
from tests.simulator.estates import blocked_web_app
from tests.simulator.server import Endpoints, running

pytestmark = pytest.mark.usefixtures("off_the_record")
ROOT = Path(__file__).resolve().parents[2]
ARM = "https://management.azure.com"
METADATA = "/metadata/endpoints?api-version=2022-09-01"
REGISTRY = "Microsoft.ContainerRegistry/registries"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Endpoints, Simulator]]:
    with running(blocked_web_app()) as pair:
        yield pair


@pytest.fixture
def client(served: tuple[Endpoints, Simulator], monkeypatch: pytest.MonkeyPatch) -> Endpoints:
    """The environment the server prints, for unmodified clients in this process."""
    endpoints, simulator = served
    simulator.replace(blocked_web_app())
    for name, value in endpoints.env.items():
        monkeypatch.setenv(name, value)
    return endpoints


def _control(client: Endpoints, method: str, path: str, **more: Any) -> requests.Response:
    return requests.request(method, client.control + path, timeout=10, **more)


def test_an_unmodified_sdk_client_signs_in_and_reads(client: Endpoints) -> None:
    azure = ContainerRegistryManagementClient(
        ManagedIdentityCredential(), client.env["AZURE_SUBSCRIPTION_ID"]
    )

    (registry,) = azure.registries.list()

    assert registry.login_server == "contosoimages.azurecr.io"


@pytest.mark.parametrize(
    "host",
    [
        "management.azure.com",
        "management.chinacloudapi.cn",
        "management.usgovcloudapi.net",
        "management.sovcloud-api.fr",
    ],
)
def test_every_clouds_resource_manager_answers_under_its_own_name(
    client: Endpoints, host: str
) -> None:
    assert requests.get(f"https://{host}{METADATA}", timeout=10).status_code == 200


def test_sign_in_hosts_answer_discovery(client: Endpoints) -> None:
    base = "https://login.microsoftonline.com"

    found = requests.get(f"{base}/common/discovery/instance", timeout=10).json()
    document = requests.get(found["tenant_discovery_endpoint"], timeout=10).json()

    assert document["token_endpoint"].startswith(f"{base}/{client.env['AZURE_TENANT_ID']}/")


@pytest.mark.parametrize("host", ["example.com", "azurecr.io.example.com", "management.azure.com."])
def test_the_proxy_refuses_what_is_not_azure(client: Endpoints, host: str) -> None:
    address, port = client.env["HTTPS_PROXY"].removeprefix("http://").split(":")
    with socket.create_connection((address, int(port)), timeout=10) as wire:
        wire.sendall(f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
        answer = wire.recv(4096).decode()

    known = host == "management.azure.com."
    assert answer.split(" ")[1] == ("200" if known else "403")
    assert known or host in answer


def test_the_proxy_forwards_nothing_else(client: Endpoints) -> None:
    address, port = client.env["HTTPS_PROXY"].removeprefix("http://").split(":")
    with socket.create_connection((address, int(port)), timeout=10) as wire:
        wire.sendall(b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n")
        answer = wire.recv(4096).decode()

    assert answer.split(" ")[1] == "405"


def test_the_same_resource_manager_answers_directly(client: Endpoints) -> None:
    document = requests.get(client.arm + METADATA, timeout=10).json()

    assert document["resourceManager"] == client.arm + "/"


def test_a_dropped_connection_is_a_dropped_connection(client: Endpoints) -> None:
    _control(client, "POST", "/faults", json=[{"match": {"path": "metadata"}, "drop": "before"}])

    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(ARM + METADATA, timeout=10)
    assert requests.get(ARM + METADATA, timeout=10).status_code == 200


def test_latency_is_paid_by_every_answer_side_by_side() -> None:
    with running(blocked_web_app(), latency_ms=120) as (endpoints, _):
        session = requests.Session()
        session.verify, session.trust_env = endpoints.ca, False
        session.get(endpoints.arm + METADATA, timeout=10)
        began = time.monotonic()
        session.get(endpoints.arm + METADATA, timeout=10)
        took = time.monotonic() - began

    assert took >= 0.12


def test_the_control_api_breaks_heals_and_watches(client: Endpoints) -> None:
    state = _control(client, "GET", "/state").json()
    site = next(one["id"] for one in state["resources"] if one["type"] == "Microsoft.Web/sites")
    registry = next(one["id"] for one in state["resources"] if one["type"] == REGISTRY)
    since = max((one["n"] for one in _control(client, "GET", "/traffic").json()), default=0)

    failed = _control(client, "POST", "/pull", json={"workload": site}).json()
    alert = _control(client, "POST", "/alert", json={"workload": site}).json()
    opened = _control(
        client,
        "POST",
        "/change",
        json={
            "method": "PATCH",
            "path": registry,
            "body": {"properties": {"networkRuleSet": {"defaultAction": "Allow"}}},
        },
    )
    event = _control(
        client,
        "POST",
        "/event",
        json={"operation": f"{REGISTRY}/write", "resource": registry},
    ).json()
    healed = _control(client, "POST", "/pull", json={"workload": site}).json()

    assert (failed["ok"], failed["stage"] is not None) == (False, True)
    assert failed["logs"]
    assert alert["schemaId"] == "azureMonitorCommonAlertSchema"
    assert opened.status_code == 200
    assert event
    assert healed["ok"] is True
    assert _control(client, "GET", f"/traffic?since={since}").json() == []


def test_the_control_api_replaces_the_state_and_moves_the_clock(client: Endpoints) -> None:
    state = _control(client, "GET", "/state").json()
    state["clock"] = "2027-01-01T00:00:00+00:00"

    replaced = _control(client, "PUT", "/state", json=state).json()
    moved = _control(client, "POST", "/clock", json={"advance": 90}).json()

    assert replaced["clock"] == "2027-01-01T00:00:00+00:00"
    assert moved["now"] == "2027-01-01T00:01:30+00:00"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", "", 404),
        ("POST", "/pull", "{", 400),
        ("POST", "/pull", "[]", 400),
        ("POST", "/pull", "{}", 400),
        ("POST", "/pull", '{"workload": "/subscriptions/x"}', 400),
        ("POST", "/clock", '{"advance": "1"}', 400),
        ("POST", "/faults", '{"status": 500}', 400),
        ("POST", "/faults", '[{"state": 500}]', 400),
        ("POST", "/change", '{"method": "GET", "path": "x"}', 400),
        ("POST", "/change", '{"method": "PUT", "path": "/x"}', 501),
        ("PUT", "/state", '{"cloud": "Nimbus"}', 400),
        ("PUT", "/state", '{"clock": "yesterday"}', 400),
        ("PUT", "/state", '{"resources": [{"name": "no id"}]}', 400),
        ("GET", "/traffic?since=x", "", 400),
    ],
)
def test_the_control_api_says_what_is_wrong(
    client: Endpoints, method: str, path: str, body: str, status: int
) -> None:
    answer = _control(client, method, path, data=body)

    assert answer.status_code == status
    assert len(str(answer.json()["error"])) > 10


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    scenario, ready = tmp_path / "scenario.json", tmp_path / "ready.json"
    scenario.write_text(json.dumps(blocked_web_app(clock=None)))
    command = [sys.executable, "-m", "tests.simulator", "serve", "--scenario", str(scenario)]

    process = subprocess.Popen(
        [*command, "--ready", str(ready)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        told = json.loads(line)
        answer = requests.get(told["control"] + "/state", timeout=10)
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=10)
    finally:
        process.kill()

    assert json.loads(ready.read_text()) == told
    assert set(told) == {"arm", "control", "ca", "env"}
    assert answer.json()["clock"] is None
    assert (status, os.path.exists(told["ca"])) == (0, False)


def test_a_scenario_that_cannot_be_used_is_one_line_and_status_2(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"cloud": "Nimbus"}')

    done = subprocess.run(
        [sys.executable, "-m", "tests.simulator", "serve", "--scenario", str(bad)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Nimbus" in done.stderr
