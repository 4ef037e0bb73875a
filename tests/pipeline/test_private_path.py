"""Whole stories of private paths: what is changed, what is held, what is never touched."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.model.incident import Incident
from shared.pipeline import approve, diagnose, rollback
from tests.clinic import GENEROUS, Clinic
from tests.simulator.estates import private_cases as cases
from tests.simulator.estates.estate import Estate

Scenario = dict[str, Any]
LINKING = f"{GENEROUS.rstrip()}\n".replace(
    "remedies:\n", "remedies:\n  dns-zone-link: {mode: auto}\n"
)
_NET = "Microsoft.Network"
_APPROVE = "version: 1\nmode: approve\nwait: {verify_first: 0s}"
_ACCESS = ("microsoft.containerregistry/", "microsoft.authorization/", "microsoft.network/")


def healed(
    scenario: Scenario, place: Path, *, policy: str = GENEROUS, retry: float = 45.0
) -> tuple[Clinic, Incident]:
    """The platform fails, the product hears of it and does what it does."""
    clinic = Clinic(scenario | {"retry": [retry]}, place, policy=policy)
    workload = clinic.find("shop")
    clinic.pull(workload)
    return clinic, clinic.sweep_until_done(clinic.heal(workload))


def reasons(incident: Incident) -> str:
    assert incident.decision is not None
    return "; ".join(incident.decision.reasons)


def test_routing_the_pulls_changes_nothing_about_who_may_reach_the_registry(
    tmp_path: Path,
) -> None:
    scenario = cases.private(routed=False, public=True)
    before = _access(scenario["resources"])

    clinic, incident = healed(scenario, tmp_path)

    assert incident.state == "healed"
    assert _access(clinic.simulator.world.resources) == before
    assert clinic.writes == [f"PUT {clinic.find('shop')}"]


def test_an_app_pointed_at_a_registry_it_never_had_a_role_on_is_not_shown_the_way(
    tmp_path: Path,
) -> None:
    estate = cases.private_estate(routed=False)
    _drop(estate, "Microsoft.Authorization/roleAssignments", "/registries/")

    clinic, incident = healed(estate.scenario(), tmp_path)

    assert incident.state == "held"
    assert "no consent" in reasons(incident)
    assert clinic.writes == []


def test_a_dry_run_writes_nothing_and_shows_the_whole_plan(tmp_path: Path) -> None:
    clinic = Clinic(cases.private(routed=False), tmp_path)
    shop = clinic.find("shop")
    clinic.pull(shop)

    incident = diagnose(shop, None, medic=clinic.medic)

    assert incident.plan is not None
    assert [step.remedy for step in incident.plan.steps] == ["vnet-image-pull"]
    assert clinic.writes == []


def test_a_person_approves_the_routing_and_takes_it_back(tmp_path: Path) -> None:
    clinic, held = healed(cases.private(routed=False), tmp_path, policy=_APPROVE)
    shop = clinic.find("shop")
    assert (held.state, clinic.writes) == ("held", [])
    assert held.plan is not None

    approve(held.id, held.plan.digest, "ada", medic=clinic.medic)
    clinic.heal(shop, id="signal-2")
    done = clinic.sweep_until_done(clinic.load(held.id))
    back = rollback(done.id, "wrong app", "ada", medic=clinic.medic)

    assert (done.state, back.state) == ("healed", "rolled-back")
    assert clinic.writes == [f"PUT {shop}", f"PUT {shop}"]
    assert not clinic.pull(shop)["ok"]


def test_a_link_is_taken_back_and_nothing_else(tmp_path: Path) -> None:
    clinic, done = healed(cases.private("app", linked=False), tmp_path, policy=LINKING)
    app = clinic.find("shop")
    assert done.state == "healed"

    back = rollback(done.id, "not your zone", "ada", medic=clinic.medic)

    assert back.state == "rolled-back"
    assert [write.split()[0] for write in clinic.writes] == ["PUT", "DELETE"]
    assert not clinic.pull(app)["ok"]


def test_a_lock_on_the_zone_holds_the_link(tmp_path: Path) -> None:
    clinic, incident = healed(_locked(linked=False), tmp_path, policy=LINKING)

    assert incident.state == "held"
    assert "lock" in reasons(incident)
    assert clinic.writes == []


def test_a_lock_on_the_site_hides_its_settings_too_so_the_path_is_not_proven(
    tmp_path: Path,
) -> None:
    clinic, incident = healed(_locked(routed=False), tmp_path)

    assert incident.state == "explained"
    assert incident.plan is not None
    assert "DNS servers" in " ".join(incident.plan.advice)
    assert clinic.writes == []


def test_a_right_the_service_lacks_is_named_and_nothing_is_changed(tmp_path: Path) -> None:
    actions = ("*/read", "Microsoft.Web/sites/write", "Microsoft.Web/sites/config/list/action")

    clinic, incident = healed(cases.private(routed=False, healer_actions=actions), tmp_path)

    assert incident.state == "failed"
    (outcome,) = incident.outcome
    assert "virtualNetworks/subnets/join/action" in outcome.detail
    assert not outcome.changed
    assert clinic.writes == []


def test_a_zone_in_a_subscription_of_neither_side_is_left_to_its_owner(tmp_path: Path) -> None:
    estate = cases.private_estate(linked=False)
    hub = "11111111-2222-4333-8444-555555555555"
    estate.parts["subscriptions"].append(hub)
    own = estate.subscription.rpartition("/")[2]
    for one in estate.resources:
        if f"{_NET}/privateDnsZones" in one["type"]:
            one["id"] = one["id"].replace(own, hub)
    estate.admit_healer(f"/subscriptions/{hub}")

    clinic, incident = healed(estate.scenario(), tmp_path, policy=LINKING)

    assert incident.state == "held"
    assert "subscription of neither" in reasons(incident)
    assert clinic.writes == []


def test_a_zone_link_waits_for_a_policy_that_names_it(tmp_path: Path) -> None:
    clinic, incident = healed(cases.private("app", linked=False), tmp_path)

    assert incident.state == "held"
    assert "dns-zone-link is observe" in reasons(incident)
    assert clinic.writes == []


def test_a_zone_linked_by_hand_while_the_plan_waited_makes_the_incident_moot(
    tmp_path: Path,
) -> None:
    clinic, held = healed(cases.private(linked=False), tmp_path, retry=10_000)
    shop = clinic.find("shop")
    zone = clinic.id("privatelink.azurecr.io")
    network = clinic.id("spoke", "virtualNetworks")
    body = f'{{"location": "global", "properties": {{"virtualNetwork": {{"id": "{network}"}}}}}}'
    clinic.simulator.change("PUT", f"{zone}/virtualNetworkLinks/theirs", body.encode())
    clinic.advance(60)
    clinic.pull(shop)

    after = clinic.heal(shop, id="signal-2")

    assert held.state == "held"
    assert after.state == "closed"
    assert clinic.writes == []


def test_a_link_that_was_not_enough_is_followed_by_the_routing_and_nothing_twice(
    tmp_path: Path,
) -> None:
    scenario = cases.private(linked=False, routed=False)

    clinic, incident = healed(scenario, tmp_path, policy=LINKING)

    assert incident.state == "healed"
    assert [outcome.remedy for outcome in incident.outcome] == ["dns-zone-link", "vnet-image-pull"]
    assert len(clinic.writes) == 2
    assert clinic.pull(clinic.find("shop"))["ok"]


def test_a_person_who_follows_the_advice_mends_the_path(tmp_path: Path) -> None:
    """Each explained fault, and what its advice tells to do, in the order of the commands."""
    for number, (scenario, doings) in enumerate(_FOLLOWED):
        clinic, explained = healed(scenario(), tmp_path / str(number), retry=10_000)
        shop = clinic.find("shop")
        assert explained.state == "explained"

        for doing in doings:
            doing(clinic)
            clinic.advance(5)
        assert clinic.pull(shop)["ok"]
        clinic.advance(60)
        after = clinic.heal(shop, id="signal-2")

        assert after.state == "closed"
        assert clinic.writes == []


def test_the_same_signal_again_changes_nothing_more(tmp_path: Path) -> None:
    clinic, incident = healed(cases.private(routed=False), tmp_path)
    assert incident.state == "healed"

    clinic.heal(clinic.find("shop"), id="signal-1")
    clinic.heal(clinic.find("shop"), id="signal-9")

    assert len(clinic.writes) == 1


def _change(clinic: Clinic, id: str, body: Any) -> None:
    """A person's PUT."""
    answer = clinic.simulator.change("PUT", id, json.dumps(body).encode())
    assert answer.status < 300, answer.body


