"""A registry's own host: how far this service gets, and where it never goes."""

from typing import Any

import pytest

from shared.clients.azure import Azure
from shared.clients.connection import Connection
from shared.clients.registry_data import Admission, RegistryData
from shared.model.catalogue import Trouble
from tests.clinic import SimulatedClock, cloud
from tests.simulator.azure import Simulator
from tests.simulator.estates import Estate
from tests.simulator.transport import SimulatedCredential, SimulatedTransport

HOST = "contosoimages.azurecr.io"


class Desk:
    """A registry with one image, and this service asking it."""

    def __init__(self, cloud_name: str = "AzureCloud", **registry: Any) -> None:
        estate = Estate(cloud=cloud_name)
        self.registry = estate.registry("contosoimages", **registry)
        estate.image(self.registry, "shop/web", "4.2.1")
        self.simulator = Simulator(estate.scenario())
        self.connection = Connection(
            cloud.find(cloud_name),
            transport=SimulatedTransport(self.simulator),
            credential=SimulatedCredential(self.simulator),
            clock=SimulatedClock(self.simulator),
        )
        self.azure = Azure(self.connection, budget=None)

    @property
    def data(self) -> RegistryData:
        return self.azure.registry_data(self.registry["properties"]["loginServer"])

    @property
    def asked(self) -> list[str]:
        return [
            f"{one['liveRequest']['method']} {one['liveRequest']['url'].partition('?')[0]}"
            for one in self.simulator.traffic
        ]


def last(admission: Admission) -> tuple[str, bool | None]:
    probe = admission.probes[-1]
    return probe.step, probe.passed


@pytest.mark.parametrize("name", ["AzureCloud", "AzureChinaCloud", "AzureUSGovernment"])
def test_the_sequence_ends_with_what_the_token_is_good_for(name: str) -> None:
    desk = Desk(name)
    data = desk.data

    admission = data.knock("shop/web")

    assert admission.actions("shop/web") == {"pull", "metadata_read", "deleted_read"}
    assert [probe.step for probe in admission.probes] == ["challenge", "exchange", "token"]
    assert all(probe.passed for probe in admission.probes)
    assert data.get("shop/web", "acr", "v1", "shop/web", "_tags", "4.2.1").status == 200
    assert desk.azure.calls.reads == 4
    assert desk.azure.calls.writes == 0


def test_several_repositories_take_one_token_and_one_walk() -> None:
    desk = Desk()
    data = desk.data

    first, again = data.knock("shop/api", "shop/web"), data.knock("shop/api", "shop/web")

    assert first is again
    assert first.actions("shop/api") == first.actions("shop/web")
    assert "pull" in first.actions("shop/web")
    assert len(desk.asked) == 3


def test_a_token_that_grants_nothing_is_not_taken_for_permission() -> None:
    desk = Desk(abac=True)
    for role in desk.simulator.world.resources.of_type("Microsoft.Authorization/roleDefinitions"):
        for permission in role["properties"]["permissions"]:
            permission["dataActions"] = []

    admission = desk.data.knock("shop/web")

    assert "pull" not in admission.actions("shop/web")
    assert admission.probes[-1].answer.endswith("in shop/web")


def test_network_rules_that_keep_us_out_are_an_answer() -> None:
    desk = Desk(deny=True)

    admission = desk.data.knock("shop/web")

    assert last(admission) == ("challenge", False)
    assert "do not admit this service's own address" in admission.probes[-1].answer
    assert desk.asked == [f"GET https://{HOST}/v2/"]


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(429, Trouble.THROTTLED), (503, Trouble.UNAVAILABLE), (500, Trouble.UNAVAILABLE)],
)
@pytest.mark.parametrize("path", ["/v2/", "/oauth2/exchange", "/oauth2/token"])
def test_the_registrys_own_trouble_is_told_at_once_and_not_waited_out(
    path: str, status: int, trouble: Trouble
) -> None:
    desk = Desk()
    before = desk.simulator.world.clock.now()
    body = {"errors": [{"code": "UNKNOWN", "message": "try later"}]}
    fault = {"match": {"path": path}, "times": 9, "status": status, "body": body}
    desk.simulator.faults.add(fault | {"headers": {"Retry-After": "3600"}})

    admission = desk.data.knock("shop/web")

    assert admission.trouble is trouble
    assert admission.probes[-1].passed is None
    assert len([one for one in desk.asked if one.endswith(path)]) == 1
    assert desk.simulator.world.clock.now() == before


def test_a_line_that_is_cut_leaves_everything_open() -> None:
    desk = Desk()
    desk.simulator.faults.add({"match": {"path": "/v2/"}, "times": 9, "drop": "before"})

    admission = desk.data.knock("shop/web")

    assert last(admission) == ("name", None)
    assert len(desk.asked) == 2


@pytest.mark.parametrize(
    "challenge",
    [
        'Bearer realm="https://evil.example/oauth2/token",service="contosoimages.azurecr.io"',
        'Bearer realm="http://contosoimages.azurecr.io/oauth2/token",service="contosoimages.azurecr.io"',
        'Bearer realm="https://contosoimages.azurecr.io/oauth2/token",service="other.azurecr.io"',
        'Bearer realm="https://contosoimages.azurecr.io@evil.example/x",service="contosoimages.azurecr.io"',
        'Basic realm="https://contosoimages.azurecr.io/oauth2/token"',
        "",
        "Bearer",
    ],
)
def test_a_challenge_that_leads_elsewhere_is_not_answered(challenge: str) -> None:
    desk = Desk()
    fault = {"match": {"path": "/v2/"}, "status": 401, "body": {}}
    desk.simulator.faults.add(fault | {"headers": {"WWW-Authenticate": challenge}})

    admission = desk.data.knock("shop/web")

    assert last(admission) == ("challenge", False)
    assert desk.asked == [f"GET https://{HOST}/v2/"]


def test_a_redirect_is_not_followed() -> None:
    desk = Desk()
    data = desk.data
    data.knock("shop/web")
    elsewhere = {"Location": "https://evil.example/"}
    fault = {"match": {"path": "_tags"}, "status": 307, "headers": elsewhere, "body": {}}
    desk.simulator.faults.add(fault)

    answer = data.get("shop/web", "acr", "v1", "shop/web", "_tags", "4.2.1")

    assert answer.status == 307
    assert all(HOST in one for one in desk.asked)


@pytest.mark.parametrize(
    "body", ["<html>", [], {"access_token": "a.b.c"}, {"access_token": 7}, {}, "null"]
)
def test_an_answer_without_sense_grants_nothing(body: Any) -> None:
    desk = Desk()
    desk.simulator.faults.add({"match": {"path": "/oauth2/token"}, "status": 200, "body": body})

    admission = desk.data.knock("shop/web")

    assert admission.actions("shop/web") == frozenset()
    assert last(admission) == ("token", False)


def test_no_token_is_ever_shown() -> None:
    desk = Desk()
    data = desk.data

    admission = data.knock("shop/web")
    answer = data.get("shop/web", "acr", "v1", "shop/web", "_tags", "4.2.1")

    shown = f"{admission!r} {answer!r} {data!r}"
    assert "eyJ" not in shown
