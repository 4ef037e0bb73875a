"""
Bricks for what stands around a subnet: security rules, routes, a hub with an Azure Firewall.

In:  an Estate, a subnet's id, and what is special.
Out: the resources as GET returns them with the newest api-version.

The hub is a network of its own (10.50.0.0/16), peered with the spoke from both sides.
"""

from typing import Any

from tests.simulator.estates.estate import Estate
from tests.simulator.estates.ground import LOCATION, SHARED
from tests.simulator.world import Resource

FIREWALL = "10.50.0.4"  # its private address, and the next hop of routes to it
HUB_PUBLIC = ("20.61.20.9",)
#: What a pull needs, in the words of application rules.
HOSTS = ("*.azurecr.io", "*.blob.core.windows.net", "login.microsoftonline.com")
_NET = "Microsoft.Network"


def subnet(estate: Estate, id: str) -> dict[str, Any]:
    """The body of a subnet, inside its network."""
    for network in estate.resources:
        for item in network["properties"].get("subnets") or ():
            if item.get("id") == id:
                held: dict[str, Any] = item["properties"]
                return held
    raise KeyError(id)


def routes(estate: Estate, at: str, *wanted: tuple[str, str, str]) -> Resource:
    """A route table: (prefix, type of the next hop, its address or "")."""
    kind = f"{_NET}/routeTables"
    id = estate.id(kind, f"{at.rsplit('/', 1)[-1]}-routes", SHARED)
    listed = []
    for prefix, hop, address in wanted:
        name = prefix.replace("/", "-").replace(".", "-").lower()
        held = {"provisioningState": "Succeeded", "addressPrefix": prefix, "nextHopType": hop}
        if address:
            held["nextHopIpAddress"] = address
        route = {"id": f"{id}/routes/{name}", "name": name, "type": f"{kind}/routes"}
        listed.append({**route, "properties": held})
    subnet(estate, at)["routeTable"] = {"id": id}
    properties = {
        "provisioningState": "Succeeded",
        "disableBgpRoutePropagation": False,
        "routes": listed,
    }
    return estate.add(id, kind, properties, location=LOCATION)


def rules(estate: Estate, at: str, *wanted: tuple[str, int, str, str | list[str]]) -> Resource:
    """A network security group: outbound TCP rules (name, priority, access, destination)."""
    kind = f"{_NET}/networkSecurityGroups"
    id = estate.id(kind, f"{at.rsplit('/', 1)[-1]}-rules", SHARED)
    listed = []
    for name, priority, access, destination in wanted:
        many = isinstance(destination, list)
        held = {
            "provisioningState": "Succeeded",
            "protocol": "Tcp",
            "sourcePortRange": "*",
            "destinationPortRange": "443",
            "sourceAddressPrefix": "*",
            "destinationAddressPrefixes" if many else "destinationAddressPrefix": destination,
            "access": access,
            "priority": priority,
            "direction": "Outbound",
        }
        rule = {"id": f"{id}/securityRules/{name}", "name": name, "type": f"{kind}/securityRules"}
        listed.append({**rule, "properties": held})
    subnet(estate, at)["networkSecurityGroup"] = {"id": id}
    properties = {
        "provisioningState": "Succeeded",
        "securityRules": listed,
        "defaultSecurityRules": [],
    }
    return estate.add(id, kind, properties, location=LOCATION)


def no_names(estate: Estate, at: str, server: str) -> None:
    """A name server of the customer's own, and a security rule that stops questions to it."""
    group = rules(estate, at, ("no-names", 300, "Deny", server))
    rule = group["properties"]["securityRules"][0]["properties"]
    rule |= {"protocol": "*", "destinationPortRange": "53"}
    estate._network()["properties"]["dhcpOptions"]["dnsServers"] = [server]