def _approve(clinic: Clinic) -> None:
    kind = "Microsoft.ContainerRegistry/registries/privateEndpointConnections"
    (connection,) = clinic.simulator.world.resources.of_type(kind)
    state = {"status": "Approved", "description": "image pulls"}
    _change(
        clinic,
        connection["id"],
        {"properties": {"privateLinkServiceConnectionState": state}},
    )


def _zone(clinic: Clinic) -> str:
    endpoint = str(clinic.id("contosoclosed-endpoint"))
    group = endpoint.partition("/providers/")[0]
    return f"{group}/providers/{_NET}/privateDnsZones/privatelink.azurecr.io"


def _make_zone(clinic: Clinic) -> None:
    _change(clinic, _zone(clinic), {"location": "global"})


def _link(clinic: Clinic) -> None:
    network = str(clinic.id("spoke", "virtualNetworks"))
    properties = {"virtualNetwork": {"id": network}, "registrationEnabled": False}
    link = f"{_zone(clinic)}/virtualNetworkLinks/pulls"
    _change(clinic, link, {"location": "global", "properties": properties})


def _zone_group(clinic: Clinic) -> None:
    endpoint = clinic.id("contosoclosed-endpoint", "privateEndpoints")
    configuration = {"name": "registry", "properties": {"privateDnsZoneId": _zone(clinic)}}
    body = {"properties": {"privateDnsZoneConfigs": [configuration]}}
    _change(clinic, f"{endpoint}/privateDnsZoneGroups/default", body)


