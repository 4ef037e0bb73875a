"""
A change of our own that did harm is taken back by the service itself, and it says who must do the
rest.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.model.incident import Incident
from shared.model.words import State
from shared.pipeline import rounds as together
from shared.pipeline import sweep
from tests.clinic import Clinic
from tests.pipeline.storms import Storm
from tests.pipeline.test_at_once import before_each, rules
from tests.pipeline.test_private_path import LINKING
from tests.pipeline.test_rounds import to_the_end
from tests.pipeline.test_undoing import A, B, neighbours
from tests.simulator import estates
from tests.simulator.estates import private_cases
from tests.simulator.estates.storms import PLANS

_DEFINITIONS = "/providers/Microsoft.Authorization/policyDefinitions"
_CLOSING = f"{_DEFINITIONS}/a3701552-92ea-433e-9d17-33b7f1208fc9"
_ASSIGNMENTS = "Microsoft.Authorization/policyAssignments"


def at_our(method: str, clinic: Clinic, action: Callable[[], None]) -> None:
    """`action` happens once, just before Azure takes the first such request of ours."""
    done: list[bool] = []

    def once(request: Any) -> None:
        if request.method == method and not done:
            done.append(True)
            action()

    before_each(clinic, once)


def a_policy_closes(clinic: Clinic, name: str = "contosoimages") -> None:
    """Somebody assigns the built-in policy that answers any write by closing the registry."""
    group = clinic.id(name).group_id
    clinic.simulator.world.resources.put(
        {
            "id": f"{group}/providers/{_ASSIGNMENTS}/closing",
            "name": "closing",
            "type": _ASSIGNMENTS,
            "properties": {
                "displayName": "Close registries",
                "policyDefinitionId": _CLOSING,
                "scope": group,
                "enforcementMode": "Default",
                "parameters": {},
            },
        }
    )


def broken(clinic: Clinic) -> Incident:
    site = clinic.id("shop", "sites")
    clinic.pull(site)
    return clinic.heal(site)


def registry(clinic: Clinic) -> dict[str, Any]:
    found = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert found is not None
    return dict(found["properties"])


def stopped_for(clinic: Clinic) -> list[str]:
    return [one.scope for one in clinic.medic.store.breakers()]


def test_a_policy_that_closes_the_registry_with_our_write_has_our_rules_taken_back(
    tmp_path: Path,
) -> None:
    clinic = Clinic(neighbours(shop=(A, B)), tmp_path)
    at_our("PATCH", clinic, lambda: a_policy_closes(clinic))

    incident = broken(clinic)

    acr = clinic.id("contosoimages")
    assert incident.state is State.ROLLED_BACK
    assert rules(clinic) == [*estates.OFFICE]
    assert registry(clinic)["publicNetworkAccess"] == "Disabled"  # never ours to switch on
    assert stopped_for(clinic) == [acr.key]
    assert clinic.writes == [f"PATCH {acr}"] * 2
    said = incident.timeline[-1].text
    assert "publicNetworkAccess: Enabled → Disabled" in said
    assert "Not restored, because only its owner may" in said
    assert incident.plan is not None
    assert (
        "az acr update --name contosoimages --public-network-enabled true"
        in (incident.plan.advice[0])
    )


def test_the_sweep_takes_it_back_where_azure_gave_no_answer_at_first(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A,)), tmp_path)
    at_our("PATCH", clinic, lambda: a_policy_closes(clinic))
    clinic.simulator.faults.add({"match": {"method": "PATCH", "nth": 2}, "times": 1, "status": 503})

    with pytest.raises(Exception, match="503"):
        broken(clinic)
    (waiting,) = clinic.medic.store.page().incidents
    clinic.advance(60)
    sweep(medic=clinic.medic)

    ended = clinic.load(waiting.id)
    assert waiting.state is State.VERIFYING
    assert ended.state is State.ROLLED_BACK
    assert rules(clinic) == [*estates.OFFICE]


def test_what_is_not_as_written_any_more_is_left_and_handed_over(tmp_path: Path) -> None:
    clinic = Clinic(neighbours(shop=(A,)), tmp_path)
    writes: list[str] = []

    def meanwhile(request: Any) -> None:
        if request.method == "PATCH" and not writes:
            a_policy_closes(clinic)
        if writes and request.method == "GET" and len(clinic.writes) == 1 and len(writes) == 2:
            registry(clinic)["networkRuleSet"]["ipRules"].clear()
        if request.method == "PATCH" or (writes and request.method == "GET"):
            writes.append(request.method)

    before_each(clinic, meanwhile)
    incident = broken(clinic)

    assert incident.state is State.FAILED
    assert "the change could not be taken back" in incident.timeline[-1].text
    assert f"{A}: before not there, written there, now not there" in incident.timeline[-1].text
    assert len(clinic.writes) == 1


@pytest.mark.parametrize("dies", [False, True], ids=["at once", "by the sweep"])
def test_one_write_for_many_that_closed_the_registry_is_taken_back_whole(
    dies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes back its own, and the last that shares an address takes that; none undoes what
    another did. Where the round's worker dies after its write, the sweep does it."""
    ward = Storm(tmp_path, apps=6, registries=1)
    at_our("PATCH", ward.clinic, lambda: a_policy_closes(ward.clinic, "contoso00"))
    ward.hear()
    with monkeypatch.context() as patch:
        if dies:
            patch.setattr(together, "_undo_if_harmful", lambda *_: None)
        ward.work_off(ward.signals)
    ward.pass_minutes(3)

    assert {one.state for one in ward.incidents} == {State.ROLLED_BACK}
    assert ward.rules(0) == {*estates.OFFICE}
    assert stopped_for(ward.clinic) == [ward.clinic.id("contoso00").key]
    assert ward.patches(0) == 1 + PLANS


