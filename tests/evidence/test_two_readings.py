"""
Two readings of Azure's pages, ours and the simulated one's, written apart: where we are sure, they
agree. Random security rules, routes and firewall rules, as ARM returns them.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.evidence import firewall_rules, routes, security_groups
from shared.evidence.destinations import LAYERS, REGISTRY, SIGN_IN
from shared.evidence.destinations import Destination as Ours
from shared.evidence.firewall_rules import Target
from shared.evidence.security_groups import Allowed, Unknown
from shared.model.ground import Route
from tests.simulator import firewalls, subnets
from tests.simulator.subnets import Destination as Theirs
from tests.simulator.world import World

NETWORK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network"
SUBNET = f"{NETWORK}/virtualNetworks/v/subnets/apps"
OWN = "10.20.1.0/24"
#: The same three services in both vocabularies.
SERVICES: tuple[tuple[Ours, str, Theirs], ...] = (
    (
        REGISTRY,
        "contoso.azurecr.io",
        Theirs(
            address="20.42.74.65",
            tags=("AzureContainerRegistry", "AzureCloud"),
            region="westeurope",
            hosts=("contoso.azurecr.io",),
        ),
    ),
    (
        LAYERS,
        "*.blob.core.windows.net",
        Theirs(
            address="20.60.40.4",
            tags=("Storage", "AzureCloud"),
            region="westeurope",
            hosts=("weurmanaged21.blob.core.windows.net",),
        ),
    ),
    (
        SIGN_IN,
        "login.microsoftonline.com",
        Theirs(
            address="20.190.160.1",
            tags=("AzureActiveDirectory", "AzureCloud"),
            hosts=("login.microsoftonline.com",),
        ),
    ),
)
PLACES = st.sampled_from(
    (
        *("*", "Internet", "VirtualNetwork", "AzureCloud", "AzureCloud.westeurope", "Storage"),
        *("AzureContainerRegistry", "AzureContainerRegistry.northeurope", "AzureActiveDirectory"),
        *("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "20.0.0.0/8", "20.42.74.65", "10.0.0.0/8"),
        "Sql",
    )
)
SENDERS = st.sampled_from(["*", "VirtualNetwork", OWN, "10.20.0.0/16", "10.99.0.0/16"])
PORTS = st.sampled_from(["*", "443", "80", "400-500"])
HOSTS = st.sampled_from(
    (
        *("*", "*.azurecr.io", "contoso.azurecr.io", "*.windows.net", "*.blob.core.windows.net"),
        *("weurmanaged7.blob.core.windows.net", "*.microsoftonline.com"),
        "login.microsoftonline.com",
    )
)


def some(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(values, min_size=1, max_size=3, unique=True)


SECURITY_RULES = st.lists(
    st.fixed_dictionaries(
        {
            "priority": st.integers(100, 4096),
            "direction": st.sampled_from(["Outbound", "Inbound"]),
            "access": st.sampled_from(["Allow", "Deny"]),
            "protocol": st.sampled_from(["*", "Tcp", "Udp"]),
            "sourcePortRange": st.just("*"),
            "sourceAddressPrefix": SENDERS,
            "destinationAddressPrefixes": some(PLACES),
            "destinationPortRanges": some(PORTS),
        }
    ),
    max_size=6,
    unique_by=lambda rule: rule["priority"],
)
ROUTES = st.lists(
    st.fixed_dictionaries(
        {
            "addressPrefix": PLACES.filter(
                lambda at: at not in ("*", "Internet", "VirtualNetwork", "20.42.74.65")
            ),
            "nextHopType": st.sampled_from(["Internet", "None", "VirtualAppliance"]),
        }
    ),
    max_size=5,
    unique_by=lambda route: route["addressPrefix"].lower(),
)
NETWORK_RULES = st.fixed_dictionaries(
    {
        "ruleType": st.just("NetworkRule"),
        "name": st.just("n"),
        "ipProtocols": st.sampled_from([["TCP"], ["UDP"], ["Any"]]),
        "sourceAddresses": st.sampled_from([["*"], [OWN], ["10.20.0.0/16"], ["10.99.0.0/16"]]),
        "destinationAddresses": some(PLACES.filter(lambda at: at != "Internet")),
        "destinationPorts": some(PORTS),
    }
)
APPLICATION_RULES = st.fixed_dictionaries(
    {
        "ruleType": st.just("ApplicationRule"),
        "name": st.just("a"),
        "protocols": st.sampled_from(
            [[{"protocolType": "Https", "port": 443}], [{"protocolType": "Http", "port": 80}]]
        ),
        "sourceAddresses": st.sampled_from([["*"], [OWN], ["10.99.0.0/16"]]),
        "targetFqdns": some(HOSTS),
    }
)
COLLECTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.just("c"),
            "priority": st.integers(100, 65000),
            "action": st.sampled_from([{"type": "Allow"}, {"type": "Deny"}]),
            "rules": st.one_of(
                st.lists(NETWORK_RULES, min_size=1, max_size=2),
                st.lists(APPLICATION_RULES, min_size=1, max_size=2),
            ),
        }
    ),
    max_size=4,
    unique_by=lambda collection: collection["priority"],
)


def world(*resources: dict[str, Any], **attached: Any) -> World:
    """One network with one subnet, and what is attached to it."""
    held = {"addressPrefix": OWN, **attached}
    network = {
        "id": SUBNET.split("/subnets/")[0],
        "name": "v",
        "type": "Microsoft.Network/virtualNetworks",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.20.0.0/16"]},
            "subnets": [{"id": SUBNET, "name": "apps", "properties": held}],
        },
    }
    return World.load(
        {
            "cloud": "AzureCloud",
            "tenant": "t",
            "subscriptions": ["s"],
            "clock": "2026-08-03T09:00:00+00:00",
            "healer": {"principalId": "p", "clientId": "c"},
            "resources": [network, *resources],
        }
    )


def resource(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    id = f"{NETWORK}/{kind}/one"
    return {"id": id, "name": "one", "type": f"Microsoft.Network/{kind}", "properties": properties}


@settings(max_examples=100)
@given(SECURITY_RULES, st.sampled_from(SERVICES))
def test_security_rules(rules: list[dict[str, Any]], service: tuple[Ours, str, Theirs]) -> None:
    listed = [{"name": f"r{at}", "properties": rule} for at, rule in enumerate(rules)]
    group = resource("networkSecurityGroups", {"securityRules": listed})
    ours, _, theirs = service

    said = security_groups.verdict(
        [security_groups.understood(one) for one in listed], ours, 443, source=(OWN,)
    )

    simulated = world(group, networkSecurityGroup={"id": group["id"]})
    if not isinstance(said, Unknown):
        assert isinstance(said, Allowed) is subnets.lets_out(simulated, SUBNET, theirs)


@settings(max_examples=100)
@given(ROUTES, st.sampled_from(SERVICES))
def test_routes(listed: list[dict[str, Any]], service: tuple[Ours, str, Theirs]) -> None:
    named = [{"name": f"r{at}", "properties": one} for at, one in enumerate(listed)]
    table = resource("routeTables", {"routes": named})
    ours, _, theirs = service

    said = routes.towards([routes.understood(one) for one in named], ours)

    hop, _ = subnets.next_hop(world(table, routeTable={"id": table["id"]}), SUBNET, theirs)
    if not isinstance(said, Unknown):
        assert (said.hop if isinstance(said, Route) else "") == hop.lower()


@settings(max_examples=100)
@given(COLLECTIONS, st.sampled_from(SERVICES))
def test_firewall_rules(
    collections: list[dict[str, Any]], service: tuple[Ours, str, Theirs]
) -> None:
    classic = {
        f"{kind}RuleCollections": [
            {"name": one["name"], "properties": one}
            for one in collections
            if one["rules"][0]["ruleType"] == f"{kind.title()}Rule"
        ]
        for kind in ("network", "application")
    }
    firewall = resource("azureFirewalls", classic)
    ours, host, theirs = service

    said = firewall_rules.verdict(
        firewall_rules.classic(classic), Target(destination=ours, host=host), (OWN,)
    )

    if not isinstance(said, Unknown):
        passes = firewalls.passes(world(firewall), firewall, (OWN,), theirs)
        assert isinstance(said, Allowed) is passes
