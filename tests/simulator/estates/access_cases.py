"""
Estates whose workloads lost, or never had, the right to pull.

In:  the host, and what became of the role.
Out: scenarios, as the contract describes them. No product logic.
"""

from datetime import timedelta
from typing import Any

from tests.simulator.estates.cases import OUTBOUND, Scenario
from tests.simulator.estates.estate import ACR_PULL, REPOSITORY_READER, Estate, guid
from tests.simulator.estates.past import PERSON, PIPELINE
from tests.simulator.world import Resource

ANOTHER = guid("the identity it had before")
_IMAGE = ("shop/web", "4.2.1")


def lost(
    host: str = "site",
    *,
    by: str = PIPELINE,
    days: float = 1,
    told: bool = True,
    abac: bool = False,
    condition: str = "",
    **options: Any,
) -> Scenario:
    """The pull role was deleted so many days ago, by a pipeline unless said otherwise."""
    estate, acr, owner = ground(host, abac=abac, **options)
    role = REPOSITORY_READER if abac else ACR_PULL
    estate.forgotten_assignment(
        _principal(owner), role, acr["id"], by=by, days=days, told=told, condition=condition
    )
    return estate.scenario()


def never(host: str = "site", **options: Any) -> Scenario:
    """Nobody ever gave it the role."""
    return ground(host, **options)[0].scenario()


def lost_above(**options: Any) -> Scenario:
    """The role was given, and taken away again, at the registry's resource group."""
    estate, acr, owner = ground("site", **options)
    group = acr["id"].split("/providers/")[0]
    estate.forgotten_assignment(_principal(owner), ACR_PULL, group, by=PIPELINE)
    return estate.scenario()


def switched(host: str = "site", *, role: str = ACR_PULL, **options: Any) -> Scenario:
    """The registry went over to repository permissions; the role stayed what it was."""
    estate, acr, owner = ground(host, abac=True, **options)
    estate.assign(_principal(owner), role, acr["id"])
    return estate.scenario()


def remade_identity(host: str = "site", *, workload_too: bool = False, **options: Any) -> Scenario:
    """The identity was switched off and on; the role is still the former one's."""
    estate, acr, owner = ground(host, **options)
    estate.assign(ANOTHER, ACR_PULL, acr["id"])
    estate.new_identity(owner, former=ANOTHER)
    if workload_too:
        deleted(estate, owner, days=0.5)
    return estate.scenario()


def deaf(host: str = "site", **options: Any) -> Scenario:
    """The role is there, and the registry refuses the tokens of identities."""
    estate, acr, owner = ground(host, **options)
    policies = acr["properties"]["policies"]
    policies["azureADAuthenticationAsArmPolicy"] = {"status": "disabled"}
    estate.assign(_principal(owner), ACR_PULL, acr["id"])
    return estate.scenario()


def denied(**options: Any) -> Scenario:
    """The role is there, and a deny assignment takes it away again."""
    estate, acr, owner = ground("site", **options)
    estate.assign(_principal(owner), ACR_PULL, acr["id"])
    kind = "Microsoft.Authorization/denyAssignments"
    permission = {
        "actions": ["Microsoft.ContainerRegistry/registries/pull/read"],
        "notActions": [],
        "dataActions": [],
        "notDataActions": [],
    }
    estate.add(
        f"{acr['id']}/providers/{kind}/{guid('denial')}",
        kind,
        {
            "denyAssignmentName": "no pulls during the audit",
            "permissions": [permission],
            "principals": [{"id": _principal(owner), "type": "ServicePrincipal"}],
            "excludePrincipals": [],
            "scope": acr["id"],
        },
    )
    return estate.scenario()


def refused(**options: Any) -> Scenario:
    """Somebody tried to give the role, and Azure Policy refused."""
    estate, acr, owner = ground("site", **options)
    estate.refused_assignment(
        _principal(owner),
        ACR_PULL,
        acr["id"],
        code="RequestDisallowedByPolicy",
        policyAssignmentName="only-approved-roles",
    )
    return estate.scenario()


