"""A sign-in goes to its own cloud alone, wherever an answer of Azure points."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from shared.clients import cloud
from shared.clients.guard import Guard
from shared.errors import Refused, TransientError
from tests.clinic import Clinic
from tests.simulator import estates

PUBLIC = cloud.find("AzureCloud")


@pytest.mark.parametrize(
    "url",
    [
        "https://management.azure.com/subscriptions",
        "https://MANAGEMENT.azure.com/subscriptions",
        "https://westeurope.management.azure.com/operations/1",
        "https://api.loganalytics.io/v1/workspaces/x/query",
        "https://contoso.azurecr.io/v2/",
    ],
)
def test_the_clouds_own_places_are_asked(url: str) -> None:
    assert PUBLIC.owns(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://attacker.example/subscriptions",
        "https://management.azure.com.attacker.example/",
        "https://management.azure.com@attacker.example/",
        "https://evilmanagement.azure.com/",
        "https://management.azure.com:8443/",
        "https://user@contoso.azurecr.io/v2/",
        "https://contoso.azurecr.io.attacker.example/v2/",
        "https://azurecr.io/",
        "http://management.azure.com/",
        "//management.azure.com/",
        "https:///",
        "file:///etc/passwd",
        "https://management.chinacloudapi.cn/",
    ],
)
def test_no_other_place_is(url: str) -> None:
    assert not PUBLIC.owns(url)


def test_what_leads_elsewhere_is_stopped_below_the_clients() -> None:
    class Wire:
        def send(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("it left")

    with pytest.raises(Refused, match=r"attacker\.example"):
        Guard(Wire(), owns=PUBLIC.owns).send(HttpRequest("GET", "https://attacker.example/x"))


EVIL = "https://attacker.example/stolen"
#: Answers that lead away, and the reads (or the one write) that get them.
LEADING: dict[str, dict[str, Any]] = {
    "a next page": {
        "match": {
            "method": "GET",
            "path": "(?i)/(locks|roleAssignments|registries|policyAssignments|sites)$",
        },
        "status": 200,
        "body": {"value": [], "nextLink": EVIL},
    },
    "a redirect of a read": {
        "match": {"method": "GET", "path": "(?i)/sites/shop"},
        "status": 307,
        "headers": {"Location": EVIL},
        "body": {},
    },
    "a redirect of the write": {
        "match": {"method": "PATCH"},
        "status": 308,
        "headers": {"Location": EVIL},
        "body": {},
    },
    "a long operation": {
        "match": {"method": "PATCH"},
        "status": 202,
        "headers": {"Location": EVIL, "Azure-AsyncOperation": EVIL, "Operation-Location": EVIL},
        "body": {},
    },
}


@pytest.mark.parametrize("answer", LEADING)
def test_no_answer_of_azure_takes_a_token_away(answer: str, tmp_path: Path) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    clinic.simulator.faults.add({"times": 99, **LEADING[answer]})
    handle, hosts, met = clinic.simulator.handle, set(), []

    def witness(request: Any) -> Any:
        hosts.add(request.url.split("/")[2])
        told = handle(request)
        met.append(EVIL in f"{told.headers} {told.content!r}")
        return told

    clinic.simulator.handle = witness  # type: ignore[method-assign]

    with suppress(TransientError):  # the queue would deliver it again
        clinic.heal(shop)

    assert any(met)
    assert hosts <= {"management.azure.com", "api.loganalytics.io", "contosoimages.azurecr.io"}
