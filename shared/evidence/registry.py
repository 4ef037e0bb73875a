"""
The registry behind an image reference, found by its exact login server.

In:  a registry host such as "contoso.azurecr.io" and the subscriptions in scope.
Out: a Registry as ARM returns it now; None when no visible registry has that login server; Unread
     when looking was refused.

A registry's name is never derived from its host: hosts may carry a hash the name lacks, and a name
match would not prove whose host it is. Resource Graph finds the id (it may lag by minutes), the
resource manager's own answer is what counts; when Resource Graph knows nothing, the registries of
each subscription are listed instead.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from shared.clients.azure import Azure
from shared.errors import NotFound, PermanentError, TransientError
from shared.evidence import graph
from shared.evidence.reading import attempt, id_in, same
from shared.model.evidence import PermissionMode, Registry, Unread
from shared.model.ids import ResourceId
from shared.model.image import login_server

_MODES = {mode.value: mode for mode in PermissionMode}
_TYPE = "microsoft.containerregistry/registries"
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]{0,200}")


def find(azure: Azure, host: str) -> ResourceId | Unread | None:
    """The id of the one registry whose login server is `host`."""
    server = login_server(host)
    if not _HOST.fullmatch(server):
        return None
    try:
        found = _in_graph(azure, server)
    except (PermanentError, TransientError):
        found = []  # the lists below are slower and just as good
    if found:
        return _only(found, server)
    listed = attempt(lambda: _listed(azure, server))
    if isinstance(listed, Unread):
        return listed
    return _only(listed, server) if listed else None


def read(azure: Azure, id: ResourceId) -> Registry | Unread | None:
    """The registry as it is now, with its rule usage; None when it is no more, although a search
    that lags still names it."""
    answers = azure.together(
        registry=lambda: attempt(
            lambda: azure.once(("registry", id.key), lambda: _standing(azure, id))
        ),
        usage=lambda: attempt(
            lambda: azure.once(("rule usage", id.key), lambda: _rule_usage(azure, id))
        ),
    )
    wire, usage = answers["registry"], answers["usage"]
    if wire is None or isinstance(wire, Unread):
        return wire

    def made_sense() -> Registry:
        with azure.asking(f"read the registry {id}"):
            return understood(wire, usage)

    return attempt(made_sense)


def _standing(azure: Azure, id: ResourceId) -> Mapping[str, Any] | None:
    try:
        return fetch(azure, id)
    except NotFound:
        return None


def serves(registry: Registry, host: str) -> bool:
    """True when ARM itself says that this registry answers at `host`."""
    return registry.login_server == login_server(host)


def fetch(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    """The whole registry as ARM returns it, names as on the wire."""
    with azure.asking(f"read the registry {id}"):
        model = azure.acr(id.subscription).registries.get(id.group, id.name)
    return same(model.as_dict(), id)


def understood(wire: Mapping[str, Any], usage: tuple[int, int] | Unread) -> Registry:
    """ARM's answer in our nouns. A member an api-version does not return is None, never a guess."""
    properties = wire.get("properties") or {}
    rules = properties.get("networkRuleSet") or {}
    policies = properties.get("policies") or {}
    mode = properties.get("roleAssignmentMode")
    audience = (policies.get("azureADAuthenticationAsArmPolicy") or {}).get("status")
    public = properties.get("publicNetworkAccess")
    default = rules.get("defaultAction")
    return Registry(
        id=ResourceId.parse(wire["id"]),
        login_server=str(properties.get("loginServer", "")).lower(),
        sku=str((wire.get("sku") or {}).get("name", "")),
        public_access=None if public is None else public == "Enabled",
        default_allow=None if default is None else default == "Allow",
        ip_rules=tuple(
            str(rule["value"]) for rule in rules.get("ipRules") or () if rule.get("value")
        ),
        subnet_rules=bool(rules.get("virtualNetworkRules")),
        anonymous_pull=properties.get("anonymousPullEnabled"),
        admin_enabled=properties.get("adminUserEnabled"),
        arm_audience=None if audience is None else str(audience).lower() == "enabled",
        mode=_MODES.get(str(mode)),
        provisioning=str(properties.get("provisioningState", "")),
        private_endpoints=tuple(_endpoints(properties)),
        tags=wire.get("tags") or {},
        rules_used=usage if isinstance(usage, Unread) else usage[0],
        rules_limit=usage if isinstance(usage, Unread) else usage[1],
        snapshot=wire,
    )


def _endpoints(properties: Mapping[str, Any]) -> list[str]:
    found = []
    for connection in properties.get("privateEndpointConnections") or ():
        inner = connection.get("properties") or {}
        state = (inner.get("privateLinkServiceConnectionState") or {}).get("status", "Unknown")
        endpoint = (inner.get("privateEndpoint") or {}).get("id") or connection.get("id")
        found.append(f"{endpoint} {state}")
    return found


def _rule_usage(azure: Azure, id: ResourceId) -> tuple[int, int]:
    """(used, limit) of IP rules from the registry's own usage list; the limit differs by age of
    the documentation (100 or 200), so it is never assumed. -1 means unlimited."""
    with azure.asking(f"list the usages of {id}"):
        answer = azure.acr(id.subscription).registries.list_usages(id.group, id.name).as_dict()
        for item in answer.get("value") or ():
            if str(item.get("name", "")).lower() == "iprules":
                return int(item.get("currentValue") or 0), int(item.get("limit") or 0)
    raise NotFound("the usage list has no IPRules entry (only Premium registries have rules)")


def _in_graph(azure: Azure, server: str) -> list[ResourceId]:
    query = (
        "resources | where type =~ 'microsoft.containerregistry/registries' "
        f"| where tolower(tostring(properties.loginServer)) == '{server}' | project id"
    )
    found = graph.rows(azure, query, f"the registry {server}")
    return _reachable((row.get("id") for row in found), azure)


def _reachable(texts: Iterable[object], azure: Azure) -> list[ResourceId]:
    """Those that are ids of registries, in subscriptions the settings name."""
    ids = (id_in(text) for text in texts)
    return [id for id in ids if id is not None and id.type == _TYPE and azure.reaches(id)]


def _listed(azure: Azure, server: str) -> list[ResourceId]:
    subscriptions = azure.subscriptions
    if subscriptions is None:
        with azure.asking("listed the subscriptions we may see"):
            visible = azure.arm.list("/subscriptions", "2022-12-01")
            subscriptions = tuple(str(item["subscriptionId"]) for item in visible)
    found: list[object] = []
    refused: PermanentError | None = None
    for subscription in subscriptions:
        try:
            with azure.asking(f"listed the registries of subscription {subscription}"):
                found += [
                    model["id"]
                    for model in azure.acr(subscription).registries.list()
                    if str((model.get("properties") or {}).get("loginServer", "")).lower() == server
                ]
        except PermanentError as error:
            refused = error
    if not found and refused:
        raise refused
    return _reachable(found, azure)


def _only(found: list[ResourceId], server: str) -> ResourceId | Unread:
    """Exactly one registry, or nothing we would act on."""
    different = set(found)
    if len(different) > 1:
        return Unread(f"{len(different)} registries claim the login server {server}")
    return found[0]
