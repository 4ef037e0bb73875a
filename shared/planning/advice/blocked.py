"""
Advice about a block in the workload's own network: which rule, route, firewall or name server, and
exactly what has to be open.

In:  a Subject.  Out: a text for a person.

Hosts and service tags: "Configure rules to access an Azure container registry behind a firewall",
"Control outbound traffic with user defined routes" of Container Apps. Hosts differ by cloud. Pure.
"""

from collections.abc import Iterator

from shared.model.evidence import PullMode, Unread
from shared.model.ground import Ground
from shared.model.ids import ResourceId
from shared.model.private_path import Blocked, LegName, Obstacle, PrivatePath
from shared.planning.advice.subject import Subject, commands, plain, quoted, where

#: By the registries' domain: blob storage, sign-in, and the platform's own images.
_CLOUDS = {
    "azurecr.io": (
        "*.blob.core.windows.net",
        ("login.microsoftonline.com", "*.login.microsoft.com", "*.identity.azure.net"),
        ("mcr.microsoft.com", "*.data.mcr.microsoft.com"),
    ),
    "azurecr.cn": (
        "*.blob.core.chinacloudapi.cn",
        ("login.chinacloudapi.cn", "*.identity.azure.cn"),
        ("mcr.azure.cn",),
    ),
    "azurecr.us": (
        "*.blob.core.usgovcloudapi.net",
        ("login.microsoftonline.us",),
        ("mcr.microsoft.com", "*.data.mcr.microsoft.com"),
    ),
}
_OTHER = ("<blob storage of this cloud>", ("<sign-in host of this cloud>",), ())
_MOST = 4


def client_side_block(s: Subject) -> str:
    """What is in the way, what must be open, and how to open it."""
    return (
        "What stops this pull is in the workload's own network, not at the registry. "
        + _in_the_way(s)
        + f"From {_subnet(s)}, HTTPS (443) must be open to {_needed(s)}. By service tag that is "
        + f"{', '.join(_tags(s))}."
        + _data_endpoints(s)
        + commands(*dict.fromkeys(_remedies(s)))
    )


def _in_the_way(s: Subject) -> str:
    named = _obstacles(s)
    if not named:
        return _private(s) or "Nothing that could be read is in the way, so look behind it: "
    sure = [one for one in named if one.sure]
    opening = "In the way: " if sure else "What may be in the way: "
    return opening + "; ".join(_told(sure or list(named))[:_MOST]) + ". "


def _told(obstacles: list[Obstacle]) -> list[str]:
    """Each rule, route or firewall once, with everything it keeps from passing."""
    said: dict[tuple[ResourceId, str], list[Obstacle]] = {}
    for one in obstacles:
        said.setdefault((one.owner, one.name), []).append(one)
    texts = []
    for group in said.values():
        rest = list(dict.fromkeys(plain(one.to) for one in group[1:] if one.to))
        texts.append(
            plain(group[0].because)
            + (f", and the same goes for {' and '.join(rest)}" if rest else "")
        )
    return texts


def _private(s: Subject) -> str:
    """The private way's own legs, where that is the way."""
    path = s.evidence.private_path
    if not isinstance(path, PrivatePath):
        return ""
    stopped = [path.leg(name) for name in (LegName.WAY, LegName.SIGN_IN)]
    said = [plain(leg.because) for leg in stopped if leg.holds is False]
    return f"In the way: {'; '.join(said)}. " if said else ""


def _obstacles(s: Subject) -> tuple[Obstacle, ...]:
    found = s.evidence.obstacles
    return () if isinstance(found, Unread) else found


def _subnet(s: Subject) -> str:
    return f"the subnet {plain(s.subnet.name)}" if s.subnet else "the workload's network"


def _needed(s: Subject) -> str:
    """Every host a pull asks, in this cloud and of this registry."""
    hosts = [s.host, *_layers(s)]
    if _signs_in(s):
        hosts += _cloud(s)[1]
    listed = ", ".join(hosts)
    if s.is_site:
        return listed
    own = ", ".join(_cloud(s)[2])
    return f"{listed}, and for the platform's own images {own}" if own else listed


def _cloud(s: Subject) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return _CLOUDS.get(s.host.partition(".")[2], _OTHER)


