"""
Secrets are planted where the service's own surroundings hold them, and looked for in all it says.

Canaries: function keys, connection strings and addresses in settings, the policy, a Key Vault, the
signatures of Azure's poll addresses, and everything a sender may put into an alert, an event, a
message or a query. What the *estate* holds is planted in tests/pipeline/test_secrets.py.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions import duty
from shared import settings
from shared.medic import Medic
from tests.functions.conftest import Answer, Desk
from tests.payloads import payload
from tests.simulator.estates import credentials_cases

CANARY = "canary"
JWT = "eyJjYW5hcnkiOiJjYW5hcnkifQ.eyJjYW5hcnkiOiJjYW5hcnkifQ.Y2FuYXJ5"
#: What a canary looks like wherever it comes out again.
_SAID = re.compile(rf"(?s).{{0,80}}(?:{CANARY}|{JWT.split('.')[1]}|Y2FuYXJ5).{{0,20}}")
KEY = {"x_functions_key": "canary-function-key-0123456789abcdef"}
CONNECTION = (
    "DefaultEndpointsProtocol=https;AccountName=medic;AccountKey=canary0123456789==;"
    "EndpointSuffix=core.windows.net"
)
TALKATIVE = (
    f"Authorization: Bearer {JWT}; password=canary-said; {CONNECTION} "
    "https://medic.blob.core.windows.net/a/b?sv=2&sig=canary%2Bsig&se=3 "
    'https://u:canary-in-url@x.azurecr.io {"client_secret": "canary-json"}'
)
ENVIRONMENT = {
    "AzureWebJobsStorage": CONNECTION,
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=canary-instrument",
    "AZURE_CLIENT_SECRET": "canary-client-secret",
    "IDENTITY_HEADER": "canary-identity-header",
    "MEDIC_NOTIFY": "https://hooks.example/services/canary-hook?sig=canary",
}
#: Each in a place where it does not belong, so that something is said about it.
MISPLACED = {
    "MEDIC_POLICY": "https://medic.blob.core.windows.net/p/policy.yaml?sv=1&sig=canary-policy",
    "MEDIC_STORE": "https://medic:canary-store@medic.table.core.windows.net/?sig=canary-store",
    "MEDIC_WORKSPACES": "canary-workspace",
    "MEDIC_SUBSCRIPTIONS": "canary-subscription",
    "MEDIC_CLOUD": "https://user:canary-cloud@arm.example",
    "MEDIC_NOTIFY": "canary-notify",
    "MEDIC_CANARYSETTING": "canary-unknown",
}


@pytest.fixture
def leaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Everything said during a test, gathered at its end and searched."""
    caplog.set_level("DEBUG")
    said: list[str] = []
    yield said
    ours = [one for one in caplog.records if not one.name.startswith(("urllib3", "asyncio"))]
    said += [json.dumps(vars(record), default=str) for record in ours]
    said += [file.read_bytes().decode(errors="replace") for file in tmp_path.rglob("medic.db*")]
    assert len(said) >= 4
    found = {repr(around) for text in said for around in _SAID.findall(text)}
    assert not found, "\n".join(sorted(found))


@pytest.fixture
def secretive(monkeypatch: pytest.MonkeyPatch, open_desk: Callable[..., Desk]) -> Desk:
    """A desk whose surroundings are full of canaries."""
    desk = open_desk()
    for name, text in ENVIRONMENT.items():
        monkeypatch.setenv(name, text)
    return desk


def everything(desk: Desk, *ids: str) -> list[Answer]:
    """Every route that tells something, asked with a key in the header and one in the address."""
    code = "?code=canary-key-in-the-address"
    shop = desk.shop().text
    asked = [
        *(("GET", f"/api/{one}{code}", None) for one in ("health", "policy", "console")),
        ("GET", f"/api/incidents{code}", None),
        ("POST", f"/api/scan{code}", {}),
        ("POST", f"/api/diagnose{code}", {"resource": shop, "message": TALKATIVE}),
        ("POST", f"/api/breaker/reset{code}", {"scope": "*", "reason": TALKATIVE}),
        *(("GET", f"/api/incidents/{id}{code}", None) for id in ids),
    ]
    return [desk.ask(method, path, body, **KEY) for method, path, body in asked]


def test_keys_connections_and_talkative_senders_are_in_nothing_the_service_says(
    secretive: Desk, leaks: list[str]
) -> None:
    desk = secretive
    desk.clinic.pull(desk.shop())
    alert = desk.alert()
    alert["data"]["customProperties"] = {"token": "canary-property"}
    alert["data"]["essentials"]["description"] = TALKATIVE
    told = [desk.ask("POST", "/api/alerts", alert, **KEY)]
    id = told[0].json["accepted"][0]["incident"]
    wish = {"resource": desk.shop().text, "message": TALKATIVE}
    told += [desk.ask("POST", "/api/heal?code=canary-address", wish, **KEY)]
    desk.settle()

    told += everything(desk, id)
    told += [
        desk.ask("POST", f"/api/incidents/{id}/{verb}", {"reason": TALKATIVE}, **KEY)
        for verb in ("reject", "rollback")
    ]
    told += [desk.ask("POST", f"/api/incidents/{id}/approve", {"plan": TALKATIVE}, **KEY)]

    leaks += [answer.content.decode() for answer in told]
    leaks += [str(answer.headers) for answer in told]
    leaks += [repr(record) for record in desk.clinic.medic.store.records(id)]
    leaks += [repr(record) for record in desk.clinic.medic.store.records("breaker:*")]
    assert all(answer.status < 500 for answer in told)


