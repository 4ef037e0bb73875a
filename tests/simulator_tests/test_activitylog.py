"""The simulated Activity Log: its fixed filter vocabulary, its pages, its bare refusals."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.simulator import estates, identity
from tests.simulator.azure import Simulator
from tests.simulator.wire import Request, Response

SPAN = "eventTimestamp ge '2026-08-01T00:00:00Z' and eventTimestamp le '2026-08-03T09:00:00Z'"
WRITE = "Microsoft.Authorization/roleAssignments/write"


@pytest.fixture
def simulator() -> Simulator:
    estate = estates.Estate()
    registry = estate.registry("contosoimages")["id"]
    scenario = estate.scenario()
    scenario["activityLog"] = [
        record("2026-08-02T10:00:00.1234567Z", registry, "Microsoft.ContainerRegistry", "one"),
        record("2026-08-02T11:00:00Z", f"{registry}/providers/{WRITE[:-6]}/a", WRITE[:23], "two"),
        record("2026-08-02T12:00:00Z", estate.id("Microsoft.Web/sites", "shop"), "Microsoft.Web"),
        record("2026-07-20T12:00:00Z", registry, "Microsoft.ContainerRegistry", "early"),
    ]
    return Simulator(scenario)


def record(at: str, resource: str, provider: str, correlation: str = "three") -> dict[str, Any]:
    return {
        "resourceId": resource,
        "eventTimestamp": at,
        "submissionTimestamp": at,
        "resourceGroupName": resource.split("/")[4],
        "resourceProviderName": {"value": provider},
        "operationName": {"value": f"{provider}/x/write"},
        "status": {"value": "Succeeded"},
        "correlationId": correlation,
        "caller": "someone@contoso.com",
        "level": "Informational",
        "subscriptionId": resource.split("/")[2],
    }


def url_of(simulator: Simulator, filter: str, more: str = "") -> str:
    return (
        f"https://management.azure.com/subscriptions/{simulator.world.subscriptions[0]}"
        "/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01"
        f"&$filter={quote(filter)}{more}"
    )


def get(simulator: Simulator, url: str) -> Response:
    token = identity.token_for(simulator.world, simulator.world.healer["principalId"])
    headers = {"authorization": f"Bearer {token}"}
    return simulator.handle(Request(method="GET", url=url, headers=headers))


def found(simulator: Simulator, filter: str) -> list[str]:
    response = get(simulator, url_of(simulator, filter))
    assert response.status == 200, response.body
    return [record["correlationId"] for record in response.body["value"]]


def test_records_of_the_span_come_newest_first(simulator: Simulator) -> None:
    assert found(simulator, SPAN) == ["three", "two", "one"]


def test_the_end_may_be_left_out(simulator: Simulator) -> None:
    assert found(simulator, "eventTimestamp ge '2026-08-02T11:30:00Z'") == ["three"]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("resourceGroupName eq 'PLATFORM'", ["two", "one"]),
        ("resourceProvider eq 'Microsoft.Web'", ["three"]),
        ("resourceProvider eq Microsoft.Web", ["three"]),
        ("correlationId eq 'two'", ["two"]),
        ("correlationId eq 'two' and status eq 'Succeeded'", ["two"]),
        ("caller eq 'nobody'", []),
    ],
)
def test_one_clause_narrows(simulator: Simulator, clause: str, expected: list[str]) -> None:
    assert found(simulator, f"{SPAN} and {clause}") == expected


def test_the_log_of_a_resource_holds_what_happened_below_it(simulator: Simulator) -> None:
    registry = simulator.world.activity_log[0]["resourceId"]

    for name in ("resourceId", "resourceUri"):
        assert found(simulator, f"{SPAN} and {name} eq '{registry.upper()}'") == ["two", "one"]
    assert found(simulator, f"{SPAN} and resourceId eq '{registry[:-1]}'") == []


def test_a_record_is_seen_only_after_it_was_submitted(simulator: Simulator) -> None:
    simulator.world.activity_log[0]["submissionTimestamp"] = "2026-08-03T09:05:00Z"

    assert "one" not in found(simulator, SPAN)
    simulator.world.advance(600)
    assert "one" in found(simulator, SPAN)


def test_pages_follow_the_next_link_to_the_end(simulator: Simulator) -> None:
    simulator.world.memory["activitylog"] = {"page": 2}
    first = get(simulator, url_of(simulator, SPAN, "&$select=correlationId")).body
    assert first["value"] == [{"correlationId": "three"}, {"correlationId": "two"}]

    second = get(simulator, first["nextLink"]).body

    assert second == {"value": [{"correlationId": "one"}]}


@pytest.mark.parametrize(
    ("filter", "said"),
    [
        ("", "start time must be specified"),
        ("eventTimestamp le '2026-08-03T09:00:00Z'", "start time must be specified"),
        ("eventTimestamp ge '2026-05-01T00:00:00Z'", "more than 90 days in the past"),
        ("eventTimestamp ge 'yesterday'", "eventTimestamp is invalid"),
        ("eventTimestamp gt '2026-08-01T00:00:00Z'", "eventTimestamp is invalid"),
        (f"{SPAN} or status eq 'x'", "invalid near"),
        (f"{SPAN} and", "invalid near"),
        (f"{SPAN} and startswith(caller, 'x')", "invalid near"),
        (f"{SPAN} and colour eq 'red'", "'colour eq' is not supported"),
        (f"{SPAN} and resourceId ge 'x'", "'resourceid ge' is not supported"),
        (f"{SPAN} and resourceId eq 'x' and correlationId eq 'y'", "Only one of the clauses"),
        (
            "eventTimestamp ge '2026-08-02T00:00:00Z' and eventTimestamp le '2026-08-01T00:00:00Z'",
            "cannot be later",
        ),
    ],
)
def test_anything_outside_the_vocabulary_is_refused_barely(
    simulator: Simulator, filter: str, said: str
) -> None:
    response = get(simulator, url_of(simulator, filter))

    assert response.status == 400
    assert set(response.body) == {"code", "message"}
    assert response.body["code"] == "BadRequest"
    assert said in response.body["message"]


def test_what_the_simulated_azure_notes_can_be_read_back(simulator: Simulator) -> None:
    registry = simulator.world.activity_log[0]["resourceId"]
    body = b'{"tags": {"team": "images"}}'
    simulator.change("PATCH", f"{registry}?api-version=2025-11-01", body)

    response = get(simulator, url_of(simulator, f"{SPAN} and resourceId eq '{registry}'"))

    statuses = [one["status"]["value"] for one in response.body["value"][:2]]
    assert sorted(statuses) == ["Started", "Succeeded"]
