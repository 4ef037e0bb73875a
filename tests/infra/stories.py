"""
Stories that together ask Azure for everything this product ever asks it for.

In:  a folder for their stores.
Out: the actions that were asked for and allowed, and those that were refused, as the simulated
     Azure judged them: the healer holds the roles of `infra/` and nothing else.

Most are told in the matrix already; `WAYS=all` (`make nightly`) tells all of those. What only a
rollback, a health check or a rare estate asks for is told here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared import evidence
from shared.evidence import permissions
from shared.pipeline import rollback, sweep
from tests.clinic import GENEROUS, Clinic
from tests.estates.elsewhere import second_subscription
from tests.matrix.rows import STORIES
from tests.simulator import access, estates
from tests.simulator.estates import (
    ACR_PULL,
    REPOSITORY_READER,
    Estate,
    access_cases,
    cases,
    image_cases,
    wayout_cases,
)
from tests.simulator.estates import private_cases as private
from tests.simulator.world import Resource, World

Scenario = dict[str, Any]

#: Of the matrix: between them they need nearly every action of every role.
CHOSEN = frozenset(
    {
        "22-client-side-block-slot-security_rule",
        "7-private-dns-not-linked-functions-plain",
        "22-client-side-block-container-app-layers_not_in_the_firewall's_policy",
        "13-identity-not-attached-job-plain",
        "5-private-path-not-routed-web-app-private_DNS_resolver",
        "15-keyvault-reference-broken-container-app-plain",
        "1-firewall-missing-egress-functions-and_the_pull_role_gone",
        "14-credentials-not-admin-web-app-token_disabled",
        "17-tag-missing-web-app-sidecars",
        "23-not-retrying-functions-plain",
        "23-not-retrying-slot-plain",
        "21-registry-not-found-web-app-plain",
        "14-credentials-stale-container-app-plain",
        "14-credentials-stale-job-plain",
        "15-keyvault-reference-broken-web-app-plain",
        "2-firewall-missing-egress-web-app-NAT_gateway_of_an_environment",
        "14-credentials-stale-web-app-plain",
        "14-credentials-stale-slot-plain",
        "12-identity-not-used-slot-plain",
        "2-firewall-missing-egress-web-app-NAT_prefix",
        "5-private-path-not-routed-slot-plain",
    }
)
_LINKING = GENEROUS.replace("remedies:\n", "remedies:\n  dns-zone-link: {mode: auto}\n")
_PAIRED = f"""{GENEROUS}
pairs:
  - registry: "/subscriptions/*/resourceGroups/platform"
    workloads: ["/subscriptions/*/resourceGroups/web-shop"]
