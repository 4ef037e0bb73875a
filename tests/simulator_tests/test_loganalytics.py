"""The simulated query API, asked over the wire as any client would."""

import json
from typing import Any

import pytest

from tests.simulator import estates, identity
from tests.simulator.azure import Simulator
from tests.simulator.wire import Request, Response

HOST = "api.loganalytics.io"


@pytest.fixture
def simulator() -> Simulator:
    made = Simulator(estates.Estate().scenario())
    made.world.log("AppServicePlatformLogs", platform_row("09:00:00", "first"))
    made.world.log("AppServicePlatformLogs", platform_row("08:00:00", "second"))
    return made


def platform_row(time: str, message: str) -> dict[str, Any]:
    return {"TimeGenerated": f"2026-08-03T{time}Z", "Level": "Error", "Message": message}


def ask(
    simulator: Simulator,
    body: Any,
    *,
    workspace: str | None = None,
    principal: str | None = None,
    host: str = HOST,
) -> Response:
    world = simulator.world
    who = principal or world.healer["principalId"]
    token = identity.token_for(world, who, audience=f"https://{host}")
    return simulator.handle(
        Request(
            method="POST",
            url=f"https://{host}/v1/workspaces/{workspace or world.workspace}/query",
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            body=json.dumps(body).encode(),
        )
    )


def rows(simulator: Simulator, query: str, **more: Any) -> list[list[Any]]:
    response = ask(simulator, {"query": query, **more})
    assert response.status == 200, response.body
    (table,) = response.body["tables"]
    assert table["name"] == "PrimaryResult"
    return table["rows"]


def test_an_answer_names_and_types_its_columns(simulator: Simulator) -> None:
    response = ask(
        simulator,
        {
            "query": "AppServicePlatformLogs | take 1 "
            "| project TimeGenerated, Message, n = 1, b = true"
        },
    )

    assert response.body["tables"][0]["columns"] == [
        {"name": "TimeGenerated", "type": "datetime"},
        {"name": "Message", "type": "string"},
        {"name": "n", "type": "long"},
        {"name": "b", "type": "bool"},
    ]
    assert response.body["tables"][0]["rows"] == [["2026-08-03T09:00:00Z", "first", 1, True]]


def test_times_and_dynamic_values_travel_as_text(simulator: Simulator) -> None:
    assert rows(simulator, "print a = 90s, b = dynamic({'x': [1]}), c = datetime(null)") == [
        ["00:01:30", '{"x":[1]}', None]
    ]


def test_a_table_of_azure_has_all_its_columns_from_its_first_row_on(simulator: Simulator) -> None:
    assert rows(simulator, "AppServicePlatformLogs | where isempty(StackTrace) | count") == [[2]]
    refused = ask(simulator, {"query": "AppServiceConsoleLogs | count"})

    assert refused.status == 400
    inner = refused.body["error"]["innererror"]["innererror"]
    assert inner["message"].endswith("expression named 'AppServiceConsoleLogs'")


def test_a_custom_column_exists_only_after_a_value_of_it_came(simulator: Simulator) -> None:
    row = {"TimeGenerated": "2026-08-03T09:00:00Z", "Log_s": "x", "JobName_s": "", "Count_d": 1}
    simulator.world.log("ContainerAppSystemLogs_CL", row)
    query = "ContainerAppSystemLogs_CL | where JobName_s == 'j' | project Count_d, Log_s"
    assert ask(simulator, {"query": query}).status == 400

    simulator.world.log("ContainerAppSystemLogs_CL", {**row, "JobName_s": "j"})

    assert rows(simulator, query) == [[1.0, "x"]]


@pytest.mark.parametrize(
    ("span", "seen"),
    [
        (None, ["first", "second"]),
        ("PT30M", ["first"]),
        ("P1D", ["first", "second"]),
        ("2026-08-03T07:30:00Z/2026-08-03T08:30:00Z", ["second"]),
        ("2026-08-03T07:30:00Z/PT1H", ["second"]),
        ("PT1H/2026-08-03T08:30:00Z", ["second"]),
        ("2026-08-02T00:00:00Z/P1D", []),
    ],
)
def test_the_time_span_of_the_request_narrows_every_table(
    simulator: Simulator, span: str | None, seen: list[str]
) -> None:
    found = rows(simulator, "AppServicePlatformLogs | project Message", timespan=span)

    assert [message for (message,) in found] == seen


