"""The simulated Resource Graph: who sees what, in which form, page by page."""

import json
from typing import Any

import pytest

from tests.simulator import estates, identity
from tests.simulator.azure import Simulator
from tests.simulator.estates import healthy_cases
from tests.simulator.services import resourcegraph
from tests.simulator.wire import Request, Response

REGISTRIES = "resources | where type =~ 'Microsoft.ContainerRegistry/registries'"


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(estates.blocked_web_app())


def post(simulator: Simulator, body: Any, *, principal: str | None = None) -> Response:
    world = simulator.world
    token = identity.token_for(world, principal or world.healer["principalId"])
    url = (
        "https://management.azure.com/providers/Microsoft.ResourceGraph/resources"
        "?api-version=2021-03-01"
    )
    return simulator.handle(
        Request(
            method="POST",
            url=url,
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            body=json.dumps(body).encode(),
        )
    )


def data(simulator: Simulator, query: str, **more: Any) -> Any:
    response = post(simulator, {"query": query, **more})
    assert response.status == 200, response.body
    return response.body["data"]


def test_a_registry_is_found_by_its_exact_login_server(simulator: Simulator) -> None:
    found = data(
        simulator,
        f"{REGISTRIES} and properties.loginServer =~ 'ContosoImages.azurecr.io' "
        "| project id, name, type, location, resourceGroup, subscriptionId",
    )

    (registry,) = found
    assert registry["name"] == "contosoimages"
    assert registry["type"] == "microsoft.containerregistry/registries"
    assert registry["location"] == "westeurope"
    assert registry["id"].endswith("/Microsoft.ContainerRegistry/registries/contosoimages")
    assert registry["resourceGroup"] == registry["resourceGroup"].lower()


def test_properties_and_tags_stay_objects(simulator: Simulator) -> None:
    (row,) = data(simulator, f"{REGISTRIES} | project properties, sku, tags")

    assert row["properties"]["networkRuleSet"]["defaultAction"] == "Deny"
    assert row["sku"]["name"] == "Premium"
    assert row["tags"] is None or isinstance(row["tags"], dict)


def test_arrays_inside_properties_can_be_expanded(simulator: Simulator) -> None:
    found = data(
        simulator,
        f"{REGISTRIES} | mv-expand rule = properties.networkRuleSet.ipRules "
        "| project value = tostring(rule.value)",
    )

    assert [row["value"] for row in found] == ["20.61.99.0/28"]


def test_the_table_form_has_typed_columns(simulator: Simulator) -> None:
    query = f"{REGISTRIES} | project name, properties, n = 1, yes = true, half = 0.5"
    table = data(simulator, query, options={"resultFormat": "table"})

    assert [column["type"] for column in table["columns"]] == [
        "string",
        "object",
        "integer",
        "boolean",
        "number",
    ]
    assert table["rows"][0][0] == "contosoimages"


def test_resources_holds_what_has_a_place_and_nothing_else(simulator: Simulator) -> None:
    types = {row["type"] for row in data(simulator, "Resources | distinct type")}

    assert {"microsoft.web/sites", "microsoft.containerregistry/registries"} <= types
    assert not [type for type in types if type.startswith("microsoft.authorization/")]
    assert "microsoft.web/sites/config" not in types


def test_assignments_and_containers_have_tables_of_their_own(simulator: Simulator) -> None:
    assignments = data(
        simulator,
        "authorizationresources | where type == 'microsoft.authorization/roleassignments' "
        "| project principal = tostring(properties.principalId)",
    )
    groups = data(
        simulator,
        "ResourceContainers | where type == 'microsoft.resources/subscriptions/resourcegroups' "
        "| project name",
    )

    assert simulator.world.healer["principalId"] in {row["principal"] for row in assignments}
    assert {row["name"] for row in groups} == {"web-shop", "platform"}


def test_a_caller_sees_only_what_it_may_read() -> None:
    simulator = Simulator(estates.blocked_web_app(healer_actions=("Microsoft.Web/*/read",)))

    types = {row["type"] for row in data(simulator, "resources | distinct type")}

    assert types
    assert all(type.startswith("microsoft.web/") for type in types)


def test_an_identity_without_any_role_sees_nothing(simulator: Simulator) -> None:
    (site,) = simulator.world.resources.of_type("Microsoft.Web/sites")
    nobody = site["identity"]["principalId"]

    assert post(simulator, {"query": "resources"}, principal=nobody).body["totalRecords"] == 0


def test_only_the_subscriptions_asked_for_are_searched(simulator: Simulator) -> None:
    own = simulator.world.subscriptions[0]

    assert data(simulator, REGISTRIES, subscriptions=[own.upper()])
    assert data(simulator, REGISTRIES, subscriptions=[estates.guid("elsewhere")]) == []


def test_pages_follow_the_skip_token_to_the_end(simulator: Simulator) -> None:
    query = "resources | project id | order by id asc"
    whole = post(simulator, {"query": query}).body
    assert "$skipToken" not in whole

    seen: list[str] = []
    options: dict[str, Any] = {"$top": 2}
    while True:
        page = post(simulator, {"query": query, "options": options}).body
        assert page["totalRecords"] == whole["totalRecords"]
        assert page["count"] == len(page["data"]) <= 2
        seen += [row["id"] for row in page["data"]]
        simulator.world.advance(1)
        if "$skipToken" not in page:
            break
        options = {"$skipToken": page["$skipToken"]}

    assert seen == [row["id"] for row in whole["data"]]


def test_without_the_id_column_there_is_no_next_page(simulator: Simulator) -> None:
    page = post(simulator, {"query": "resources | project name", "options": {"$top": 1}}).body

    assert "$skipToken" not in page
    assert page["resultTruncated"] == "true"