def hub(
    estate: Estate,
    *,
    public: tuple[str, ...] = HUB_PUBLIC,
    hosts: tuple[str, ...] | None = HOSTS,
    policy: bool = False,
    nat: tuple[str, ...] = (),
    onward: str = "",
) -> Resource:
    """A hub network with an Azure Firewall, peered with the spoke; gives the firewall.

    `hosts` are let through by application rules, None: everything by a network rule. `policy`: the
    rules are a firewall policy's. `nat`: a NAT gateway on the firewall's subnet. `onward`: its
    subnet's own default route leads to this address (forced tunnelling).
    """
    network = _network(estate)
    at = f"{network['id']}/subnets/AzureFirewallSubnet"
    held: dict[str, Any] = {"provisioningState": "Succeeded", "addressPrefix": "10.50.0.0/26"}
    network["properties"]["subnets"].append(
        {"id": at, "name": "AzureFirewallSubnet", "properties": held}
    )
    if nat:
        held["natGateway"] = {"id": estate._nat("hub", nat, "")}
    if onward:
        routes(estate, at, ("0.0.0.0/0", "VirtualAppliance", onward))
    kind = f"{_NET}/azureFirewalls"
    properties: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "sku": {"name": "AZFW_VNet", "tier": "Standard"},
        "threatIntelMode": "Alert",
        "additionalProperties": {},
        "ipConfigurations": [
            _configuration(estate, at, number, address) for number, address in enumerate(public)
        ],
        "networkRuleCollections": [],
        "applicationRuleCollections": [],
        "natRuleCollections": [],
    }
    firewall = estate.add(
        estate.id(kind, "hub-firewall", SHARED), kind, properties, location=LOCATION
    )
    if policy:
        properties["firewallPolicy"] = {"id": firewall_policy(estate, hosts)["id"]}
    elif hosts is None:
        properties["networkRuleCollections"] = [_named("out", [_anything(classic=True)])]
    else:
        properties["applicationRuleCollections"] = [_named("pulls", [_by_name(hosts)])]
    return firewall


def _network(estate: Estate) -> Resource:
    """The hub's network, and the peering from both sides."""
    kind = f"{_NET}/virtualNetworks"
    spoke = estate._network()
    network = estate.add(
        estate.id(kind, "hub", SHARED),
        kind,
        {
            "provisioningState": "Succeeded",
            "addressSpace": {"addressPrefixes": ["10.50.0.0/16"]},
            "dhcpOptions": {"dnsServers": []},
            "subnets": [],
            "virtualNetworkPeerings": [],
        },
        location=LOCATION,
    )
    for one, other in ((spoke, network), (network, spoke)):
        name = f"to-{other['name']}"
        properties = {
            "provisioningState": "Succeeded",
            "peeringState": "Connected",
            "peeringSyncLevel": "FullyInSync",
            "remoteVirtualNetwork": {"id": other["id"]},
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": True,
            "allowGatewayTransit": False,
            "useRemoteGateways": False,
            "remoteAddressSpace": other["properties"]["addressSpace"],
            "remoteVirtualNetworkAddressSpace": other["properties"]["addressSpace"],
        }
        id = f"{one['id']}/virtualNetworkPeerings/{name}"
        peering = {"id": id, "name": name, "type": f"{kind}/virtualNetworkPeerings"}
        one["properties"]["virtualNetworkPeerings"].append({**peering, "properties": properties})
    return network


def public_address(estate: Estate, name: str, address: str) -> str:
    """A static public IPv4 address; gives its id."""
    kind = f"{_NET}/publicIPAddresses"
    properties = {
        "provisioningState": "Succeeded",
        "publicIPAddressVersion": "IPv4",
        "publicIPAllocationMethod": "Static",
        "ipAddress": address,
    }
    id = estate.id(kind, name, SHARED)
    estate.add(id, kind, properties, location=LOCATION, sku={"name": "Standard"})
    return id


def _configuration(estate: Estate, at: str, number: int, address: str) -> dict[str, Any]:
    """The first configuration holds the subnet and the private address; others add addresses."""
    properties: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "publicIPAddress": {"id": public_address(estate, f"hub-firewall-{number}", address)},
    }
    if number == 0:
        properties |= {
            "privateIPAddress": FIREWALL,
            "privateIPAllocationMethod": "Dynamic",
            "subnet": {"id": at},
        }
    return {"name": f"public-{number}", "properties": properties}


def firewall_policy(
    estate: Estate, hosts: tuple[str, ...] | None, *, base: str = "", name: str = "hub-policy"
) -> Resource:
    """A firewall policy with one group of rules; `base` is the policy it inherits from."""
    kind = f"{_NET}/firewallPolicies"
    id = estate.id(kind, name, SHARED)
    properties: dict[str, Any] = {"provisioningState": "Succeeded", "sku": {"tier": "Standard"}}
    if base:
        properties["basePolicy"] = {"id": base}
    policy = estate.add(id, kind, properties, location=LOCATION)
    rule = _anything(classic=False) if hosts is None else _by_name(hosts, kind="ApplicationRule")
    collection = {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": "pulls",
        "priority": 200,
        "action": {"type": "Allow"},
        "rules": [rule],
    }
    group = {"provisioningState": "Succeeded", "priority": 300, "ruleCollections": [collection]}
    of_pulls = f"{id}/ruleCollectionGroups/pulls"
    properties["ruleCollectionGroups"] = [{"id": of_pulls}]
    estate.add(of_pulls, f"{kind}/ruleCollectionGroups", group)
    return policy