# --- a pull that worked before


def serving(place: Path) -> tuple[Clinic, Incident]:
    """An app that runs; its registry was closed since, and the private path that looks whole loses
    its records in the moment in which the app is sent along it."""
    scenario = private_cases.private(routed=False, public=True)
    clinic = Clinic({**scenario, "retry": [45]}, place, policy=LINKING)
    acr = clinic.simulator.world.resources.get(clinic.id("contosoclosed", "registries").text)
    assert acr is not None
    acr["properties"]["networkRuleSet"]["defaultAction"] = "Allow"
    assert clinic.pull(clinic.find("shop"))["ok"]
    acr["properties"]["networkRuleSet"]["defaultAction"] = "Deny"
    acr["properties"]["publicNetworkAccess"] = "Disabled"

    def records_go() -> None:
        world = clinic.simulator.world
        for item in list(world.resources):
            if str(item["type"]).lower() == "microsoft.network/privatednszones/a":
                world.resources.delete(item["id"])

    at_our("PUT", clinic, records_go)
    return clinic, clinic.heal(clinic.find("shop"))


def test_an_app_that_ran_and_falls_over_by_our_routing_gets_its_routing_back(
    tmp_path: Path,
) -> None:
    clinic, incident = serving(tmp_path)
    shop = clinic.find("shop")
    assert incident.state is State.VERIFYING, incident.timeline

    ended = to_the_end(clinic, incident, minutes=15)

    assert ended.state is State.ROLLED_BACK
    assert ended.verification is not None
    assert "ran, and now none does" in ended.verification.worse
    assert clinic.writes == [f"PUT {shop}"] * 2
    site = clinic.simulator.world.resources.get(shop.text)
    assert site is not None
    assert site["properties"]["outboundVnetRouting"]["imagePullTraffic"] is False
    assert stopped_for(clinic) == [clinic.id("contosoclosed", "registries").key]
    assert "taken back by this service itself" in " ".join(one.text for one in ended.timeline)
    assert "Look at shop now" in ended.timeline[-1].text


def test_what_was_down_before_is_no_harm_done_by_a_fix_that_does_not_help(tmp_path: Path) -> None:
    scenario = private_cases.private(routed=False)
    clinic = Clinic({**scenario, "retry": [45]}, tmp_path, policy=LINKING)
    clinic.pull(clinic.find("shop"))

    def records_go() -> None:
        world = clinic.simulator.world
        for item in list(world.resources):
            if str(item["type"]).lower() == "microsoft.network/privatednszones/a":
                world.resources.delete(item["id"])

    at_our("PUT", clinic, records_go)
    ended = to_the_end(clinic, clinic.heal(clinic.find("shop")), minutes=30)

    assert ended.state is not State.ROLLED_BACK
    assert stopped_for(clinic) == []
    assert clinic.writes == [f"PUT {clinic.find('shop')}"]
