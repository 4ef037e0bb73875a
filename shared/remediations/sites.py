"""
One site or slot: read whole, sent whole.

In:  its id; the members that shall change.
Out: the site as App Service shows it; the body of a PUT that changes those members and no other.

A site's GET repeats a part of its configuration, and what it repeats was empty where `config/web`
was not (recorded traffic of a function app): a member of `siteConfig` is sent back only where
`config/web` says the same. Switches of old api-versions would speak against the new ones, so they
are left out, like nulls and what only Azure writes.
"""

from collections.abc import Mapping
from typing import Any

from shared.clients.azure import Azure
from shared.errors import Refused, Unreachable
from shared.model.ids import InvalidId, ResourceId
from shared.remediations import sending

Wire = Mapping[str, Any]

#: Before api-version 2024-11-01; `outboundVnetRouting` took their place.
OLD = (
    "vnetImagePullEnabled",
    "vnetRouteAllEnabled",
    "vnetContentShareEnabled",
    "vnetBackupRestoreEnabled",
)


def read(azure: Azure, id: ResourceId) -> Wire:
    """The whole site as it is now."""
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"read the site {id}"):
        wire: Wire = (
            operations.get_slot(id.group, *id.names)
            if len(id.names) == 2
            else operations.get(id.group, id.name)
        ).as_dict()
    try:
        found = ResourceId.parse(wire.get("id"))
    except InvalidId:
        found = None
    if found != id or not isinstance(wire.get("properties"), Mapping):
        raise Refused(f"Azure's answer about {id} is not that site; nothing is read in it")
    return wire


def sendable(site: Wire, config: Wire, **changed: Any) -> Any:
    """The body of a PUT: the site as it was read, with these properties changed."""
    from azure.mgmt.web.models import Site

    whole = Site(site).as_dict(exclude_readonly=True)
    shown = whole["properties"].get("siteConfig") or {}
    same = {name: value for name, value in shown.items() if config.get(name) == value}
    properties = {
        name: value
        for name, value in whole["properties"].items()
        if name not in (*OLD, "siteConfig")
    }
    if same:
        properties["siteConfig"] = same
    return _without_nulls({**whole, "properties": {**properties, **changed}})


def send(azure: Azure, id: ResourceId, body: Any, what: str) -> Unreachable | None:
    """PUT it once. None: Azure took it; see `sending.once`."""
    operations = azure.web(id.subscription).web_apps
    more: dict[str, Any] = {"polling": False, **sending.ONCE}

    def put() -> None:
        if len(id.names) == 2:
            operations.begin_create_or_update_slot(id.group, *id.names, body, **more)
        else:
            operations.begin_create_or_update(id.group, id.name, body, **more)

    return sending.once(azure, what, put)


def config(azure: Azure, id: ResourceId) -> Wire:
    """The properties of `config/web` as they are now."""
    operations = azure.web(id.subscription).web_apps
    with azure.asking(f"read the configuration of {id}"):
        wire: Wire = (
            operations.get_configuration_slot(id.group, *id.names)
            if len(id.names) == 2
            else operations.get_configuration(id.group, id.name)
        ).as_dict()
    properties = wire.get("properties")
    if not isinstance(properties, Mapping):
        raise Refused(f"Azure's answer about the configuration of {id} is none")
    return dict(properties)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_nulls(one) for one in value]
    return value
