"""
Public addresses: what the ids of public IPs and prefixes stand for.

In:  references as a NAT gateway or firewall holds them.
Out: IPv4 addresses and blocks, each as ARM reports it now. Raises when one cannot be read.

A few are read one by one and side by side; many of one resource group by one list, for a firewall
may have 250 (Azure Firewall known limits).
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from shared.clients.azure import Azure
from shared.errors import NotFound, Refused
from shared.evidence.reading import id_in, whole
from shared.model.ids import ResourceId

VERSION = "2026-03-01"
_ONE_BY_ONE = 3
_MEMBERS = {
    "microsoft.network/publicipaddresses": "ipAddress",
    "microsoft.network/publicipprefixes": "ipPrefix",
}


def read(
    azure: Azure, references: Iterable[Any], *, holder: ResourceId | None = None
) -> tuple[str, ...]:
    """Every IPv4 address or block behind the references, in their order. One that has no address
    yet is left out. With a `holder` each must say itself that it is the holder's."""
    ids = list(dict.fromkeys(map(_id, references)))
    by_group: dict[tuple[str, str], list[ResourceId]] = {}
    for id in ids:
        by_group.setdefault((id.group_id.lower(), id.type), []).append(id)
    reads: dict[str, Callable[[], Mapping[str, Mapping[str, Any]]]] = {}
    for (group, type_), members in by_group.items():
        if len(members) > _ONE_BY_ONE:
            reads[f"{group} {type_}"] = partial(_listed, azure, members)
        else:
            reads |= {id.key: partial(_single, azure, id) for id in members}
    found: dict[str, Mapping[str, Any]] = {}
    for answer in azure.together(**reads).values():
        found |= answer
    if holder is not None:
        _check(holder, found)
    addresses = (_address(id, found) for id in ids)
    return tuple(dict.fromkeys(address for address in addresses if address))


def _id(reference: Any) -> ResourceId:
    found = id_in(reference.get("id")) if isinstance(reference, dict) else None
    if found is None or found.type not in _MEMBERS:
        raise Refused("Azure's answer names a public address without sense")
    return found


def _single(azure: Azure, id: ResourceId) -> Mapping[str, Mapping[str, Any]]:
    with azure.asking(f"read the public address {id}"):
        return {id.key: whole(azure.arm.get(id.text, VERSION), str(id))["properties"]}


def _listed(azure: Azure, members: list[ResourceId]) -> Mapping[str, Mapping[str, Any]]:
    path = members[0].text.rsplit("/", 1)[0]
    with azure.asking(f"list {path}"):
        items = list(azure.arm.list(path, VERSION))
    wanted = {member.key for member in members}
    return {
        id.key: item["properties"]
        for item in items
        if (id := id_in(item.get("id")))
        and id.key in wanted
        and isinstance(item.get("properties"), dict)
    }


def _check(holder: ResourceId, found: Mapping[str, Mapping[str, Any]]) -> None:
    for name, properties in found.items():
        configuration = properties.get("ipConfiguration")
        told = str(configuration.get("id") or "") if isinstance(configuration, dict) else ""
        if not told.lower().startswith(f"{holder.key}/"):
            raise Refused(f"the public address {name} does not say that {holder} uses it")


def _address(id: ResourceId, found: Mapping[str, Mapping[str, Any]]) -> str | None:
    properties = found.get(id.key)
    if properties is None:
        raise NotFound(f"the public address {id} is named and not there")
    if str(properties.get("publicIPAddressVersion", "IPv4")).lower() != "ipv4":
        return None
    address = properties.get(_MEMBERS[id.type])
    return str(address) if address else None
