"""
A registry's network rule set, as Azure Container Registry accepts or refuses it.

In:  the `networkRuleSet` somebody sent.
Out: what is stored of it, or a Refusal. Pure.

IPv4 addresses and CIDR ranges only, no rule twice, at most IP_RULES of them; "Configure public IP
network rules". Error codes as users report them; wording for IP rules by analogy with subnets.
"""

import ipaddress
from typing import Any

from tests.simulator.wire import Refusal

IP_RULES = 200  # Premium; the documented limit since 2025


def rule_set(sent: Any) -> dict[str, Any]:
    if not isinstance(sent, dict) or sent.get("defaultAction") not in ("Allow", "Deny"):
        raise Refusal(
            400,
            "InvalidRequestContent",
            "'networkRuleSet' needs 'defaultAction', which is one of Allow, Deny.",
        )
    stored: dict[str, Any] = {"defaultAction": sent["defaultAction"]}
    if sent.get("ipRules") is not None:
        stored["ipRules"] = [_ip_rule(rule) for rule in sent["ipRules"]]
        _no_duplicates(stored["ipRules"])
        if len(stored["ipRules"]) > IP_RULES:
            raise Refusal(
                400,
                "BadRequest",
                f"The requested feature IP rule exceeds allowed quota {IP_RULES} for the SKU "
                "Premium.",
            )
    if sent.get("virtualNetworkRules") is not None:
        stored["virtualNetworkRules"] = [
            {"action": "Allow", **rule} for rule in sent["virtualNetworkRules"]
        ]
    return stored


def _ip_rule(rule: Any) -> dict[str, str]:
    value = rule.get("value") if isinstance(rule, dict) else None
    try:
        ipaddress.IPv4Network(value, strict=True)
    except (ValueError, TypeError):
        raise Refusal(
            400,
            "NetworkRuleValidationError",
            f"IP rule is not valid - '{value}' is not an IPv4 address or an IPv4 address range in "
            "CIDR notation.",
        ) from None
    return {"action": rule.get("action") or "Allow", "value": str(value)}


def _no_duplicates(rules: list[dict[str, str]]) -> None:
    seen: set[ipaddress.IPv4Network] = set()
    for rule in rules:
        network = ipaddress.IPv4Network(rule["value"])
        if network in seen:
            raise Refusal(
                400,
                "NetworkRuleValidationError",
                f"IP rule is not valid - Found duplicate IP rule {rule['value']}.",
            )
        seen.add(network)