def _named(name: str, collected: list[dict[str, Any]]) -> dict[str, Any]:
    held = {"priority": 200, "action": {"type": "Allow"}, "rules": collected}
    return {"name": name, "properties": {"provisioningState": "Succeeded", **held}}


def _by_name(hosts: tuple[str, ...], kind: str = "") -> dict[str, Any]:
    rule: dict[str, Any] = {
        "name": "images",
        "protocols": [{"protocolType": "Https", "port": 443}],
        "sourceAddresses": ["10.20.0.0/16"],
        "targetFqdns": list(hosts),
    }
    return {"ruleType": kind, **rule} if kind else rule


def _anything(*, classic: bool) -> dict[str, Any]:
    protocols = "protocols" if classic else "ipProtocols"
    rule: dict[str, Any] = {
        "name": "out",
        protocols: ["TCP"],
        "sourceAddresses": ["*"],
        "destinationAddresses": ["*"],
        "destinationPorts": ["443"],
    }
    return rule if classic else {"ruleType": "NetworkRule", **rule}


HUB_FIREWALL = "10.60.0.132"  # private address of a firewall in a Virtual WAN hub


def virtual_hub(estate: Estate) -> Resource:
    """A Virtual WAN hub's firewall. The spoke is peered with a network of Microsoft's, which no
    customer can read."""
    kind = f"{_NET}/azureFirewalls"
    spoke = estate._network()
    far = "/subscriptions/c1a0c3b7-0000-4000-8000-9e0f1a2b3c4d/resourceGroups/RG_hub_1f2e"
    properties = {
        "provisioningState": "Succeeded",
        "peeringState": "Connected",
        "remoteVirtualNetwork": {"id": f"{far}/providers/{_NET}/virtualNetworks/HV_hub_1f2e"},
        "allowVirtualNetworkAccess": True,
        "useRemoteGateways": True,
        "remoteAddressSpace": {"addressPrefixes": ["10.60.0.0/23"]},
        "remoteVirtualNetworkAddressSpace": {"addressPrefixes": ["10.60.0.0/23"]},
    }
    id = f"{spoke['id']}/virtualNetworkPeerings/RemoteVnetToHubPeering_1f2e"
    peering = {"id": id, "name": id.rsplit("/", 1)[-1], "properties": properties}
    spoke["properties"]["virtualNetworkPeerings"].append(peering)
    return estate.add(
        estate.id(kind, "wan-firewall", SHARED),
        kind,
        {
            "provisioningState": "Succeeded",
            "sku": {"name": "AZFW_Hub", "tier": "Standard"},
            "virtualHub": {"id": estate.id(f"{_NET}/virtualHubs", "hub", SHARED)},
            "hubIPAddresses": {
                "privateIPAddress": HUB_FIREWALL,
                "publicIPs": {"addresses": [{"address": "20.61.22.1"}], "count": 1},
            },
        },
        location=LOCATION,
    )


def isolated(estate: Estate, site: Resource, at: str, addresses: tuple[str, ...]) -> Resource:
    """Move a site into an App Service Environment of that subnet, with addresses of its own."""
    kind = "Microsoft.Web/hostingEnvironments"
    id = estate.id(kind, "isolated", SHARED)
    site["properties"]["hostingEnvironmentProfile"] = {"id": id, "name": "isolated", "type": kind}
    told = {
        "windowsOutboundIpAddresses": list(addresses),
        "linuxOutboundIpAddresses": list(addresses),
        "externalInboundIpAddresses": ["20.61.23.8"],
        "internalInboundIpAddresses": [],
        "allowNewPrivateEndpointConnections": False,
        "ftpEnabled": False,
        "remoteDebugEnabled": False,
    }
    properties = {
        "provisioningState": "Succeeded",
        "status": "Ready",
        "virtualNetwork": {
            "id": at,
            "name": at.rsplit("/", 1)[-1],
            "type": f"{_NET}/virtualNetworks/subnets",
            "subnet": "",
        },
        "internalLoadBalancingMode": "None",
        "dnsSuffix": "isolated.appserviceenvironment.net",
        "zoneRedundant": False,
        "networkingConfiguration": {
            "id": f"{id}/configurations/networking",
            "properties": told,
        },
    }
    return estate.add(id, kind, properties, kind="ASEV3", location=LOCATION)