def locked(**options: Any) -> Scenario:
    """A lost role at a registry that a lock keeps from every change."""
    estate, acr, owner = ground("site", **options)
    estate.forgotten_assignment(_principal(owner), ACR_PULL, acr["id"], by=PIPELINE)
    kind = "Microsoft.Authorization/locks"
    estate.add(f"{acr['id']}/providers/{kind}/hands-off", kind, {"level": "ReadOnly"})
    return estate.scenario()


def repointed(**options: Any) -> Scenario:
    """The role was lost long ago; yesterday somebody pointed the app at this registry."""
    estate, acr, owner = ground("site", **options)
    estate.forgotten_assignment(_principal(owner), ACR_PULL, acr["id"], by=PIPELINE, days=9)
    changed(estate, owner, days=1)
    return estate.scenario()


def remade_workload(**options: Any) -> Scenario:
    """An app of that name had the role, was deleted, and somebody made another one."""
    estate, acr, owner = ground("site", **options)
    estate.forgotten_assignment(_principal(owner), ACR_PULL, acr["id"], by=PIPELINE, days=3)
    deleted(estate, owner, days=2)
    return estate.scenario()


def somebody_elses(proof: str, **options: Any) -> Scenario:
    """The log proves something, but not that this identity could pull from this registry."""
    estate, acr, owner = ground("site", **options)
    principal, role, scope = _principal(owner), ACR_PULL, acr["id"]
    if proof == "principal":
        principal = ANOTHER
    elif proof == "role":
        role = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"  # User Access Administrator
    elif proof == "registry":
        scope = estate.registry("contosootherteam")["id"]
    elif proof == "below":
        scope = f"{acr['id']}/webhooks/../../contosootherteam"
    estate.forgotten_assignment(principal, role, scope, by=PIPELINE)
    return estate.scenario()


def ground(host: str, *, abac: bool = False, **options: Any) -> tuple[Estate, Resource, Resource]:
    """The estate, its registry, and the workload that pulls, without any role."""
    estate = Estate(**options)
    acr = estate.registry("contosoimages", abac=abac)
    windows = host == "windows"
    image = estate.image(acr, *_IMAGE, platforms=["windows/amd64" if windows else "linux/amd64"])
    if host in ("app", "job"):
        environment = estate.environment("apps-env")
        make = estate.container_app if host == "app" else estate.job
        return estate, acr, make("shop", environment, image=image, registry=acr)
    site = estate.site("shop", image=image, outbound=OUTBOUND)
    if host == "slot":
        estate.assign(_principal(site), ACR_PULL, acr["id"])
        return estate, acr, estate.slot(site, "staging", image=image, outbound=OUTBOUND)
    if host == "functions":
        site["kind"] = "functionapp,linux,container"
    if windows:
        site["kind"] = "app,container,windows"
        config = next(one for one in estate.resources if one["id"] == f"{site['id']}/config/web")
        config["properties"]["windowsFxVersion"] = config["properties"].pop("linuxFxVersion")
    return estate, acr, site


def changed(estate: Estate, owner: Resource, *, days: float) -> None:
    """Somebody wrote the workload's configuration."""
    id, kind = f"{owner['id']}/config/web", f"{owner['type']}/config/write"
    estate.remember(id, kind, timedelta(days=days))


def deleted(estate: Estate, owner: Resource, *, days: float) -> None:
    """Somebody deleted the workload, and somebody made it anew an hour later."""
    gone = timedelta(days=days)
    estate.remember(owner["id"], f"{owner['type']}/delete", gone, by=PERSON)
    estate.remember(owner["id"], f"{owner['type']}/write", gone - timedelta(hours=1), by=PERSON)


def _principal(owner: Resource) -> str:
    return str(owner["identity"]["principalId"])