_FOLLOWED: tuple[tuple[Callable[[], Scenario], tuple[Callable[[Clinic], None], ...]], ...] = (
    (cases.waiting, (_approve,)),
    (lambda: cases.private(recorded=False), (_zone_group,)),
    (cases.stale_record, (_zone_group,)),
    (cases.no_data_record, (_zone_group,)),
    (cases.no_zone, (_make_zone, _link, _zone_group)),
    (cases.shared_zone, (_link,)),
)


def _access(resources: Any) -> list[Any]:
    """Everything that decides who may reach or pull from what."""
    return sorted(
        (copy.deepcopy(dict(one)) for one in resources if one["type"].lower().startswith(_ACCESS)),
        key=lambda one: str(one["id"]),
    )


def _locked(**options: Any) -> Scenario:
    """A ReadOnly lock on what would have to be changed."""
    estate = cases.private_estate(**options)
    kind = "Microsoft.Authorization/locks"
    target = f"{_NET}/privateDnsZones" if "linked" in options else "Microsoft.Web/sites"
    id = cases.of(estate, target)["id"]
    estate.add(f"{id}/providers/{kind}/keep", kind, {"level": "ReadOnly"})
    return estate.scenario()


def _drop(estate: Estate, type: str, part: str) -> None:
    estate.resources[:] = [
        one for one in estate.resources if not (one["type"] == type and part in one["id"])
    ]