def test_what_could_not_be_used_is_told_without_the_secrets_in_it(
    secretive: Desk, leaks: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    desk = secretive
    event = payload("event-grid") | {"eventType": "", "topic": TALKATIVE}
    told = [
        desk.ask("POST", "/api/alerts", body, **KEY)
        for body in (
            TALKATIVE.encode(),
            TALKATIVE.encode("utf-16"),
            {"schemaId": TALKATIVE, "data": {"password": "canary-body"}},
            json.dumps({"token": "canary-cut"}).encode()[:-2],
            (" " * (1 << 20) + TALKATIVE).encode(),
        )
    ]
    hook = "/runtime/webhooks/eventgrid?functionName=on_event&code=canary-system-key"
    desk.ask("POST", hook, [event], aeg_event_type="Notification")
    desk.ask("POST", "/admin/functions/heal", {"input": TALKATIVE})
    for queue in (duty.QUEUE, duty.POISON):
        desk.host.settle(queue)

    told += everything(desk)

    letters = desk.clinic.medic.store.letters().newest
    assert len(letters) == 7
    leaks += [repr(letter) for letter in letters]
    leaks += [answer.content.decode() for answer in told]


def test_a_secret_in_the_wrong_setting_is_not_repeated_when_the_setting_is_complained_about(
    secretive: Desk, leaks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in MISPLACED.items():
        monkeypatch.setenv(name, text)
    bad = settings.load(os.environ)
    medic = Medic(bad, connection=secretive.clinic.connection, store=secretive.clinic.medic.store)
    duty.take_over(medic)

    told = everything(secretive)

    assert len(bad.problems) >= 6
    assert told[0].status == 503
    leaks += [repr(bad), repr(bad.problems), repr(medic.policy_problems)]
    leaks += [answer.content.decode() for answer in told]


@pytest.mark.parametrize(
    "line",
    [
        "password: canary-policy",
        f"storage: {CONNECTION}",
        f'scope: {{opt_out_tag: "{CONNECTION}"}}',
        'remedies: {firewall-sync: {mode: "token=canary-policy"}}',
        'mode: "https://x.blob.core.windows.net/?sig=canary-policy"',
        "pairs: [{registry: 'password=canary-policy', workloads: ['secret=canary-policy']}]",
        f'freeze: [{{from: "{JWT}", to: "{JWT}"}}]',
        'wait: {verify_first: "client_secret=canary-policy"}',
        '"password=canary-policy": 1',
    ],
)
def test_a_secret_that_slipped_into_the_policy_is_not_repeated(
    open_desk: Callable[..., Desk], line: str, leaks: list[str]
) -> None:
    desk = open_desk(policy=f"version: 1\n{line}\n")

    told = everything(desk)

    leaks += [answer.content.decode() for answer in told]
    leaks += [repr(desk.clinic.medic.policy_problems)]


@pytest.mark.parametrize("may_read", [True, False])
@pytest.mark.parametrize("build", [credentials_cases.vaulted, credentials_cases.vaulted_app])
def test_what_a_vault_holds_stays_in_the_vault(
    open_desk: Callable[..., Desk], build: Any, may_read: bool, leaks: list[str]
) -> None:
    desk = open_desk({**build(holds="canary-in-the-vault", may_read=may_read), "retry": [45]})
    kind = "sites" if build is credentials_cases.vaulted else "containerapps"
    workload = desk.clinic.only(kind)
    desk.clinic.pull(workload)

    told = [desk.ask("POST", "/api/heal", {"resource": workload.text}, **KEY)]
    desk.settle()

    id = told[0].json["incident"]
    told += [desk.ask("GET", f"/api/incidents/{id}", **KEY)]
    leaks += [answer.content.decode() for answer in told]
    leaks += [repr(record) for record in desk.clinic.medic.store.records(id)]
    assert desk.clinic.writes == []


def test_the_signature_of_an_address_azure_is_polled_at_is_kept_by_nobody(
    secretive: Desk, leaks: list[str]
) -> None:
    desk = secretive
    desk.clinic.pull(desk.shop())
    poll = (
        "https://management.azure.com/subscriptions/x/providers/Microsoft.ContainerRegistry"
        "/locations/westeurope/operationStatuses/1?api-version=1&t=1&c=canary-c&s=canary-s&h=canary-h"
    )
    headers = {"Azure-AsyncOperation": poll, "Location": poll}
    for status in (202, 409, 500):
        match = {"method": "PATCH", "nth": 1}
        desk.clinic.simulator.faults.add(
            {"match": match, "status": status, "times": 2, "headers": headers, "body": {}}
        )
    id = desk.ask("POST", "/api/alerts", desk.alert(), **KEY).json["accepted"][0]["incident"]
    for queue in (duty.QUEUE, duty.POISON):
        desk.host.settle(queue, seconds=30)

    told = everything(desk, id)

    met = [one for one in desk.clinic.simulator.traffic if "canary-s" in str(one["liveResponse"])]
    assert {one["liveResponse"]["statusCode"] for one in met} <= {202, 409, 500}
    assert met
    leaks += [answer.content.decode() for answer in told]
    leaks += [repr(record) for record in desk.clinic.medic.store.records(id)]
