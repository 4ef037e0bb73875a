"""
Network bricks: a virtual network with subnets, NAT gateways, private endpoints and their DNS.

In:  what is special about the network.
Out: subnet ids, or the private endpoint's body.
"""

from typing import Any

from tests.simulator.estates.ground import LOCATION, SHARED, Ground, guid
from tests.simulator.world import Resource

NETWORK = "spoke"
ENDPOINT_ADDRESSES = ("10.20.9.4", "10.20.9.5")  # login server, data endpoint
_NET = "Microsoft.Network"


class Networks(Ground):
    """One virtual network, 10.20.0.0/16."""

    def subnet(self, name: str, *, nat: tuple[str, ...] = (), nat_prefix: str = "") -> str:
        """A subnet; with `nat` addresses or a prefix it has a NAT gateway."""
        network = self._network()
        id = f"{network['id']}/subnets/{name}"
        number = len(network["properties"]["subnets"])
        properties: dict[str, Any] = {
            "provisioningState": "Succeeded",
            "addressPrefix": f"10.20.{number}.0/24",
            "delegations": [],
            "privateEndpointNetworkPolicies": "Disabled",
        }
        if nat or nat_prefix:
            properties["natGateway"] = {"id": self._nat(name, nat, nat_prefix)}
        subnet = {
            "id": id,
            "name": name,
            "type": f"{_NET}/virtualNetworks/subnets",
            "properties": properties,
        }
        network["properties"]["subnets"].append(subnet)
        return id

    def private_endpoint(
        self, registry: Resource, *, linked: bool = True, recorded: bool = True
    ) -> Resource:
        """An approved private endpoint of a registry, with zone, link and records as asked."""
        subnet = self.subnet("endpoints")
        name = f"{registry['name']}-endpoint"
        id = self.id(f"{_NET}/privateEndpoints", name, SHARED)
        label, _, suffix = registry["properties"]["loginServer"].partition(".")
        hosts = (label, f"{label}.westeurope.data")
        card = self._card(f"{name}.nic", hosts, suffix, subnet)
        state = {"status": "Approved", "description": "Auto-Approved", "actionsRequired": "None"}
        endpoint = self.add(
            id,
            f"{_NET}/privateEndpoints",
            {
                "provisioningState": "Succeeded",
                "subnet": {"id": subnet},
                "networkInterfaces": [{"id": card}],
                "customDnsConfigs": [],
                "manualPrivateLinkServiceConnections": [],
                "privateLinkServiceConnections": [
                    {
                        "name": name,
                        "properties": {
                            "provisioningState": "Succeeded",
                            "privateLinkServiceId": registry["id"],
                            "groupIds": ["registry"],
                            "privateLinkServiceConnectionState": state,
                        },
                    }
                ],
            },
            location=LOCATION,
        )
        registry["properties"]["dataEndpointEnabled"] = True
        registry["properties"]["dataEndpointHostNames"] = [f"{hosts[1]}.{suffix}"]
        kind = "Microsoft.ContainerRegistry/registries/privateEndpointConnections"
        connection = guid("connection", id).replace("-", "")
        self.add(
            f"{registry['id']}/privateEndpointConnections/{registry['name']}.{connection}",
            kind,
            {
                "privateEndpoint": {"id": id},
                "privateLinkServiceConnectionState": {
                    "status": "Approved",
                    "description": "Auto-Approved",
                    "actionsRequired": "None",
                },
                "provisioningState": "Succeeded",
            },
        )
        self._zone(f"privatelink.{suffix}", hosts if recorded else (), linked=linked)
        return endpoint

    def _network(self) -> Resource:
        id = self.id(f"{_NET}/virtualNetworks", NETWORK, SHARED)
        for known in self.resources:
            if known["id"] == id:
                return known
        return self.add(
            id,
            f"{_NET}/virtualNetworks",
            {
                "provisioningState": "Succeeded",
                "addressSpace": {"addressPrefixes": ["10.20.0.0/16"]},
                "dhcpOptions": {"dnsServers": []},
                "subnets": [],
                "virtualNetworkPeerings": [],
            },
            location=LOCATION,
        )

    def _nat(self, name: str, addresses: tuple[str, ...], prefix: str) -> str:
        singles = []
        for number, address in enumerate(addresses):
            ip_id = self.id(f"{_NET}/publicIPAddresses", f"{name}-nat-{number}", SHARED)
            singles.append({"id": ip_id})
            properties = {
                "provisioningState": "Succeeded",
                "publicIPAddressVersion": "IPv4",
                "publicIPAllocationMethod": "Static",
                "ipAddress": address,
            }
            more: dict[str, Any] = {"location": LOCATION, "sku": {"name": "Standard"}}
            self.add(ip_id, f"{_NET}/publicIPAddresses", properties, **more)
        ranges = []
        if prefix:
            prefix_id = self.id(f"{_NET}/publicIPPrefixes", f"{name}-nat", SHARED)
            ranges.append({"id": prefix_id})
            held = {
                "provisioningState": "Succeeded",
                "publicIPAddressVersion": "IPv4",
                "prefixLength": int(prefix.split("/")[1]),
                "ipPrefix": prefix,
            }
            self.add(prefix_id, f"{_NET}/publicIPPrefixes", held, location=LOCATION)
        gateway = self.add(
            self.id(f"{_NET}/natGateways", f"{name}-nat", SHARED),
            f"{_NET}/natGateways",
            {
                "provisioningState": "Succeeded",
                "idleTimeoutInMinutes": 4,
                "publicIpAddresses": singles,
                "publicIpPrefixes": ranges,
            },
            location=LOCATION,
            sku={"name": "Standard"},
        )
        return str(gateway["id"])

    def _card(self, name: str, hosts: tuple[str, str], suffix: str, subnet: str) -> str:
        id = self.id(f"{_NET}/networkInterfaces", name, SHARED)
        members = ("registry", "registry_data_westeurope")
        configurations = [
            {
                "name": member,
                "properties": {
                    "provisioningState": "Succeeded",
                    "privateIPAddress": address,
                    "privateIPAllocationMethod": "Dynamic",
                    "subnet": {"id": subnet},
                    "privateLinkConnectionProperties": {
                        "groupId": "registry",
                        "requiredMemberName": member,
                        "fqdns": [f"{host}.{suffix}"],
                    },
                },
            }
            for member, host, address in zip(members, hosts, ENDPOINT_ADDRESSES, strict=True)
        ]
        held = {"provisioningState": "Succeeded", "ipConfigurations": configurations}
        self.add(id, f"{_NET}/networkInterfaces", held, location=LOCATION)
        return id

    def _zone(self, name: str, hosts: tuple[str, ...], *, linked: bool) -> None:
        kind = f"{_NET}/privateDnsZones"
        id = self.id(kind, name, SHARED)
        self.add(id, kind, {"provisioningState": "Succeeded"}, location="global")
        for host, address in zip(hosts, ENDPOINT_ADDRESSES, strict=False):
            self.add(
                f"{id}/A/{host}",
                f"{kind}/A",
                {
                    "ttl": 10,
                    "fqdn": f"{host}.{name}.",
                    "isAutoRegistered": False,
                    "aRecords": [{"ipv4Address": address}],
                },
            )
        if linked:
            network = self.id(f"{_NET}/virtualNetworks", NETWORK, SHARED)
            self.add(
                f"{id}/virtualNetworkLinks/{NETWORK}",
                f"{kind}/virtualNetworkLinks",
                {
                    "provisioningState": "Succeeded",
                    "registrationEnabled": False,
                    "virtualNetwork": {"id": network},
                    "virtualNetworkLinkState": "Completed",
                    "resolutionPolicy": "Default",
                },
                location="global",
            )
