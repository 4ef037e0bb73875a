"""The plan for a firewall that lacks a workload's addresses."""

from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from shared import policy as policies
from shared.model import networks
from shared.model.evidence import Unread, Via
from shared.model.plan import Diagnosis, Plan, Step
from shared.model.words import Cause, FindingName, RemedyName
from shared.planning import plan
from tests.diagnosis import given

POLICY = policies.load("version: 1")
POSSIBLE = policies.load("version: 1\nremedies:\n  firewall-sync: {addresses: possible}\n")
OFFICE = "198.51.100.0/28"


def diagnosis(**members: Any) -> Diagnosis:
    plain = {
        "cause": Cause.NETWORK_DENIED,
        "finding": FindingName.FIREWALL_MISSING_EGRESS,
        "summary": "It is the firewall.",
    }
    return Diagnosis(**plain | members)


def planned(policy: Any = POLICY, /, *, doubts: tuple[str, ...] = (), **members: Any) -> Plan:
    members.setdefault("registry", given.registry(ip_rules=(OFFICE,)))
    return plan(diagnosis(doubts=doubts), given.evidence(**members), policy)


def only(made: Plan) -> Step:
    (step,) = made.steps
    return step


def test_the_step_is_one_patch_that_keeps_what_is_there_and_adds_what_is_missing() -> None:
    step = only(planned())

    assert step.remedy is RemedyName.FIREWALL_SYNC
    assert step.target == given.CONTOSO
    assert step.before == {"defaultAction": "Deny", "ipRules": [OFFICE]}
    assert step.after == {"defaultAction": "Deny", "ipRules": [OFFICE, *given.ADDRESSES]}
    (write,) = step.requests
    assert write.method == "PATCH"
    assert write.url == f"{given.CONTOSO}?api-version=2025-11-01"
    assert write.body == {
        "properties": {
            "networkRuleSet": {
                "defaultAction": "Deny",
                "ipRules": [
                    {"action": "Allow", "value": value} for value in (OFFICE, *given.ADDRESSES)
                ],
            }
        }
    }
    assert step.doubts == ()


def test_the_same_world_gives_the_same_digest_and_another_world_another() -> None:
    other = planned(registry=given.registry(ip_rules=(OFFICE, "198.51.100.99")))

    assert planned().digest == planned().digest
    assert planned().digest != other.digest


def test_existing_rules_are_kept_verbatim_and_in_order_however_they_are_spelt() -> None:
    odd = ("203.0.113.10/32", "9.9.9.9", OFFICE)

    step = only(planned(registry=given.registry(ip_rules=odd)))

    assert step.after["ipRules"] == [*odd, "203.0.113.11", "203.0.113.12"]


def test_addresses_after_scaling_are_added_only_where_the_policy_says_so() -> None:
    scaled = given.workload(egress=given.egress(possible=(*given.ADDRESSES, "203.0.113.99")))

    tight = only(planned(POLICY, workload=scaled))
    loose = only(planned(POSSIBLE, workload=scaled))

    assert "203.0.113.99" not in tight.after["ipRules"]
    assert "203.0.113.99" in loose.after["ipRules"]


def test_without_a_valid_policy_the_tight_set_is_planned() -> None:
    assert only(planned(None)).after["ipRules"] == [OFFICE, *given.ADDRESSES]


def test_shared_addresses_are_called_shared_and_counted() -> None:
    assert "3 addresses of the hosting platform are shared" in only(planned()).risk


def test_a_nat_prefix_is_one_rule_and_its_owner_is_named() -> None:
    nat = given.egress(via=Via.NAT_GATEWAY, addresses=("198.18.0.0/31",), owner=given.NAT)
    nat = given.egress(via=Via.NAT_GATEWAY, addresses=("203.0.113.64/30",), owner=given.NAT)

    step = only(planned(workload=given.workload(egress=nat, pulls_over_vnet=True)))

    assert step.after["ipRules"] == [OFFICE, "203.0.113.64/30"]
    assert "way-out (4 addresses)" in step.risk