def _layers(s: Subject) -> tuple[str, ...]:
    """The registry's data endpoints, else blob storage."""
    told = (s.registry.snapshot.get("properties") or {}) if s.registry else {}
    hosts = tuple(plain(host) for host in told.get("dataEndpointHostNames") or ())
    return hosts or (_cloud(s)[0],)


def _has_data_endpoints(s: Subject) -> bool:
    return _layers(s) != (_cloud(s)[0],)


def _signs_in(s: Subject) -> bool:
    modes = (PullMode.SYSTEM_IDENTITY, PullMode.USER_IDENTITY)
    return s.auth is None or s.auth.mode in modes


def _tags(s: Subject) -> Iterator[str]:
    yield "AzureContainerRegistry"
    if not _has_data_endpoints(s):
        yield "Storage"
    if _signs_in(s):
        yield "AzureActiveDirectory"
    if not s.is_site:
        yield "MicrosoftContainerRegistry"
        yield "AzureFrontDoor.FirstParty"


def _data_endpoints(s: Subject) -> str:
    if not _has_data_endpoints(s):
        return ""
    return (
        " The registry has dedicated data endpoints (a private endpoint switches them on), so an "
        "old exception for blob storage no longer suffices."
    )


def _remedies(s: Subject) -> Iterator[str]:
    """A command for each kind of thing in the way."""
    for one in _obstacles(s):
        yield from _REMEDIES[one.kind](s, one) if one.kind in _REMEDIES else ()
    yield f"az acr show-endpoints --name {s.registry_name}"


def _security_rule(s: Subject, one: Obstacle) -> Iterator[str]:
    names = one.blocks is Blocked.NAMES
    port, protocol, rule = (53, "'*'", "name-lookups") if names else (443, "Tcp", "image-pulls")
    to = " ".join(map(quoted, one.to.split())) if names else " ".join(_tags(s))
    yield (
        f"az network nsg rule create --nsg-name {quoted(one.owner.name)} {where(one.owner)} "
        f"--name {rule} --priority {quoted(f'<a number below that of {one.name}>')} "
        f"--direction Outbound --access Allow --protocol {protocol} "
        f"--destination-port-ranges {port} --destination-address-prefixes {to}"
    )


def _route(s: Subject, one: Obstacle) -> Iterator[str]:
    table = f"--route-table-name {quoted(one.owner.name)} {where(one.owner)}"
    yield f"az network route-table route list {table} --output table"
    if one.sure:
        for number, tag in enumerate(_tags(s)):
            yield (
                f"az network route-table route create {table} --name image-pulls-{number} "
                f"--address-prefix {tag} --next-hop-type Internet"
            )


def _firewall(s: Subject, one: Obstacle) -> Iterator[str]:
    hosts = " ".join(quoted(host) for host in (s.host, *_layers(s), *_cloud(s)[1]))
    ground = s.evidence.workload.ground
    known = ground.subnet.prefixes if isinstance(ground, Ground) else ()
    sources = " ".join(map(quoted, known)) or "'<address block of the subnet>'"
    policy = _policy(s)
    rule = f"--name image-pulls --protocols Https=443 --source-addresses {sources}"
    if policy is None:
        yield (
            "az network firewall application-rule create "
            f"--firewall-name {quoted(one.owner.name)} {where(one.owner)} "
            f"--collection-name image-pulls --action Allow --priority '<priority>' {rule} "
            f"--target-fqdns {hosts}"
        )
        return
    yield (
        "az network firewall policy rule-collection-group collection add-filter-collection "
        f"--policy-name {quoted(policy.name)} {where(policy)} "
        "--rule-collection-group-name '<group>' --collection-priority '<priority>' --action Allow "
        f"--rule-type ApplicationRule --rule-name image-pulls {rule} --target-fqdns {hosts}"
    )


def _policy(s: Subject) -> ResourceId | None:
    ground = s.evidence.workload.ground
    firewall = ground.firewall if isinstance(ground, Ground) else None
    return firewall.policy if firewall else None


def _name_server(s: Subject, one: Obstacle) -> Iterator[str]:
    yield f"az network vnet show --ids {quoted(one.owner)} --query dhcpOptions.dnsServers"
    server = quoted(one.name.partition(",")[0])
    yield f"nslookup {quoted(s.host)} {server}  # from a machine in that network"


_REMEDIES = {
    "network-rule": _security_rule,
    "route": _route,
    "firewall": _firewall,
    "dns-server": _name_server,
}
