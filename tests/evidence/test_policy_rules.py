"""Rules of Azure Policy, judged with what is known: true, false, or not to be told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.evidence.policy_rules import Resource, holds

ACR = "Microsoft.ContainerRegistry/registries"
BODY: dict[str, Any] = {
    "location": "westeurope",
    "tags": {"team": "shop"},
    "sku": {"name": "Premium"},
    "properties": {
        "publicNetworkAccess": "Enabled",
        "networkRuleSet": {"ipRules": [{"value": "20.1.1.1"}, {"value": "20.1.1.2"}]},
    },
}
WHOLE = Resource(type=ACR, body=BODY, whole=True)
PART = Resource(type=ACR, body=BODY, whole=False)
TYPE = {"field": "type", "equals": ACR.lower()}
OTHER = {"field": "type", "equals": "Microsoft.Web/sites"}
STRANGE: dict[str, Any] = {"count": {"field": "x"}, "less": 1}


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        (TYPE, True),
        (OTHER, False),
        ({"field": f"{ACR}/publicNetworkAccess", "notEquals": "disabled"}, True),
        ({"field": f"{ACR}/publicNetworkAccess", "exists": "true"}, True),
        ({"field": f"{ACR}/sku.name", "in": ["Basic", "premium"]}, True),
        ({"field": f"{ACR}/networkRuleSet.ipRules[*].value", "like": "20.*"}, True),
        ({"field": f"{ACR}/networkRuleSet.ipRules[*].value", "equals": "20.1.1.1"}, False),
        ({"field": "location", "notIn": ["westeurope"]}, False),
        ({"field": "tags['team']", "equals": "SHOP"}, True),
        ({"field": "tags.cost", "exists": False}, True),
        ({"field": "Microsoft.Web/sites/httpsOnly", "equals": True}, False),
        ({"not": OTHER}, True),
        ({"anyOf": [OTHER, TYPE]}, True),
        ({"allOf": [OTHER, STRANGE]}, False),
        ({"anyOf": [TYPE, STRANGE]}, True),
        ({"allOf": [TYPE, STRANGE]}, None),
        ({"not": STRANGE}, None),
        ({"field": "location", "equals": "[parameters('region')]"}, True),
        ({"field": "location", "equals": "[parameters('unsaid')]"}, None),
        ({"field": "location", "equals": "[resourceGroup().location]"}, None),
        ({"field": "location", "matches": "??"}, None),
        ("nonsense", None),
    ],
)
def test_a_condition_holds_does_not_or_cannot_be_told(condition: Any, answer: bool | None) -> None:
    assert holds(condition, WHOLE, {"region": "westeurope"}) is answer


def test_what_was_not_read_is_not_taken_for_absent() -> None:
    absent = {"field": f"{ACR}/anonymousPullEnabled", "exists": "false"}

    assert holds(absent, WHOLE, {}) is True
    assert holds(absent, PART, {}) is None


LEAVES = st.sampled_from([TYPE, OTHER, STRANGE])
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"allOf": each}),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"anyOf": each}),
        inner.map(lambda one: {"not": one}),
    ),
    max_leaves=8,
)


def settled(condition: Any, strange: bool) -> bool:
    """The answer if somebody knew the strange leaf's."""
    if "allOf" in condition:
        return all(settled(one, strange) for one in condition["allOf"])
    if "anyOf" in condition:
        return any(settled(one, strange) for one in condition["anyOf"])
    if "not" in condition:
        return not settled(condition["not"], strange)
    return strange if condition is STRANGE else condition is TYPE


@given(CONDITIONS)
def test_an_answer_never_hangs_on_what_is_not_known(condition: Any) -> None:
    answer = holds(condition, WHOLE, {})

    if answer is not None:
        assert settled(condition, True) is answer
        assert settled(condition, False) is answer
