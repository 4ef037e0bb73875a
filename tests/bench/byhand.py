"""
The fix by hand: what a careful engineer would write for exactly this purpose, one call at a time.

In:  a web app's resource id.
Out: the addresses added to its registry's firewall.

It reads before it writes, never takes an address out of a log, keeps every other rule, respects the
registry's own limit and reads back. It does not ask who consented, what locks, policies and tags
say, or whether another worker is at it, and it keeps no record: that is the difference measured.

`python -m tests.bench.byhand SITE_ID` runs it once from a cold start.
"""

import json
import sys
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from azure.identity import DefaultAzureCredential
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.web import WebSiteManagementClient


def prepared(site_id: str) -> Callable[[], list[str]]:
    """The fix, its clients made and its sign-in at hand."""
    _, _, subscription, _, group, *_, name = site_id.split("/")
    credential = DefaultAzureCredential(exclude_interactive_browser_credential=True)
    web = WebSiteManagementClient(credential, subscription)
    acr = ContainerRegistryManagementClient(credential, subscription)
    return lambda: fix(web, acr, group, name)


def fix(
    web: WebSiteManagementClient, acr: ContainerRegistryManagementClient, group: str, name: str
) -> list[str]:
    """Admit every outbound address of the app that no rule covers yet."""
    site = web.web_apps.get(group, name)
    config = web.web_apps.get_configuration(group, name)
    host = str(config.linux_fx_version).removeprefix("DOCKER|").split("/")[0]
    found = [str(one.id) for one in acr.registries.list() if one.login_server == host]
    if len(found) != 1:
        raise SystemExit(f"{len(found)} registries have the login server {host}")
    place = (found[0].split("/")[4], found[0].split("/")[-1])
    registry = acr.registries.get(*place)
    if registry.public_network_access != "Enabled" or registry.network_rule_set is None:
        raise SystemExit(f"{host} has no firewall in force")
    rules = [rule.as_dict() for rule in registry.network_rule_set.ip_rules or []]
    networks = [ip_network(rule["value"]) for rule in rules]
    missing = [
        address
        for address in str(site.outbound_ip_addresses).split(",")
        if not any(ip_address(address) in network for network in networks)
    ]
    usages = acr.registries.list_usages(*place).value or []
    (limit,) = (one.limit or 0 for one in usages if one.name == "IPRules")
    if limit != -1 and len(rules) + len(missing) > limit:
        raise SystemExit(f"no room for {len(missing)} more rules")
    if not missing:
        return []
    wanted = [*rules, *({"action": "Allow", "value": address} for address in missing)]
    change = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": wanted}}}
    acr.registries.begin_update(*place, change).result()
    after = acr.registries.get(*place)
    there = {rule.ip_address_or_range for rule in after.network_rule_set.ip_rules}
    if not {rule["value"] for rule in wanted} <= there:
        raise SystemExit("what was written is not what is there")
    return missing


if __name__ == "__main__":
    print(json.dumps(prepared(sys.argv[1])()))
