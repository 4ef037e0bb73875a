"""
The survey: the whole estate as Resource Graph has it, for the price of a few pages.

In:  an Azure; for a change that was just heard of, the resource that was changed.
Out: a Survey: workloads, registries, networks, private zones, and every assignment of a role that
     may grant pulls.

Three queries, paged, however many workloads there are. Resource Graph may lag by minutes, so a
Survey is for finding and never for judging: whoever is found is read again from the resource
manager. What a signal says was changed is what the pages are sure to have wrong; `corrected` reads
just that. Role assignments come with those of the scopes above (`authorizationScopeFilter`,
Resource Graph REST API 2022-10-01), yet without members of groups.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from shared.clients.azure import Azure
from shared.errors import NotFound
from shared.evidence import access, graph, private_zones, registry
from shared.evidence.reading import attempt, id_in
from shared.model.evidence import PermissionMode, Registry, Unread
from shared.model.ids import ResourceId

Wire = Mapping[str, Any]

SITES = ("microsoft.web/sites", "microsoft.web/sites/slots")
WORKLOADS = (*SITES, "microsoft.app/containerapps", "microsoft.app/jobs")
REGISTRIES = "microsoft.containerregistry/registries"
PLANS = "microsoft.web/serverfarms"
ASSIGNMENTS = "microsoft.authorization/roleassignments"
ZONES = "microsoft.network/privatednszones"
LINKS = f"{ZONES}/virtualnetworklinks"
RECORDS = f"{ZONES}/a"
_NETWORK_VERSION = private_zones.NETWORK

_RESOURCES = """
resources
| where type in~ ('microsoft.app/containerapps', 'microsoft.app/jobs')
    or (type in~ ('microsoft.web/sites', 'microsoft.web/sites/slots') and kind has 'container')
    or type in~ ('microsoft.containerregistry/registries', 'microsoft.app/managedenvironments')
    or type in~ ('microsoft.network/virtualnetworks', 'microsoft.network/routetables')
    or type in~ ('microsoft.network/natgateways', 'microsoft.network/publicipaddresses')
    or type =~ 'microsoft.network/publicipprefixes'
    or (type =~ 'microsoft.network/privatednszones' and name contains '.azurecr.')
    or (type =~ 'microsoft.network/privatednszones/virtualnetworklinks' and id contains '.azurecr.')
| project id, type, kind, sku, identity, properties
| order by id asc
"""
_ROLES = """
authorizationresources
| where type =~ 'microsoft.authorization/roledefinitions'
| where tostring(properties.type) =~ 'CustomRole'
| project id, properties
| order by id asc
"""
_ASSIGNED = """
authorizationresources
| where type =~ 'microsoft.authorization/roleassignments'
| where tostring(properties.roleDefinitionId) has_any ({roles})
| project id, properties
| order by id asc
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An assignment of a role that may grant pulls."""

    id: str
    scope: str
    principal: str
    kind: str  # "ServicePrincipal" "Group" "User"
    role: str
    condition: str | None

    def reaches(self, id: ResourceId) -> bool:
        """Whether it stands on the resource or above; management groups are above everything."""
        return not self.scope.lower().startswith("/subscriptions/") or id.within(self.scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The estate as a few pages have it. `doubted` are resources that were changed just now in a
    way no page shows."""

    rows: Mapping[ResourceId, Wire]
    grants: tuple[Grant, ...] = ()
    roles: Mapping[str, Any] = field(default_factory=dict)  # custom roles that may grant pulls
    doubted: frozenset[ResourceId] = frozenset()

    def of(self, *types: str) -> Iterator[tuple[ResourceId, Wire]]:
        """The rows of these types, by id."""
        yield from ((id, row) for id, row in self.rows.items() if id.type in types)

    @property
    def workloads(self) -> tuple[ResourceId, ...]:
        return tuple(id for id, _ in self.of(*WORKLOADS))

    def registries(self) -> dict[str, Registry]:
        """By login server; a row that makes no sense is left out."""
        told = [attempt(lambda row=row: _registry(row)) for _, row in self.of(REGISTRIES)]  # type: ignore[misc]
        return {one.login_server: one for one in told if isinstance(one, Registry)}

    def properties(self, id: ResourceId | None) -> Wire | None:
        """What a page says of the resource; None where it says nothing."""
        found = self.rows.get(id) if id else None
        told = found.get("properties") if found else None
        return told if isinstance(told, Mapping) else None

    def linked(self, zone: str) -> frozenset[ResourceId]:
        """The networks that a private zone of this name is linked to."""
        return frozenset(
            network
            for id, row in self.of(LINKS)
            if id.names[0].lower() == zone
            and (network := _id((row.get("properties") or {}).get("virtualNetwork")))
        )

    def pulls(self, grant: Grant, mode: PermissionMode | None, repository: str) -> bool | None:
        """Whether it grants pull of the repository; None where that cannot be told."""
        definition = self.roles.get(grant.role, Unread("no page holds this role"))
        return access.pulls(grant.role, definition, mode, grant.condition, repository)


