"""Azure Policy changes or refuses writes in the simulated Azure, as its built-ins would."""

import pytest
from azure.core.exceptions import HttpResponseError

from tests.simulator import rules
from tests.simulator.estates import Estate
from tests.simulator.wire import Refusal
from tests.simulator_tests.core_estate import Lab, lab

NO_PUBLIC_MODIFY = "a3701552-92ea-433e-9d17-33b7f1208fc9"
NO_PUBLIC_DENY = "0fdf0491-d080-4575-b627-ad0e843cba0f"
KIND = "Microsoft.Authorization/policyAssignments"


def _governed(definition: str, **properties: object) -> Lab:
    estate = Estate()
    if not definition.startswith("/"):
        definition = f"/providers/Microsoft.Authorization/policyDefinitions/{definition}"
    body = {"displayName": "House rule", "policyDefinitionId": definition, **properties}
    estate.add(f"{estate.subscription}/providers/{KIND}/house", KIND, body)
    return lab(estate)


def test_a_modify_policy_closes_the_registry_when_anybody_patches_it() -> None:
    here = _governed(NO_PUBLIC_MODIFY)

    after = here.open_firewall()

    assert after.properties.public_network_access == "Disabled"
    assert [rule.ip_address_or_range for rule in after.properties.network_rule_set.ip_rules] == [
        "198.51.100.7"
    ]


def test_a_denying_policy_refuses_and_names_itself() -> None:
    here = _governed(NO_PUBLIC_DENY, parameters={"effect": {"value": "Deny"}})

    with pytest.raises(HttpResponseError) as refused:
        here.open_firewall()

    assert refused.value.status_code == 403
    assert refused.value.error is not None
    assert refused.value.error.code == "RequestDisallowedByPolicy"
    (why,) = refused.value.error.additional_info
    assert why.info["policyAssignmentId"].endswith(f"{KIND}/house")
    assert here.simulator.writes == []


@pytest.mark.parametrize(
    "properties",
    [
        {},  # the definition's default effect is Audit
        {"parameters": {"effect": {"value": "Deny"}}, "enforcementMode": "DoNotEnforce"},
        {"parameters": {"effect": {"value": "Deny"}}, "notScopes": [Estate().subscription]},
    ],
)
def test_policies_without_force_leave_writes_alone(properties: dict[str, object]) -> None:
    here = _governed(NO_PUBLIC_DENY, **properties)

    after = here.open_firewall()

    assert after.properties.public_network_access == "Enabled"


def test_an_initiative_hands_its_parameters_to_its_definitions() -> None:
    initiative = f"{Estate().subscription}/providers/Microsoft.Authorization/policySetDefinitions/s"
    here = _governed(initiative, parameters={"how": {"value": "Deny"}})
    here.simulator.world.resources.put(
        {
            "id": initiative,
            "name": "s",
            "type": "Microsoft.Authorization/policySetDefinitions",
            "properties": {
                "parameters": {"how": {"type": "String"}},
                "policyDefinitions": [
                    {
                        "policyDefinitionId": (
                            f"/providers/Microsoft.Authorization/policyDefinitions/{NO_PUBLIC_DENY}"
                        ),
                        "parameters": {"effect": {"value": "[parameters('how')]"}},
                    }
                ],
            },
        }
    )

    with pytest.raises(HttpResponseError, match="disallowed by policy"):
        here.open_firewall()


def test_a_rule_nobody_can_evaluate_refuses_the_write() -> None:
    with pytest.raises(Refusal, match="501"):
        rules.holds({"count": {"field": "x"}, "equals": 1}, {"type": "t"}, {}, "2025-11-01")


def test_rules_see_arrays_tags_and_missing_fields() -> None:
    kind = "Microsoft.ContainerRegistry/registries"
    registry = {
        "type": kind,
        "tags": {"env": "prod"},
        "sku": {"name": "Premium"},
        "properties": {"networkRuleSet": {"ipRules": [{"value": "10.0.0.1"}, {"value": "x"}]}},
    }

    def holds(**condition: object) -> bool:
        return rules.holds(condition, registry, {}, "")

    assert holds(field="tags['env']", equals="PROD")
    assert holds(field=f"{kind}/sku.name", **{"in": ["Basic", "premium"]})
    assert holds(field=f"{kind}/adminUserEnabled", exists="false")
    assert holds(field=f"{kind}/networkRuleSet.ipRules[*].value", notEquals="y")
    assert not holds(field=f"{kind}/networkRuleSet.ipRules[*].value", like="10.*")
    assert not holds(field="Microsoft.Web/sites/x", exists=True)