@pytest.mark.parametrize(
    "bad", ["10.0.0.4", "100.64.1.1", "2603:1020::1", "203.0.0.0/16", "not an address"]
)
def test_an_address_that_may_not_become_a_rule_is_left_out_and_doubted(bad: str) -> None:
    mixed = given.egress(addresses=(bad, "203.0.113.10"), possible=())

    step = only(planned(workload=given.workload(egress=mixed)))

    assert step.after["ipRules"] == [OFFICE, "203.0.113.10"]
    if bad != "not an address" and ":" not in bad:
        assert bad in step.doubts[0]


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"registry": given.registry(sku="Standard", default_allow=None)}, "Standard tier"),
        ({"registry": given.registry(public_access=False)}, "public endpoint is off"),
        ({"registry": given.registry(default_allow=True)}, "does not restrict networks"),
        ({"registry": given.registry(ip_rules=(), subnet_rules=True)}, "service endpoint rules"),
        ({"registry": Unread("not readable: 403")}, "could not be read"),
        (
            {"workload": given.workload(egress=given.egress(addresses=(), stable=False))},
            "no fixed outbound address",
        ),
        ({"workload": given.workload(egress=Unread("not readable"))}, "could not be read"),
        ({"registry": given.registry()}, "admits the workload's present addresses already"),
        (
            {"workload": given.workload(egress=given.egress(addresses=("10.0.0.4",)))},
            "10.0.0.4 is private",
        ),
    ],
)
def test_where_a_rule_would_not_be_right_there_is_no_step_but_a_reason(
    members: dict[str, Any], why: str
) -> None:
    made = planned(**members)

    assert made.steps == ()
    assert made.advice[0].startswith("No change is planned: ")
    assert why in made.advice[0]
    assert len(made.advice) == 2


def test_what_diagnosis_doubts_the_step_doubts() -> None:
    step = only(planned(doubts=("the text names 6.6.6.6",)))

    assert step.doubts == ("the text names 6.6.6.6",)


def test_a_registry_not_at_rest_is_a_doubt() -> None:
    step = only(planned(registry=given.registry(ip_rules=(), provisioning="Failed")))

    assert step.doubts == ("the registry is Failed",)


def test_a_fault_before_the_firewall_without_a_remedy_leaves_no_step() -> None:
    throttled = diagnosis(
        finding=FindingName.THROTTLED, also=(FindingName.FIREWALL_MISSING_EGRESS,)
    )

    made = plan(throttled, given.evidence(registry=given.registry(ip_rules=())), POLICY)

    assert made.steps == ()
    assert len(made.advice) == 2


def test_a_fault_behind_the_firewall_gets_a_step_and_advice_of_its_own() -> None:
    both = diagnosis(also=(FindingName.PULL_ROLE_MISSING,))

    made = plan(both, given.evidence(registry=given.registry(ip_rules=())), POLICY)

    assert [step.remedy for step in made.steps] == ["firewall-sync", "pull-role"]
    assert any("az role assignment create" in text for text in made.advice)


def test_the_code_that_keeps_the_rules_names_just_the_new_ones() -> None:
    text = planned().infrastructure_change

    assert text is not None
    assert "{ action: 'Allow', value: '203.0.113.10' }" in text
    assert 'ip_range = "203.0.113.10/32"' in text
    assert OFFICE not in text


HOST = st.integers(0, 63)
ADDRESS = st.one_of(
    HOST.map(lambda last: f"20.50.2.{last}"),
    HOST.map(lambda last: f"10.0.0.{last}"),
    st.sampled_from(["203.0.113.0/24", "20.50.2.0/30", "20.50.0.0/16", "::1", "junk"]),
)
RULE = st.one_of(
    HOST.map(lambda last: f"20.50.2.{last}"),
    HOST.map(lambda last: f"20.50.2.{last}/32"),
    st.sampled_from(["20.50.2.0/29", "20.50.2.32/27", "9.9.9.9", "junk"]),
)


@examples(
    addresses=st.lists(ADDRESS, min_size=1, max_size=6).map(tuple),
    possible=st.lists(ADDRESS, max_size=6).map(tuple),
    rules=st.lists(RULE, max_size=6).map(tuple),
    loose=st.booleans(),
)
def test_whatever_azure_reports_a_plan_only_ever_adds_the_workloads_own_public_addresses(
    addresses: tuple[str, ...], possible: tuple[str, ...], rules: tuple[str, ...], loose: bool
) -> None:
    own = given.workload(egress=given.egress(addresses=addresses, possible=possible))
    policy = POSSIBLE if loose else POLICY

    made = planned(policy, workload=own, registry=given.registry(ip_rules=rules))

    for step in made.steps:
        after = step.after["ipRules"]
        added = after[len(rules) :]
        assert after[: len(rules)] == list(rules)
        assert added
        assert len(set(added)) == len(added)
        wanted = (*addresses, *possible) if loose else addresses
        for value in added:
            assert any(networks.same(value, text) for text in wanted)
            networks.admissible(value)
        again = planned(policy, workload=own, registry=given.registry(ip_rules=tuple(after)))
        assert again.steps == ()