def read(azure: Azure) -> Survey:
    """Everything, page by page. Raises what Azure answers: half a survey would acquit nobody."""
    rows = graph.rows(azure, _RESOURCES, "workloads, registries and their networks")
    found = {id: row for row in rows if (id := id_in(row.get("id"))) is not None}
    roles = dict(_custom(graph.rows(azure, _ROLES, "roles that may grant pulls")))
    names = (*access.LEGACY_PULL, *access.ABAC_PULL, *roles)
    query = _ASSIGNED.format(roles=", ".join(f"'{name}'" for name in names))
    assigned = graph.rows(azure, query, "who may pull", scopes_above=True)
    return Survey(rows=found, roles=roles, grants=tuple(_grants(assigned)))


def corrected(survey: Survey, azure: Azure, changed: ResourceId) -> Survey:
    """The same survey with what was changed as the resource manager has it now."""
    kind = changed.type
    if kind == REGISTRIES:
        return _granted(_replaced(survey, changed, _registry_now(azure, changed)), azure, changed)
    if kind == ASSIGNMENTS:
        return _granted(survey, azure, changed)
    if kind == PLANS:
        return _sites_of_plan(survey, azure, changed)
    if kind == LINKS and changed.parent is not None:
        return _relinked(survey, azure, changed.parent)
    if kind == RECORDS:
        return replace(survey, doubted=survey.doubted | {changed})
    if changed in survey.rows or kind.startswith("microsoft.network/"):
        return _replaced(survey, changed, _now(azure, changed, _NETWORK_VERSION))
    return survey


def _registry_now(azure: Azure, id: ResourceId) -> Wire | None:
    try:
        return registry.fetch(azure, id)
    except NotFound:
        return None


def _now(azure: Azure, id: ResourceId, version: str) -> Wire | None:
    try:
        with azure.asking(f"read {id}, which was changed"):
            return azure.arm.get(id.text, version)
    except NotFound:
        return None


def _replaced(survey: Survey, id: ResourceId, now: Wire | None) -> Survey:
    rows = {key: row for key, row in survey.rows.items() if key != id}
    return replace(survey, rows=rows | ({id: now} if now is not None else {}))


def _granted(survey: Survey, azure: Azure, changed: ResourceId) -> Survey:
    """The assignments at the scope of the change and above, anew. A role that no page knows yet is
    no role that pulls: then its owner is read closely."""
    scope = changed.group_id if changed.type == ASSIGNMENTS else changed.text
    operations = azure.authorization(changed.subscription).role_assignments
    try:
        with azure.asking(f"listed the role assignments at {scope}"):
            found = list(operations.list_for_scope(scope, filter="atScope()"))
    except NotFound:
        return survey
    kept = [one for one in survey.grants if not _at_or_above(one.scope, scope)]
    wanted = {*access.LEGACY_PULL, *access.ABAC_PULL, *survey.roles}
    wire = ({"id": one.id, "properties": _properties(one)} for one in found)
    fresh = [one for one in _grants(wire) if one.role in wanted]
    return replace(survey, grants=(*kept, *fresh))


