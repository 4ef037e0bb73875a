"""The way in: what the registry's endpoint and address rules have to do with a failed pull."""

import pytest

from shared.diagnosis import diagnose
from shared.model.evidence import Unread, Via
from shared.model.plan import Diagnosis
from shared.model.words import Cause, FindingName
from tests.diagnosis import given

DENIED = given.reading(Cause.NETWORK_DENIED, client_ip="203.0.113.10")
UNAUTHORIZED = given.reading(Cause.UNAUTHORIZED)


def reasons(diagnosis: Diagnosis) -> dict[FindingName, str]:
    return {one.finding: one.because for one in diagnosis.ruled_out}


def test_a_firewall_without_the_apps_addresses_is_the_finding() -> None:
    seen = given.evidence(registry=given.registry(ip_rules=("198.51.100.1",)))

    diagnosis = diagnose(given.signal(), DENIED, seen)

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert "any of the 3 addresses" in diagnosis.summary
    assert diagnosis.cause is Cause.NETWORK_DENIED
    assert diagnosis.facts == seen.facts
    assert diagnosis.doubts == ()


def test_one_missing_address_is_enough_because_each_pull_picks_one() -> None:
    seen = given.evidence(registry=given.registry(ip_rules=given.ADDRESSES[:2]))

    diagnosis = diagnose(given.signal(), UNAUTHORIZED, seen)

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert "1 of the 3" in diagnosis.summary


@pytest.mark.parametrize(
    "rules",
    [
        ("203.0.113.10/32", "203.0.113.11", "203.0.113.12/32"),
        ("203.0.113.0/28",),
        ("203.0.113.8/30", "203.0.113.12/30"),
    ],
)
def test_rules_are_compared_as_networks(rules: tuple[str, ...]) -> None:
    seen = given.evidence(registry=given.registry(ip_rules=rules))

    diagnosis = diagnose(given.signal(), UNAUTHORIZED, seen)

    why = reasons(diagnosis)[FindingName.FIREWALL_MISSING_EGRESS]
    assert why == "all 3 outbound addresses are allowed already"


@pytest.mark.parametrize("strange", ["2603:1020::1", "not an address"])
def test_an_address_no_rule_can_name_is_never_called_allowed(strange: str) -> None:
    egress = given.egress(addresses=("203.0.113.10", strange))
    seen = given.evidence(
        workload=given.workload(egress=egress), registry=given.registry(ip_rules=("203.0.113.10",))
    )

    diagnosis = diagnose(given.signal(), UNAUTHORIZED, seen)

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert any(strange in doubt for doubt in diagnosis.doubts)


def test_a_nat_gateways_addresses_are_what_counts_for_pulls_over_the_network() -> None:
    nat = given.egress(via=Via.NAT_GATEWAY, addresses=("198.51.100.0/31",), owner=given.NAT)
    seen = given.evidence(workload=given.workload(egress=nat, pulls_over_vnet=True))

    diagnosis = diagnose(given.signal(), UNAUTHORIZED, seen)

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert "NAT gateway way-out" in diagnosis.summary


def test_an_address_in_the_text_that_azure_does_not_report_is_a_doubt_naming_both() -> None:
    seen = given.evidence(registry=given.registry(ip_rules=()))
    forged = given.reading(Cause.NETWORK_DENIED, client_ip="6.6.6.6")

    diagnosis = diagnose(given.signal(), forged, seen)

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    (doubt,) = diagnosis.doubts
    assert "6.6.6.6" in doubt
    assert "203.0.113.10" in doubt


def test_an_address_the_app_may_get_after_scaling_is_found_by_the_text() -> None:
    scaled = given.egress(possible=(*given.ADDRESSES, "203.0.113.99"))
    seen = given.evidence(workload=given.workload(egress=scaled))
    denied = given.reading(Cause.NETWORK_DENIED, client_ip="203.0.113.99")

    diagnosis = diagnose(given.signal(), denied, seen)

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert "203.0.113.99" in diagnosis.summary


def test_a_refusal_of_an_admitted_address_may_be_a_rule_still_on_its_way() -> None:
    diagnosis = diagnose(given.signal(), DENIED, given.evidence())

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert "still on its way" in diagnosis.doubts[0]


def test_a_refusal_by_an_open_registry_is_a_contradiction_for_a_person() -> None:
    seen = given.evidence(registry=given.registry(default_allow=True))

    diagnosis = diagnose(given.signal(), DENIED, seen)

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert "admits all networks now" in diagnosis.doubts[0]


def test_a_container_app_without_a_fixed_way_out_cannot_be_listed() -> None:
    seen = given.evidence(workload=given.basket())
    denied = given.reading(Cause.NETWORK_DENIED)

    diagnosis = diagnose(given.signal(), denied, seen)

    assert diagnosis.finding is FindingName.FIREWALL_EGRESS_UNPROVABLE
    assert "the pool may change" in diagnosis.summary


def test_a_container_app_that_is_down_without_a_word_is_judged_by_configuration() -> None:
    seen = given.evidence(workload=given.basket(serving=False))

    diagnosis = diagnose(given.signal(""), given.reading(Cause.NOT_A_PULL_FAILURE), seen)

    assert diagnosis.finding is FindingName.FIREWALL_EGRESS_UNPROVABLE


