"""
The oracle of changes: which differences between before and after the decision table allows.

In:  a treated Case.
Out: complaints, one sentence for each difference that must not be; none when all is well.

Judged by the state of Azure alone, not by what the product says: the addresses a registry admits,
who is granted what, switches, modes, links, routes, settings. Everything not named here must be
what it was, member by member. A remedy that comes later is one more line in `_JUDGES`.
"""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.estates import consented
from tests.estates.treating import Case
from tests.simulator.estates import ACR_PULL, REPOSITORY_READER
from tests.simulator.world import Resource

#: What the platform itself writes about a workload.
_VIEWS = ("siteStatus", "revisions", "replicas", "executions")
_KEPT_BY_AZURE = ("lastModifiedTimeUtc", "latestReadyRevisionName", "runningStatus", "state")
Judge = Callable[[Case, Resource | None, Resource | None], Iterator[str]]


def complaints(case: Case) -> tuple[str, ...]:
    """Everything that differs and must not."""
    return tuple(_complaints(case))


def _complaints(case: Case) -> Iterator[str]:
    changed = differences(case.before, case.after)
    for id in changed:
        old, new = case.before.get(id), case.after.get(id)
        kind = str((new or old or {}).get("type", id)).lower()
        judge = _JUDGES.get(id if id in _JUDGES else kind, _nobody_may)
        yield from judge(case, old, new)
    if changed and case.blueprint.opt_out:
        yield f"something was changed although the {case.blueprint.opt_out} opts out"
    if changed and case.blueprint.mode == "observe":
        yield "something was changed although the policy only observes"
    if changed and not case.failing:
        yield "something was changed although the pulls worked"


def differences(before: Mapping[str, Resource], after: Mapping[str, Resource]) -> list[str]:
    """What differs between two photographs, but for what the platform itself writes."""
    return [
        id
        for id in sorted(before.keys() | after.keys())
        if not _is_view(id) and _without_views(before.get(id)) != _without_views(after.get(id))
    ]


def _is_view(id: str) -> bool:
    return any(f"/{name.lower()}/" in f"{id}/" for name in _VIEWS)


def _without_views(resource: Resource | None) -> Any:
    if resource is None or not isinstance(resource.get("properties"), dict):
        return resource
    held = {k: v for k, v in resource["properties"].items() if k not in _KEPT_BY_AZURE}
    return {**resource, "properties": held}


def _nobody_may(case: Case, old: Resource | None, new: Resource | None) -> Iterator[str]:
    yield f"{(new or old or {}).get('id', 'a part of the scenario')} was changed"


def _registry(case: Case, old: Resource | None, new: Resource | None) -> Iterator[str]:
    """Address rules may grow by the workload's own addresses, and nothing else may move."""
    if old is None or new is None or old["id"] != case.built.registry["id"]:
        yield from _nobody_may(case, old, new)
        return
    rules, grown = _rules(old), _rules(new)
    if _without_rules(old) != _without_rules(new):
        yield "the registry was changed beyond its address rules"
    if grown[: len(rules)] != rules:
        yield "address rules of others were changed"
    own = [ipaddress.ip_network(one) for one in consented.own_addresses(case.built)]
    for value in grown[len(rules) :]:
        network = ipaddress.ip_network(value)
        if not all(any(one in each for each in own) for one in network):
            yield f"the registry admits {value}, which is not the workload's own and provable"
    if not consented.network(case.built):
        yield "the registry admits addresses without its owner's consent"


def _rules(registry: Resource) -> list[str]:
    rules = registry["properties"].get("networkRuleSet") or {}
    return [rule["value"] for rule in rules.get("ipRules") or ()]


def _without_rules(registry: Resource) -> Any:
    properties = dict(registry["properties"])
    rules = dict(properties.pop("networkRuleSet", None) or {})
    rules.pop("ipRules", None)
    return {**registry, "properties": {**properties, "networkRuleSet": rules}}


