"""Every route of the API: bodies, queries, ids and headers; an answer in the one error form."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.doors import Doors
from tests.fuzz.mutations import VALUES, WORDS, bodies, inputs
from tests.host.running import own_app
from tests.payloads import CONTOSO, SHOP

VALID = {
    "diagnose": {"resource": SHOP, "message": "denied"},
    "heal_by_hand": {"resource": SHOP},
    "approve": {"plan": "0" * 32},
    "reject": {"reason": "no"},
    "rollback": {"reason": "no"},
    "reset_breaker": {"registry": CONTOSO, "scope": None, "reason": "fixed"},
}
READING = ("incidents", "incident", "policy", "health", "console", "scan")
PROPER = {200, 202, 400, 403, 404, 409, 413}

TEXTS = st.one_of(WORDS, st.text(max_size=30))
QUERIES = st.dictionaries(
    st.sampled_from(["state", "resource", "registry", "since", "limit", "cursor", "code", "x"]),
    st.one_of(
        TEXTS,
        st.sampled_from(["held", "10", "2026-11-22T10:00:00Z", SHOP, CONTOSO, "WyJhIiwgImIiXQ=="]),
        st.integers().map(str),
    ),
    max_size=3,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Content-Encoding", "Content-Type", "X-MS-CLIENT-PRINCIPAL-NAME", "x-functions-key"]
    ),
    TEXTS,
    max_size=2,
)
IDS = st.one_of(TEXTS, st.sampled_from(["inc-20261122-aaaaaaaaaaaa", "..", "breaker:*"]))


def proper(answer: Any) -> None:
    """A status the contract knows, a JSON value, and errors in the one form there is."""
    assert answer.status_code in PROPER, (answer.status_code, answer.get_body())
    told = json.loads(answer.get_body())
    if answer.status_code >= 400:
        assert told["error"]["code"]
        assert told["error"]["message"]
        assert "Traceback" not in told["error"]["message"]


@pytest.mark.parametrize("name", VALID)
def test_a_body_a_person_or_a_program_sends_is_answered(doors: Doors, name: str) -> None:
    @inputs(100)
    @given(bodies(VALID[name]), IDS, HEADERS)
    def tried(body: bytes, id: str, headers: dict[str, str]) -> None:
        proper(doors.ask(name, body, route={"id": id}, headers=headers).answer)

    tried()


@inputs(300)
@given(st.sampled_from(["incidents", "incident", "policy"]), QUERIES, IDS, HEADERS)
def test_a_question_with_any_query_is_answered(
    doors: Doors, name: str, query: dict[str, str], id: str, headers: dict[str, str]
) -> None:
    proper(doors.ask(name, params=query, route={"id": id}, headers=headers).answer)


@inputs(3)
@given(QUERIES, st.binary(max_size=20), VALUES)
def test_what_costs_reads_in_azure_is_answered_too(
    doors: Doors, query: dict[str, str], body: bytes, value: Any
) -> None:
    for name in ("health", "scan"):
        proper(doors.ask(name, body, params=query).answer)
    assert doors.ask("console", body, params=query).answer.status_code == 200


def test_no_route_is_left_out() -> None:
    routes = {one.name for one in own_app() if one.kind == "httpTrigger"}

    assert routes == {*VALID, *READING, "alerts"}
