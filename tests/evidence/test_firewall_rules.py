"""Azure Firewall rules: classic and of policies, in the order a firewall asks them."""

from typing import Any

import pytest

from shared.errors import Refused
from shared.evidence.destinations import LAYERS, REGISTRY, SIGN_IN
from shared.evidence.firewall_rules import DEFAULT, Target, classic, verdict
from shared.evidence.security_groups import Allowed, Denied, Unknown

APPS = ("10.20.1.0/24",)
SHOP = Target(destination=REGISTRY, host="contoso.azurecr.io")
BLOBS = Target(destination=LAYERS, host="*.blob.core.windows.net")
ENTRA = Target(destination=SIGN_IN, host="login.microsoftonline.com")


def application(*hosts: str, name: str = "names", **more: Any) -> dict[str, Any]:
    rule = {
        "name": "r",
        "protocols": [{"protocolType": "Https", "port": 443}],
        "sourceAddresses": ["*"],
        "targetFqdns": list(hosts),
    }
    return collection(name, rule | more.pop("rule", {}), **more)


def network(*destinations: str, name: str = "blocks", **more: Any) -> dict[str, Any]:
    rule = {
        "name": "r",
        "protocols": ["TCP"],
        "sourceAddresses": ["*"],
        "destinationAddresses": list(destinations),
        "destinationPorts": ["443"],
    }
    return collection(name, rule | more.pop("rule", {}), **more)


def collection(
    name: str, rule: dict[str, Any], *, priority: int = 200, action: str = "Allow"
) -> dict[str, Any]:
    held = {"priority": priority, "action": {"type": action}, "rules": [rule]}
    return {"name": name, "properties": held}


def asked(target: Target, *, by_name: Any = (), by_address: Any = ()) -> object:
    rules = classic({"networkRuleCollections": by_address, "applicationRuleCollections": by_name})
    return verdict(rules, target, APPS)


def test_a_firewall_without_rules_lets_nothing_through() -> None:
    assert asked(SHOP) == Denied(DEFAULT)


@pytest.mark.parametrize(
    ("said", "target", "passes"),
    [
        ("contoso.azurecr.io", SHOP, True),
        ("*.azurecr.io", SHOP, True),
        ("*", SHOP, True),
        ("*.AzureCR.io", SHOP, True),
        ("other.azurecr.io", SHOP, False),
        ("azurecr.io", SHOP, False),
        ("*.blob.core.windows.net", BLOBS, True),
        ("*.windows.net", BLOBS, True),
        ("*.core.windows.net", BLOBS, True),
        ("weurmanaged9.blob.core.windows.net", BLOBS, None),
        ("*.queue.core.windows.net", BLOBS, False),
        ("*.microsoftonline.com", ENTRA, True),
    ],
)
def test_names_are_compared_as_azure_does(said: str, target: Target, passes: bool | None) -> None:
    answer = asked(target, by_name=[application(said)])

    assert {True: Allowed, False: Denied, None: Unknown}[passes] is type(answer)


def test_network_rules_come_before_application_rules() -> None:
    stopped = network("AzureContainerRegistry", action="Deny", priority=9000)

    answer = asked(SHOP, by_address=[stopped], by_name=[application("*", priority=100)])

    assert answer == Denied("blocks/r")


def test_the_collection_with_the_lower_number_comes_first() -> None:
    first, second = network("*", priority=100), network("*", name="no", action="Deny")

    assert asked(SHOP, by_address=[second, first]) == Allowed("blocks/r")


def test_a_rule_counts_for_its_own_senders_only() -> None:
    others = {"sourceAddresses": ["10.30.0.0/16"]}
    assert asked(SHOP, by_name=[application("*", rule=others)]) == Denied(DEFAULT)

    ours = {"sourceAddresses": ["10.20.0.0/16"]}
    assert asked(SHOP, by_name=[application("*", rule=ours)]) == Allowed("names/r")


@pytest.mark.parametrize(
    "rule",
    [
        {"sourceAddresses": [], "sourceIpGroups": ["/ip-group"]},
        {"targetFqdns": [], "webCategories": ["ComputersAndTechnology"]},
        {"targetFqdns": [], "targetUrls": ["contoso.azurecr.io/v2/*"]},
    ],
)
def test_what_is_not_read_leaves_the_answer_open(rule: dict[str, Any]) -> None:
    assert isinstance(asked(SHOP, by_name=[application("*", rule=rule)]), Unknown)


def test_lists_of_hosts_microsoft_keeps_may_hold_anything_but_registries() -> None:
    tagged = {"targetFqdns": [], "protocols": [], "fqdnTags": ["AzureKubernetesService"]}

    assert asked(SHOP, by_name=[application(rule=tagged)]) == Denied(DEFAULT)
    assert isinstance(asked(ENTRA, by_name=[application(rule=tagged)]), Unknown)
    assert isinstance(asked(BLOBS, by_name=[application(rule=tagged)]), Unknown)


@pytest.mark.parametrize(
    "rule",
    [
        {"protocols": [{"protocolType": "Http", "port": 80}]},
        {"protocols": [{"protocolType": "Https", "port": 8443}]},
        {"protocols": []},
    ],
)
def test_only_https_on_its_port_is_a_pull(rule: dict[str, Any]) -> None:
    assert asked(SHOP, by_name=[application("*", rule=rule)]) == Denied(DEFAULT)


def test_a_network_rule_may_name_hosts_without_patterns() -> None:
    by_host = {"destinationAddresses": [], "destinationFqdns": ["contoso.azurecr.io"]}

    assert asked(SHOP, by_address=[network(rule=by_host)]) == Allowed("blocks/r")


def test_rules_for_traffic_that_comes_in_are_no_rules_for_pulls() -> None:
    inward = network("*", action="Dnat")

    assert asked(SHOP, by_address=[inward]) == Denied(DEFAULT)


@pytest.mark.parametrize("told", [[7], [{"properties": {"action": "Allow"}}], [{"rules": 7}]])
def test_a_rule_without_sense_is_refused(told: Any) -> None:
    with pytest.raises(Refused):
        classic({"networkRuleCollections": told})