def test_the_quota_is_told_and_kept(simulator: Simulator) -> None:
    left = [
        post(simulator, {"query": "resources | count"}).headers["x-ms-user-quota-remaining"]
        for _ in range(15)
    ]
    assert left == [str(number) for number in range(14, -1, -1)]

    refused = post(simulator, {"query": "resources | count"})
    assert (refused.status, refused.body["error"]["code"]) == (429, "RateLimiting")
    assert refused.headers["Retry-After"] == "5"

    simulator.world.advance(6)
    assert post(simulator, {"query": "resources | count"}).status == 200


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("resources | nonsense", ["InvalidQuery", "ParserFailure"]),
        ("SecretTable | take 1", ["InvalidQuery", "DisallowedLogicalTableName"]),
        ("resources | where nope == 1", ["InvalidQuery", "SEM0100"]),
    ],
)
def test_a_query_that_cannot_run_is_refused_with_details(
    simulator: Simulator, query: str, codes: list[str]
) -> None:
    response = post(simulator, {"query": query})

    assert (response.status, response.body["error"]["code"]) == (400, "BadRequest")
    assert [detail["code"] for detail in response.body["error"]["details"]] == codes


@pytest.mark.usefixtures("off_the_record")  # what no document allows
@pytest.mark.parametrize(
    "options",
    [{"$top": 0}, {"$top": 1001}, {"$skip": -1}, {"$skipToken": "!"}, {"resultFormat": "csv"}],
)
def test_options_outside_their_bounds_are_refused(
    simulator: Simulator, options: dict[str, Any]
) -> None:
    assert post(simulator, {"query": REGISTRIES, "options": options}).status == 400


def test_it_lags_behind_the_resource_manager_while_frozen(simulator: Simulator) -> None:
    resourcegraph.freeze(simulator.world)
    (registry,) = simulator.world.resources.of_type("Microsoft.ContainerRegistry/registries")
    registry["properties"]["loginServer"] = "renamed.azurecr.io"
    query = f"{REGISTRIES} | project host = tostring(properties.loginServer)"
    assert data(simulator, query) == [{"host": "contosoimages.azurecr.io"}]

    resourcegraph.thaw(simulator.world)

    assert data(simulator, query) == [{"host": "renamed.azurecr.io"}]


def test_it_follows_the_resource_manager_after_a_while() -> None:
    simulator = Simulator(estates.blocked_web_app(propagation={"resourcegraph": 60}))
    registry = next(simulator.world.resources.of_type("Microsoft.ContainerRegistry/registries"))
    path = registry["id"]
    tags = json.dumps({"tags": {"owner": "platform"}}).encode()
    query = f"{REGISTRIES} | project owner = tostring(tags.owner)"
    assert simulator.change("PATCH", path, tags).status == 200
    assert data(simulator, query) == [{"owner": ""}]

    simulator.world.advance(61)
    assert data(simulator, query) == [{"owner": "platform"}]

    assert simulator.change("DELETE", path, b"").status == 200
    assert data(simulator, query) == [{"owner": "platform"}]
    simulator.world.advance(61)
    assert data(simulator, query) == []


def test_a_page_may_hold_fewer_rows_than_asked_for(simulator: Simulator) -> None:
    resourcegraph.paged(simulator.world, 3)

    page = post(simulator, {"query": "resources | project id", "options": {"$top": 1000}}).body

    assert page["count"] == 3
    assert "$skipToken" in page


def test_a_role_on_one_resource_shows_that_resource_alone() -> None:
    estate = estates.Estate()
    seen = estate.registry("contosoimages")["id"]
    estate.registry("contosoorders")
    site = estate.site("shop", image="contosoimages.azurecr.io/shop/web:1", outbound=())
    reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    estate.assign(site["identity"]["principalId"], reader, seen)

    response = post(
        Simulator(estate.scenario()),
        {"query": "resources | project id"},
        principal=site["identity"]["principalId"],
    )

    assert response.body["data"] == [{"id": seen}]


def test_an_image_that_was_changed_is_shown_when_the_index_has_caught_up() -> None:
    simulator = Simulator({**estates.blocked_web_app(), "propagation": {"resourcegraph": 60}})
    shop = next(str(i["id"]) for i in simulator.world.resources if i["type"].endswith("/sites"))
    query = "resources | where type =~ 'microsoft.web/sites' | project id, properties.siteConfig"
    body = json.dumps({"properties": {"linuxFxVersion": "DOCKER|new"}}).encode()
    simulator.change("PATCH", f"{shop}/config/web", body)

    (before,) = data(simulator, query)
    simulator.world.advance(61)
    (after,) = data(simulator, query)

    assert "DOCKER|new" not in str(before)
    assert "DOCKER|new" in str(after)


def test_a_registrys_row_names_its_private_endpoints() -> None:
    simulator = Simulator(healthy_cases.working_in_private())

    (row,) = data(simulator, f"{REGISTRIES} | project id, properties")

    (end,) = row["properties"]["privateEndpointConnections"]
    assert "Approved" in str(end)


@pytest.mark.parametrize(("asked", "shown"), [(None, 0), ("AtScopeAboveAndBelow", 1)])
def test_what_is_assigned_above_is_shown_to_who_asks_for_it(asked: str | None, shown: int) -> None:
    estate = estates.Estate()
    root = "/providers/Microsoft.Management/managementGroups/everything"
    estate.assign("1c2d3e4f-0000-4000-8000-00000000aaaa", estates.ACR_PULL, root)
    options = {"authorizationScopeFilter": asked} if asked else {}
    query = "authorizationresources | where id contains 'managementGroups' | project id"

    assert len(data(Simulator(estate.scenario()), query, options=options)) == shown