def test_a_container_app_that_runs_without_a_fixed_way_out_is_healthy_with_a_doubt() -> None:
    running = given.basket(serving=True, instances=(given.up(state="Running"),))
    seen = given.evidence(workload=running)

    diagnosis = diagnose(given.signal(""), given.reading(Cause.NOT_A_PULL_FAILURE), seen)

    assert diagnosis.finding is FindingName.HEALTHY
    assert "no fixed one" in diagnosis.doubts[0]


def test_an_empty_address_list_as_on_premium_v4_cannot_be_listed_either() -> None:
    dynamic = given.egress(addresses=(), possible=(), stable=False, because="dynamic")
    seen = given.evidence(workload=given.workload(egress=dynamic))

    diagnosis = diagnose(given.signal(), UNAUTHORIZED, seen)

    assert diagnosis.finding is FindingName.FIREWALL_EGRESS_UNPROVABLE


def test_a_pull_that_got_as_far_as_the_tag_was_let_in() -> None:
    seen = given.evidence(workload=given.basket())

    diagnosis = diagnose(given.signal(), given.reading(Cause.MANIFEST_UNKNOWN), seen)

    assert diagnosis.finding is FindingName.TAG_MISSING
    assert diagnosis.doubts == ()


def test_network_comes_before_identity_because_hosts_call_both_unauthorized() -> None:
    seen = given.evidence(registry=given.registry(ip_rules=()), access=given.access())

    diagnosis = diagnose(given.signal(), UNAUTHORIZED, seen)

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert diagnosis.also == (FindingName.PULL_ROLE_MISSING,)
    assert "Behind that" in diagnosis.summary


def test_a_closed_registry_without_private_endpoint_reaches_nobody() -> None:
    seen = given.evidence(registry=given.registry(public_access=False))

    diagnosis = diagnose(given.signal(), given.reading(Cause.NETWORK_DENIED), seen)

    assert diagnosis.finding is FindingName.PUBLIC_ACCESS_DISABLED
    dead = reasons(diagnosis)[FindingName.FIREWALL_MISSING_EGRESS]
    assert dead == "the public endpoint is off, so address rules are dead"


def test_a_private_endpoint_that_waits_for_approval_is_named() -> None:
    waiting = given.registry(public_access=False, private_endpoints=(f"{given.ENDPOINT} Pending",))

    diagnosis = diagnose(given.signal(), UNAUTHORIZED, given.evidence(registry=waiting))

    assert diagnosis.finding is FindingName.PRIVATE_ENDPOINT_NOT_APPROVED
    assert FindingName.PUBLIC_ACCESS_DISABLED not in diagnosis.also


def test_an_app_outside_the_network_does_not_use_an_approved_endpoint() -> None:
    closed = given.registry(public_access=False, private_endpoints=(f"{given.ENDPOINT} Approved",))

    diagnosis = diagnose(given.signal(), UNAUTHORIZED, given.evidence(registry=closed))

    assert diagnosis.finding is FindingName.PUBLIC_ACCESS_DISABLED
    assert "does not use" in diagnosis.summary


def test_a_private_path_nobody_followed_leaves_the_diagnosis_open() -> None:
    closed = given.registry(public_access=False, private_endpoints=(f"{given.ENDPOINT} Approved",))
    inside = given.workload(pulls_over_vnet=True, subnet=given.SUBNET)

    diagnosis = diagnose(
        given.signal(), UNAUTHORIZED, given.evidence(registry=closed, workload=inside)
    )

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert "was not checked" in diagnosis.doubts[0]


def test_unread_addresses_are_a_doubt_and_never_a_guess() -> None:
    blind = given.workload(egress=Unread("not readable: 403"))
    seen = given.evidence(workload=blind, registry=given.registry(ip_rules=()))

    diagnosis = diagnose(given.signal(), DENIED, seen)

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert "not readable: 403" in diagnosis.doubts[0]


def test_a_timeout_inside_the_customers_network_is_the_clients_side() -> None:
    inside = given.workload(pulls_over_vnet=True, subnet=given.SUBNET)

    diagnosis = diagnose(
        given.signal(), given.reading(Cause.NETWORK_TIMEOUT), given.evidence(workload=inside)
    )

    assert diagnosis.finding is FindingName.CLIENT_SIDE_BLOCK


def test_a_timeout_outside_any_customers_network_stays_undetermined() -> None:
    diagnosis = diagnose(given.signal(), given.reading(Cause.NETWORK_TIMEOUT), given.evidence())

    assert diagnosis.finding is FindingName.UNDETERMINED


def test_a_standard_registry_has_no_firewall_to_blame() -> None:
    seen = given.evidence(registry=given.registry(sku="Standard", default_allow=None))

    diagnosis = diagnose(given.signal(), UNAUTHORIZED, seen)

    why = reasons(diagnosis)[FindingName.FIREWALL_MISSING_EGRESS]
    assert why == "a Standard registry has no address rules"