def _at_or_above(scope: str, at: str) -> bool:
    low, place = scope.lower().rstrip("/"), at.lower()
    return place == low or place.startswith(f"{low}/") or not low.startswith("/subscriptions/")


def _properties(one: Any) -> Wire:
    return {
        "scope": one.scope,
        "principalId": one.principal_id,
        "principalType": one.principal_type,
        "roleDefinitionId": one.role_definition_id,
        "condition": one.condition,
    }


def _sites_of_plan(survey: Survey, azure: Azure, plan: ResourceId) -> Survey:
    """Every site of the plan, by one list of its subscription, where a plan's apps always are.
    Slots are in no such list: those of the plan are doubted."""
    with azure.asking(f"listed the sites of subscription {plan.subscription}"):
        listed = [one.as_dict() for one in azure.web(plan.subscription).web_apps.list()]
    rows = dict(survey.rows)
    for site in listed:
        id = id_in(site.get("id"))
        if id is not None and id in rows and plan_of(site) == plan:
            rows[id] = {**rows[id], "properties": _merged(rows[id], site)}
    slots = {id for id, row in survey.of(SITES[1]) if plan_of(row) == plan}
    return replace(survey, rows=rows, doubted=survey.doubted | slots)


def _merged(row: Wire, site: Wire) -> Wire:
    return {**(row.get("properties") or {}), **(site.get("properties") or {})}


def _relinked(survey: Survey, azure: Azure, zone: ResourceId) -> Survey:
    try:
        with azure.asking(f"listed the links of {zone}"):
            found = list(azure.arm.list(f"{zone}/virtualNetworkLinks", private_zones.VERSION))
    except NotFound:
        found = []
    kept = {id: row for id, row in survey.rows.items() if not _is_link_of(id, zone)}
    fresh = {id: row for row in found if (id := id_in(row.get("id"))) is not None}
    return replace(survey, rows=kept | fresh)


def _is_link_of(id: ResourceId, zone: ResourceId) -> bool:
    return id.type == LINKS and id.parent == zone


def plan_of(site: Wire) -> ResourceId | None:
    """The plan a site or slot runs on."""
    return id_in((site.get("properties") or {}).get("serverFarmId"))


def _registry(row: Wire) -> Registry:
    return registry.understood(row, Unread("no page tells how many rules are used"))


def _custom(rows: Iterable[Wire]) -> Iterator[tuple[str, Any]]:
    """Custom roles that may grant pulls in either permission mode, in the SDK's form."""
    for row in rows:
        told = [
            SimpleNamespace(
                actions=one.get("actions"),
                not_actions=one.get("notActions"),
                data_actions=one.get("dataActions"),
                not_data_actions=one.get("notDataActions"),
            )
            for one in (row.get("properties") or {}).get("permissions") or ()
        ]
        role = str(row.get("id", "")).rsplit("/", 1)[-1].lower()
        definition = SimpleNamespace(permissions=told)
        if any(access.pulls(role, definition, mode, None, "") for mode in PermissionMode):
            yield role, definition


def _grants(rows: Iterable[Wire]) -> Iterator[Grant]:
    for row in rows:
        told = row.get("properties") or {}
        yield Grant(
            id=str(row.get("id", "")),
            scope=str(told.get("scope") or "").rstrip("/"),
            principal=str(told.get("principalId") or "").lower(),
            kind=str(told.get("principalType") or ""),
            role=str(told.get("roleDefinitionId") or "").rsplit("/", 1)[-1].lower(),
            condition=told.get("condition") or None,
        )


def _id(reference: Any) -> ResourceId | None:
    return id_in(reference.get("id")) if isinstance(reference, Mapping) else None
