"""The guard on the wire: no write leaves that no allowed step announced."""

from dataclasses import dataclass, field

import pytest
from azure.core.rest import HttpRequest

from shared.clients.guard import Guard, is_read
from shared.errors import BudgetSpent, LeaseLost, WriteForbidden
from shared.model.incident import Calls
from shared.model.plan import Write

ARM = "https://management.azure.com"
REGISTRY = (
    "/subscriptions/5a1d0c3b-2f4e-4d6a-8b7c-9e0f1a2b3c4d/resourceGroups/g"
    "/providers/Microsoft.ContainerRegistry/registries/contoso"
)
RULES = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": [{"value": "1"}]}}}
PATCH = Write(method="PATCH", url=f"{REGISTRY}?api-version=2025-11-01", body=RULES)


@dataclass
class Answer:
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Wire:
    """Stands where the sockets are and remembers what reached it."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, request: HttpRequest, **_: object) -> Answer:
        self.sent.append(f"{request.method} {request.url}")
        return Answer()


def test_reads_pass_and_are_counted() -> None:
    wire = Wire()
    guard = Guard(wire)

    guard.send(HttpRequest("GET", ARM + REGISTRY))
    guard.send(HttpRequest("POST", f"{ARM}{REGISTRY}/listCredentials"))

    assert guard.calls == Calls(reads=2)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", REGISTRY),
        ("PUT", REGISTRY),
        ("DELETE", REGISTRY),
        ("POST", f"{REGISTRY}/regenerateCredential"),
        ("POST", f"{REGISTRY}/listCredentials%0A"),
        ("POST", f"{REGISTRY}/listCredentials/../regenerateCredential"),
        ("POST", REGISTRY.replace("ContainerRegistry/registries", "Web/sites") + "/restart"),
    ],
)
def test_a_write_nobody_announced_never_leaves(method: str, path: str) -> None:
    wire = Wire()

    with pytest.raises(WriteForbidden, match="no allowed step announced"):
        Guard(wire).send(HttpRequest(method, ARM + path))

    assert wire.sent == []


def test_an_announced_write_passes_only_while_its_step_runs() -> None:
    wire = Wire()
    guard = Guard(wire)

    with guard.permit([PATCH]):
        url = f"{ARM}{REGISTRY.upper()}?api-version=2025-11-01"
        guard.send(HttpRequest("PATCH", url, json=RULES))
    with pytest.raises(WriteForbidden):
        guard.send(HttpRequest("PATCH", ARM + REGISTRY, json=RULES))

    assert guard.calls == Calls(writes=1)


def test_a_step_for_one_registry_does_not_open_another() -> None:
    guard = Guard(Wire())

    with guard.permit([PATCH]), pytest.raises(WriteForbidden):
        guard.send(HttpRequest("PATCH", f"{ARM}{REGISTRY}2", json=RULES))


def _rules(**others: object) -> dict[str, object]:
    return {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": [], **others}}}


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        [],
        "not JSON",
        _rules(defaultAction="Allow"),
        _rules(bypass="AzureServices"),
        _rules(ipRules=None),
        {**_rules(), "tags": {}},
        {"properties": {**_rules()["properties"], "publicNetworkAccess": "Enabled"}},  # type: ignore[dict-item]
    ],
)
def test_a_body_that_sets_more_than_was_announced_never_leaves(body: object) -> None:
    wire = Wire()
    guard = Guard(wire)
    sent = {"content": body} if isinstance(body, str) else {"json": body} if body else {}

    with guard.permit([PATCH]), pytest.raises(WriteForbidden):
        guard.send(HttpRequest("PATCH", ARM + REGISTRY, **sent))  # type: ignore[arg-type]

    assert wire.sent == []
    assert guard.calls == Calls()


def test_rules_others_added_since_the_announcement_may_be_in_the_list() -> None:
    guard = Guard(Wire())
    grown = _rules(ipRules=[{"value": "1"}, {"value": "2"}])

    with guard.permit([PATCH]):
        guard.send(HttpRequest("PATCH", ARM + REGISTRY, json=grown))

    assert guard.calls == Calls(writes=1)


def test_a_spent_budget_stops_new_work_but_not_the_read_back() -> None:
    guard = Guard(Wire(), budget=1)
    guard.send(HttpRequest("GET", ARM + REGISTRY))

    with pytest.raises(BudgetSpent, match="azure_calls_per_incident"):
        guard.send(HttpRequest("GET", ARM + REGISTRY))
    with guard.permit([PATCH]):
        guard.send(HttpRequest("GET", ARM + REGISTRY))

    assert guard.calls == Calls(reads=2)


def test_posts_that_only_list_or_query_are_reads() -> None:
    site = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop"

    assert is_read("POST", f"{ARM}/providers/Microsoft.ResourceGraph/resources?api-version=1")
    assert is_read("POST", f"{ARM}{site}/slots/b/config/appsettings/list")
    assert is_read("POST", "https://api.loganalytics.io/v1/workspaces/w/query")
    assert not is_read("POST", f"{ARM}{site}/stop")


@pytest.mark.parametrize("path", ["/oauth2/exchange", "/oauth2/token"])
def test_signing_in_at_a_registry_reads(path: str) -> None:
    assert is_read("POST", f"https://contoso.azurecr.io{path}?api-version=2021-07-01")
    assert not is_read("POST", f"{ARM}{REGISTRY}{path}")
    assert not is_read("DELETE", f"https://contoso.azurecr.io{path}")


def test_a_write_that_is_not_ours_any_more_never_leaves_and_reads_still_do() -> None:
    wire, asked = Wire(), []
    guard = Guard(wire)
    write = HttpRequest("PATCH", ARM + REGISTRY, json=RULES)

    def lost() -> None:
        asked.append("the lease")
        raise LeaseLost("somebody else has it")

    with guard.permit([PATCH]), guard.only_while(lost):
        guard.send(HttpRequest("GET", ARM + REGISTRY))
        with pytest.raises(LeaseLost):
            guard.send(write)
    with guard.permit([PATCH]):
        guard.send(write)

    assert asked == ["the lease"]
    assert wire.sent == [f"GET {ARM}{REGISTRY}", f"PATCH {ARM}{REGISTRY}"]
    assert guard.calls == Calls(reads=1, writes=1)
