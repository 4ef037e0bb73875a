"""
Built-in Azure Policy definitions that meet a healer of image pulls. Data; others come in scenarios.

Ids, effects and conditions as in the public Azure/azure-policy repository (Container Registry, App
Service), in the policy language that `policy.py` evaluates.
"""

from typing import Any

_ACR = "Microsoft.ContainerRegistry/registries"
_SITE = "Microsoft.Web/sites"
_CONTRIBUTOR = (
    "/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
)
Rule = dict[str, Any]


def _definition(
    name: str, title: str, category: str, effects: list[str], condition: Rule, *writes: Rule
) -> Rule:
    """`effects`: the allowed ones, the default first. `writes`: what Modify changes."""
    then: Rule = {"effect": "[parameters('effect')]"}
    if writes:
        then["details"] = {
            "roleDefinitionIds": [_CONTRIBUTOR],
            "conflictEffect": "audit",
            "operations": list(writes),
        }
    return {
        "properties": {
            "displayName": title,
            "policyType": "BuiltIn",
            "mode": "Indexed",
            "description": title,
            "metadata": {"version": "1.0.0", "category": category},
            "version": "1.0.0",
            "parameters": {
                "effect": {
                    "type": "String",
                    "metadata": {"displayName": "Effect"},
                    "allowedValues": effects,
                    "defaultValue": effects[0],
                }
            },
            "policyRule": {"if": condition, "then": then},
            "versions": ["1.0.0"],
        },
        "id": f"/providers/Microsoft.Authorization/policyDefinitions/{name}",
        "type": "Microsoft.Authorization/policyDefinitions",
        "name": name,
    }


def _acr(*conditions: Rule) -> Rule:
    return {"allOf": [{"field": "type", "equals": _ACR}, *conditions]}


def _not(field: str, value: Any) -> Rule:
    return {"field": f"{_ACR}/{field}", "notEquals": value}


def _replace(field: str, value: Any, since: str) -> Rule:
    return {
        "condition": f"[greaterOrEquals(requestContext().apiVersion, '{since}')]",
        "operation": "addOrReplace",
        "field": f"{_ACR}/{field}",
        "value": value,
    }


_MODIFY = ["Modify", "Disabled"]
_DENY = ["Audit", "Deny", "Disabled"]
_REGISTRY = "Container Registry"
_ARM_TOKENS = "policies.azureADAuthenticationAsArmPolicy.status"

_ALL = (
    _definition(
        "a3701552-92ea-433e-9d17-33b7f1208fc9",
        "Configure Container registries to disable public network access",
        _REGISTRY,
        _MODIFY,
        _acr(_not("publicNetworkAccess", "Disabled")),
        _replace("publicNetworkAccess", "Disabled", "2019-12-01-preview"),
    ),
    _definition(
        "0fdf0491-d080-4575-b627-ad0e843cba0f",
        "Public network access should be disabled for Container registries",
        _REGISTRY,
        _DENY,
        _acr(_not("publicNetworkAccess", "Disabled")),
    ),
    _definition(
        "d0793b48-0edc-4296-a390-4c75d1bdfd71",
        "Container registries should not allow unrestricted network access",
        _REGISTRY,
        _DENY,
        _acr(
            _not("publicNetworkAccess", "Disabled"),
            {
                "anyOf": [
                    {"field": f"{_ACR}/networkRuleSet.defaultAction", "exists": "false"},
                    {"field": f"{_ACR}/networkRuleSet.defaultAction", "equals": "Allow"},
                ]
            },
        ),
    ),
    _definition(
        "785596ed-054f-41bc-aaec-7f3d0ba05725",
        "Configure container registries to disable ARM audience token authentication.",
        _REGISTRY,
        _MODIFY,
        _acr(_not(_ARM_TOKENS, "disabled")),
        _replace(_ARM_TOKENS, "disabled", "2021-06-01-preview"),
    ),
    _definition(
        "42781ec6-6127-4c30-bdfa-fb423a0047d3",
        "Container registries should have ARM audience token authentication disabled.",
        _REGISTRY,
        _DENY,
        _acr(_not(_ARM_TOKENS, "disabled")),
    ),
    _definition(
        "79fdfe03-ffcb-4e55-b4d0-b925b8241759",
        "Configure container registries to disable local admin account.",
        _REGISTRY,
        _MODIFY,
        _acr({"field": f"{_ACR}/adminUserEnabled", "equals": True}),
        _replace("adminUserEnabled", False, "2019-05-01"),
    ),
    _definition(
        "dc921057-6b28-4fbe-9b83-f7bec05db6c2",
        "Container registries should have local admin account disabled.",
        _REGISTRY,
        _DENY,
        _acr({"field": f"{_ACR}/adminUserEnabled", "equals": True}),
    ),
    _definition(
        "cced2946-b08a-44fe-9fd9-e4ed8a779897",
        "Configure container registries to disable anonymous authentication.",
        _REGISTRY,
        _MODIFY,
        _acr({"field": f"{_ACR}/anonymousPullEnabled", "equals": True}),
        _replace("anonymousPullEnabled", False, "2021-06-01-preview"),
    ),
    _definition(
        "801543d1-1953-4a90-b8b0-8cf6d41473a5",
        "App Service apps should enable configuration routing to Azure Virtual Network.",
        "App Service",
        _DENY,
        {
            "allOf": [
                {"field": "type", "equals": _SITE},
                {"field": "kind", "contains": "app"},
                {
                    "anyOf": [
                        {
                            "allOf": [
                                {"value": "[requestContext().apiVersion]", "less": "2024-11-01"},
                                {"field": f"{_SITE}/vnetImagePullEnabled", "notEquals": True},
                            ]
                        },
                        {
                            "allOf": [
                                {
                                    "value": "[requestContext().apiVersion]",
                                    "greaterOrEquals": "2024-11-01",
                                },
                                {
                                    "field": f"{_SITE}/outboundVnetRouting.imagePullTraffic",
                                    "notEquals": True,
                                },
                            ]
                        },
                    ]
                },
            ]
        },
    ),
)

#: By name (a guid), in the form the policy definitions API answers.
BUILT_IN: dict[str, Rule] = {definition["name"]: definition for definition in _ALL}