"""
_AUTHORIZATION = "Microsoft.Authorization"


@dataclass
class Asked:
    """Actions, lower-case, as the simulated Azure was asked for them by the healer."""

    allowed: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)


@contextmanager
def watched() -> Iterator[Asked]:
    """Everything the healer asks for meanwhile."""
    asked = Asked()

    def witness(world: World, principal: str, action: str, verdict: access.Verdict) -> None:
        if principal.lower() == world.healer.get("principalId", "").lower():
            kept = asked.allowed if verdict is access.Verdict.ALLOWED else asked.refused
            kept.add(action.lower())

    access.witness = witness
    try:
        yield asked
    finally:
        access.witness = None


def told(place: Path) -> Asked:
    """Tell them all."""
    with watched() as asked:
        for number, story in enumerate(STORIES):
            if str(story) in CHOSEN or os.environ.get("WAYS") == "all":
                clinic = _clinic(story.world(), place / str(number), policy=story.policy)
                workload = clinic.find(story.workload)
                story.fails(clinic, workload)
                clinic.sweep_until_done(clinic.heal(workload), minutes=story.minutes)
        for own in _OWN:
            own(place / own.__name__)
    return asked


def _undone(place: Path) -> None:
    """What was granted or linked is taken back; and the service looks at what it may do."""
    for name, scenario in (
        ("role", access_cases.lost()),
        ("link", private.private(linked=False)),
    ):
        clinic = _clinic(scenario | {"retry": [45.0]}, place / name)
        shop = clinic.find("shop")
        clinic.pull(shop)
        done = clinic.sweep_until_done(clinic.heal(shop))
        assert done.state == "healed"
        assert rollback(done.id, "not wanted", "ada", medic=clinic.medic).state == "rolled-back"
        permissions.held(clinic.azure())


def _governed(place: Path) -> None:
    """An initiative of the house with a policy of its own, and a role of the house."""

    estate = Estate()
    here = f"{estate.subscription}/providers/{_AUTHORIZATION}"
    rule = {
        "if": {"field": "type", "equals": "Microsoft.ContainerRegistry/registries"},
        "then": {"effect": "audit"},
    }
    estate.add(
        f"{here}/policyDefinitions/ours",
        f"{_AUTHORIZATION}/policyDefinitions",
        {"policyType": "Custom", "mode": "All", "policyRule": rule},
    )
    estate.add(
        f"{here}/policySetDefinitions/house",
        f"{_AUTHORIZATION}/policySetDefinitions",
        {"policyDefinitions": [{"policyDefinitionId": f"{here}/policyDefinitions/ours"}]},
    )
    estate.add(
        f"{here}/policyAssignments/house",
        f"{_AUTHORIZATION}/policyAssignments",
        {"policyDefinitionId": f"{here}/policySetDefinitions/house"},
    )
    role = "6f6b2f0e-9c1d-4a52-8c7e-1d2f3a4b5c6d"
    puller = {"actions": ["Microsoft.ContainerRegistry/registries/*/read"]}
    estate.add(
        f"{here}/roleDefinitions/{role}",
        f"{_AUTHORIZATION}/roleDefinitions",
        {"roleName": "Puller", "assignableScopes": ["/"], "permissions": [puller]},
    )
    acr = estate.registry("contosoimages", deny=True)
    site = estate.site("shop", image=estate.image(acr, "shop/web", "1"), outbound=cases.OUTBOUND)
    estate.assign(site["identity"]["principalId"], role, acr["id"])
    _looked_at(estate.scenario(), place)


def _split_by_repository(place: Path) -> None:
    """A tag that is not there, in a registry that goes by repository permissions."""
    scenario = image_cases.case("web app")
    registry = _only(scenario, "/registries")
    registry["properties"]["roleAssignmentMode"] = "AbacRepositoryPermissions"
    for one in scenario["resources"]:
        properties = one["properties"]
        if str(properties.get("roleDefinitionId", "")).endswith(ACR_PULL):
            properties["roleDefinitionId"] = properties["roleDefinitionId"].replace(
                ACR_PULL, REPOSITORY_READER
            )
    _looked_at(scenario, place)


def _replicated(place: Path) -> None:
    """A tag just pushed to a registry of two regions."""
    scenario = image_cases.case("web app", has={"pushed": "2026-08-03T08:56:00Z"})
    registry = _only(scenario, "/registries")
    scenario["resources"].append(
        {
            "id": f"{registry['id']}/replications/northeurope",
            "type": "Microsoft.ContainerRegistry/registries/replications",
            "name": "northeurope",
            "location": "northeurope",
            "properties": {"provisioningState": "Succeeded"},
        }
    )
    _looked_at(scenario, place)


def _forwarded(place: Path) -> None:
    """Names are forwarded by a ruleset."""
    estate = private.private_estate()
    network = private.of(estate, "Microsoft.Network/virtualNetworks")["id"]
    kind = "Microsoft.Network/dnsForwardingRulesets/virtualNetworkLinks"
    ruleset = estate.id("Microsoft.Network/dnsForwardingRulesets", "corp", "platform")
    estate.add(f"{ruleset}/virtualNetworkLinks/spoke", kind, {"virtualNetwork": {"id": network}})
    _looked_at(estate.scenario(), place)


def _in_slots(place: Path) -> None:
    """A slot whose password lies in a vault, and one of sidecar containers."""
    estate = Estate()
    acr = estate.registry("contosoimages", admin=("first", "second"))
    image = estate.image(acr, "shop/web", "1")
    site = estate.site("live", image=image, outbound=cases.OUTBOUND)
    vaulted = estate.slot(site, "shop", image=image, outbound=cases.OUTBOUND)
    reference = "@Microsoft.KeyVault(VaultName=contoso-kv;SecretName=password)"
    _configured(estate, vaulted)["acrUseManagedIdentityCreds"] = False
    estate.settings(
        vaulted,
        DOCKER_REGISTRY_SERVER_URL=f"https://{acr['properties']['loginServer']}",
        DOCKER_REGISTRY_SERVER_USERNAME=acr["name"],
        DOCKER_REGISTRY_SERVER_PASSWORD=reference,
    )
    _looked_at(estate.scenario(), place / "vaulted")
    _configured(estate, vaulted)["linuxFxVersion"] = "sitecontainers"
    estate.add(
        f"{vaulted['id']}/sitecontainers/main",
        "Microsoft.Web/sites/slots/sitecontainers",
        {"isMain": True, "targetPort": "80", "authType": "SystemIdentity", "image": image},
    )
    _looked_at(estate.scenario(), place / "sidecars")


def _out_of_sight(place: Path) -> None:
    """The network may not be read, its subnet alone may."""
    scenario = wayout_cases.firewall()
    clinic = _clinic(scenario, place)
    match = {"path": "/virtualNetworks/spoke$"}
    clinic.simulator.faults.add({"match": match, "times": 99, "status": 403})
    workload = clinic.find("shop")
    evidence.gather(clinic.signal(workload), azure=clinic.azure())


def _across(place: Path) -> None:
    """The registry lies in another subscription than the app, whose owner paired the two."""
    estate = Estate()
    with second_subscription(estate, hidden=False):
        acr = estate.registry("contosoimages")
        image = estate.image(acr, "shop/web", "1")
    estate.site("shop", image=image, outbound=cases.OUTBOUND)
    clinic = _clinic(estate.scenario(), place, policy=_PAIRED)
    shop = clinic.find("shop")
    clinic.pull(shop)
    assert clinic.heal(shop).state == "verifying"


def _not_seen_yet(place: Path) -> None:
    """The platform does not pull again for a day, so the registry's own log is asked."""
    clinic = _clinic({**estates.blocked_web_app(), "retry": [86400]}, place)
    shop = clinic.find("shop")
    clinic.pull(shop)
    clinic.heal(shop)
    clinic.advance(60)
    sweep(medic=clinic.medic)


def _looked_at(scenario: Scenario, place: Path) -> None:
    clinic = _clinic(scenario, place)
    workload = clinic.find("shop")
    clinic.pull(workload)
    evidence.gather(clinic.signal(workload), azure=clinic.azure())


def _clinic(scenario: Scenario, place: Path, *, policy: str = _LINKING) -> Clinic:
    place.mkdir(parents=True)
    return Clinic(scenario, place, policy=policy)


def _only(scenario: Scenario, kind: str) -> Resource:
    (found,) = [one for one in scenario["resources"] if one["type"].endswith(kind)]
    return found


def _configured(estate: Estate, site: Resource) -> dict[str, Any]:
    return next(
        one["properties"] for one in estate.resources if one["id"] == f"{site['id']}/config/web"
    )


_OWN = (
    _undone,
    _governed,
    _split_by_repository,
    _replicated,
    _forwarded,
    _in_slots,
    _out_of_sight,
    _across,
    _not_seen_yet,
)