def test_rows_take_their_time_to_arrive_when_the_scenario_says_so(simulator: Simulator) -> None:
    simulator.world.propagation["logs"] = 120

    assert rows(simulator, "AppServicePlatformLogs | project Message") == [["second"]]
    simulator.world.advance(120)
    assert rows(simulator, "AppServicePlatformLogs | count") == [[2]]


def test_now_is_the_clock_of_the_world(simulator: Simulator) -> None:
    assert rows(simulator, "print now()") == [["2026-08-03T09:00:00Z"]]


@pytest.mark.usefixtures("off_the_record")  # what no document allows
@pytest.mark.parametrize(
    ("body", "inner"),
    [
        ({"query": "print"}, "SyntaxError"),
        ({"query": "Nope | take 1"}, "SemanticError"),
        ({"query": "print 1", "timespan": "yesterday"}, "InvalidTimespan"),
        ({"query": "print 1", "timespan": "P"}, "InvalidTimespan"),
        ({"timespan": "PT1H"}, "MissingArgument"),
        ([], "MissingArgument"),
    ],
)
def test_a_bad_request_is_refused_in_the_words_of_the_service(
    simulator: Simulator, body: Any, inner: str
) -> None:
    response = ask(simulator, body)

    assert response.status == 400
    assert response.body["error"]["code"] == "BadArgumentError"
    assert response.body["error"]["message"] == "The request had some invalid properties"
    assert response.body["error"]["innererror"]["code"] == inner


def test_a_syntax_error_says_where(simulator: Simulator) -> None:
    error = ask(simulator, {"query": "print 1 |\n nonsense 2"}).body["error"]["innererror"]

    assert error["innererror"]["code"] == "SYN0002"
    assert error["innererror"]["message"].endswith("at 'nonsense' on line [2,2]")


@pytest.mark.parametrize(
    ("workspace", "code"),
    [
        ("11111111-2222-3333-4444-555555555555", "WorkspaceNotFoundError"),
        ("platform-logs", "PathNotFoundError"),
    ],
)
def test_only_the_workspace_of_the_scenario_exists(
    simulator: Simulator, workspace: str, code: str
) -> None:
    response = ask(simulator, {"query": "print 1"}, workspace=workspace)

    assert (response.status, response.body["error"]["code"]) == (404, code)


def test_an_identity_without_the_right_may_not_query_the_workspace() -> None:
    simulator = Simulator(estates.blocked_web_app())
    (site,) = simulator.world.resources.of_type("Microsoft.Web/sites")

    response = ask(simulator, {"query": "print 1"}, principal=site["identity"]["principalId"])

    assert (response.status, response.body["error"]["code"]) == (403, "InsufficientAccessError")


def test_a_table_whose_data_may_not_be_read_is_not_there() -> None:
    simulator = Simulator(estates.blocked_web_app())
    world, line = simulator.world, platform_row("2026-08-03T09:00:00Z", "State: Started")
    world.log("AppServicePlatformLogs", line)
    world.log("Ours_CL", {"TimeGenerated": line["TimeGenerated"], "Said_s": "hello"})
    queries = [f"{name} | project TimeGenerated" for name in ("AppServicePlatformLogs", "Ours_CL")]
    before = [ask(simulator, {"query": text}).status for text in queries]

    for role in world.resources.of_type("Microsoft.Authorization/roleDefinitions"):
        (held,) = role["properties"]["permissions"]
        kept = [one for one in held["actions"] if not one.endswith(("Logs/read", "Custom/read"))]
        held["actions"] = kept

    assert before == [200, 200]
    assert [ask(simulator, {"query": text}).status for text in queries] == [400, 400]
    assert ask(simulator, {"query": "print 1"}).status == 200


def test_a_get_asks_the_same_question(simulator: Simulator) -> None:
    world = simulator.world
    token = identity.token_for(world, world.healer["principalId"], audience=f"https://{HOST}")
    request = Request(
        method="GET",
        url=f"https://{HOST}/v1/workspaces/{world.workspace}/query?query=print%201&timespan=PT1H",
        headers={"authorization": f"Bearer {token}"},
    )

    assert simulator.handle(request).body["tables"][0]["rows"] == [[1]]


def test_a_token_for_the_resource_manager_does_not_open_the_workspace(
    simulator: Simulator,
) -> None:
    world = simulator.world
    audience = "https://management.azure.com"
    token = identity.token_for(world, world.healer["principalId"], audience=audience)
    request = Request(
        method="POST",
        url=f"https://{HOST}/v1/workspaces/{world.workspace}/query",
        headers={"authorization": f"Bearer {token}"},
        body=b'{"query": "print 1"}',
    )

    assert simulator.handle(request).status == 401