def _assignment(case: Case, old: Resource | None, new: Resource | None) -> Iterator[str]:
    """One new assignment: the pull role of the registry's mode, for the pull identity, there."""
    if old is not None or new is None:
        yield "a role assignment of others was changed"
        return
    built, properties = case.built, new["properties"]
    role = str(properties["roleDefinitionId"]).rsplit("/", 1)[-1].lower()
    registry = case.before[built.registry["id"].lower()]
    abac = registry["properties"]["roleAssignmentMode"] == "AbacRepositoryPermissions"
    if role != (REPOSITORY_READER if abac else ACR_PULL):
        yield f"the role {role} was granted, which is not the pull role of the registry's mode"
    if str(properties["principalId"]).lower() != str(built.principal).lower():
        yield f"{properties['principalId']} was granted a role and is not the pull identity"
    if str(properties["scope"]).lower() != built.registry["id"].lower():
        yield f"a role was granted at {properties['scope']}"
    if (why := consented.grant_refused(built, properties.get("condition"))) is not None:
        yield why


def _link(case: Case, old: Resource | None, new: Resource | None) -> Iterator[str]:
    """One new link of the registry's private zone to the workload's own network."""
    if old is not None or new is None:
        yield "a zone link of others was changed"
        return
    properties, network = new["properties"], (case.built.subnet or "").split("/subnets/")[0]
    if properties.get("registrationEnabled"):
        yield "a zone link registers names"
    if str(properties["virtualNetwork"]["id"]).lower() != network.lower():
        yield f"a zone was linked to {properties['virtualNetwork']['id']}"
    if "/privatelink." not in new["id"]:
        yield f"{new['id']} is no zone of private endpoints"
    if not consented.network(case.built):
        yield "a zone was linked without the registry owner's consent"


def _site(case: Case, old: Resource | None, new: Resource | None) -> Iterator[str]:
    """Image pulls may be routed over the site's network; all else of the site stays."""
    if old is None or new is None or old["id"] != case.workload:
        yield from _nobody_may(case, old, new)
        return
    moved = _differences(_without_views(old), _without_views(new))
    if moved != {("properties", "outboundVnetRouting", "imagePullTraffic"): (False, True)}:
        yield f"the site was changed: {moved}"
    if not consented.network(case.built):
        yield "image pulls were routed without the registry owner's consent"


def _site_config(case: Case, old: Resource | None, new: Resource | None) -> Iterator[str]:
    """The site may be told to pull with an identity that may pull already."""
    if old is None or new is None or not old["id"].startswith(case.workload + "/config/"):
        yield from _nobody_may(case, old, new)
        return
    moved = _differences(old, new)
    flag = moved.pop(("properties", "acrUseManagedIdentityCreds"), None)
    moved.pop(("properties", "acrUserManagedIdentityID"), None)
    if moved or flag not in (None, (False, True)):
        yield f"the site's configuration was changed: {moved or flag}"
    if not consented.identity_could_pull(case.built):
        yield "the site was told to use an identity that had no pull permission"


def _settings(case: Case, old: Resource | None, new: Resource | None) -> Iterator[str]:
    yield from _password(case, old or {}, new or {}, "DOCKER_REGISTRY_SERVER_PASSWORD")


def _secrets(case: Case, old: Resource | None, new: Resource | None) -> Iterator[str]:
    yield from _password(case, old or {}, new or {}, "registry-password")


def _password(case: Case, old: Resource, new: Resource, name: str) -> Iterator[str]:
    """The workload's stored admin password may become one of the registry's two."""
    moved = _differences(old, new)
    value = moved.pop((case.workload.lower(), name), None)
    if moved:
        yield f"values of others were changed: {sorted(moved)}"
    if value is None:
        return
    if str(value[0]).startswith("@Microsoft.KeyVault"):
        yield "a Key Vault reference was overwritten"
    if value[1] not in case.before["passwords"].get(case.built.registry["id"].lower(), ()):
        yield "the password written is none of the registry's"
    if (why := consented.password_refused(case.built)) is not None:
        yield why


def _differences(old: Any, new: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Members that differ, by path: (before, after)."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found: dict[tuple[str, ...], Any] = {}
        for name in old.keys() | new.keys():
            found |= _differences(old.get(name), new.get(name), (*path, str(name)))
        return found
    return {} if old == new else {path: (old, new)}


_JUDGES: Mapping[str, Judge] = {
    "microsoft.containerregistry/registries": _registry,
    "microsoft.authorization/roleassignments": _assignment,
    "microsoft.network/privatednszones/virtualnetworklinks": _link,
    "microsoft.web/sites": _site,
    "microsoft.web/sites/slots": _site,
    "microsoft.web/sites/config": _site_config,
    "microsoft.web/sites/slots/config": _site_config,
    "appSettings": _settings,
    "secrets": _secrets,
}
