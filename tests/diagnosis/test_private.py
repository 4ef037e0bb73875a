"""The private way in: which fault a pull meets first, what is unknown, and what is no fault."""

from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from shared.diagnosis import diagnose
from shared.model.evidence import Unread
from shared.model.plan import Diagnosis
from shared.model.private_path import LegName, PrivatePath
from shared.model.words import Cause, FindingName
from tests.diagnosis import given
from tests.diagnosis.paths import CLOSED, DATA, ENDPOINT, GUARDED, HOST, OPEN, app, nat, path

NOT_APPROVED = FindingName.PRIVATE_ENDPOINT_NOT_APPROVED
CLOSED_DOOR = FindingName.PUBLIC_ACCESS_DISABLED
UNLINKED = FindingName.PRIVATE_DNS_NOT_LINKED
NO_RECORD = FindingName.PRIVATE_DNS_RECORD_MISSING
UNROUTED = FindingName.PRIVATE_PATH_NOT_ROUTED
BLOCKED = FindingName.CLIENT_SIDE_BLOCK
MISSING = FindingName.FIREWALL_MISSING_EGRESS
PRIVATE = {NOT_APPROVED, CLOSED_DOOR, UNLINKED, NO_RECORD, UNROUTED}


def of(
    found: PrivatePath | Unread | None,
    *,
    registry: Any = CLOSED,
    cause: Cause = Cause.UNAUTHORIZED,
    **workload: Any,
) -> Diagnosis:
    seen = given.evidence(registry=registry, workload=app(**workload), private_path=found)
    return diagnose(given.signal(), given.reading(cause), seen)


def inside(found: PrivatePath | Unread | None, **more: Any) -> Diagnosis:
    """The same for an app whose pulls use the network."""
    return of(found, pulls_over_vnet=True, **more)


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        (path(routed=False), UNROUTED),
        (path(routed=False, zone_link=False, linkable=""), UNLINKED),
        (path(routed=False, records=False, missing_records=(HOST, DATA)), NO_RECORD),
        (path(routed=False, endpoint=False, addresses=None, records=None), CLOSED_DOOR),
        (path(routed=False, addresses=False), CLOSED_DOOR),
        (path(routed=False, zone_link=False, records=None, zone=None), CLOSED_DOOR),
        (path(routed=False, zone_link=None, records=None), CLOSED_DOOR),
        (path(routed=False, way=None), CLOSED_DOOR),
        (path(routed=False, endpoint=False, addresses=None, waiting=ENDPOINT), NOT_APPROVED),
        (None, CLOSED_DOOR),
    ],
)
def test_a_closed_registry_names_what_the_path_of_an_unrouted_app_lacks(
    found: PrivatePath | None, finding: FindingName
) -> None:
    subnet: dict[str, Any] = {} if found else {"subnet": None}

    assert of(found, **subnet).finding is finding


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        (path(zone_link=False, linkable=""), UNLINKED),
        (path(records=False, missing_records=(HOST, DATA)), NO_RECORD),
        (path(records=False, wrong_records=(HOST,)), NO_RECORD),
        (path(endpoint=False, addresses=None, records=None, way=None), CLOSED_DOOR),
        (path(endpoint=False, waiting=ENDPOINT, addresses=None, records=None), NOT_APPROVED),
        (path(way=False), BLOCKED),
    ],
)
def test_a_closed_registry_names_what_the_path_of_a_routed_app_lacks(
    found: PrivatePath, finding: FindingName
) -> None:
    assert inside(found).finding is finding


def test_a_link_and_the_routing_are_both_found_in_the_order_they_are_mended() -> None:
    diagnosis = of(path(routed=False, zone_link=False, linkable=""))

    assert (diagnosis.finding, diagnosis.also[:1]) == (UNLINKED, (UNROUTED,))


@pytest.mark.parametrize("registry", [CLOSED, GUARDED, OPEN])
def test_a_private_pull_that_works_is_no_fault(registry: Any) -> None:
    seen = given.evidence(
        registry=registry,
        workload=app(pulls_over_vnet=True, instances=(given.up(),), serving=True),
        private_path=path(),
    )

    diagnosis = diagnose(given.signal(""), given.reading(Cause.NOT_A_PULL_FAILURE), seen)

    assert diagnosis.finding is FindingName.HEALTHY
    assert diagnosis.doubts == ()


def test_a_container_app_on_a_proven_path_is_not_called_shut_out() -> None:
    basket = given.basket(subnet=given.SUBNET, pulls_over_vnet=True)
    seen = given.evidence(registry=CLOSED, workload=basket, private_path=path(), access=None)

    diagnosis = diagnose(given.signal(), given.reading(Cause.UNAUTHORIZED), seen)

    assert not {diagnosis.finding, *diagnosis.also} & PRIVATE


def test_own_name_servers_leave_a_closed_registry_open_to_question() -> None:
    diagnosis = inside(path(zone_link=None, records=None))

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert "zone-link None" in diagnosis.doubts[0]


def test_own_name_servers_that_led_to_the_public_side_are_told() -> None:
    diagnosis = inside(path(zone_link=None, records=None), cause=Cause.NETWORK_DENIED)

    assert diagnosis.finding is CLOSED_DOOR
    assert "public side" in diagnosis.summary


def test_a_path_that_cannot_be_read_leaves_the_diagnosis_open() -> None:
    diagnosis = inside(Unread("not readable: 403"))

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert "not readable: 403" in diagnosis.doubts[0]


# A registry that admits listed addresses: rows 1 and 5 both fit.


def test_a_proven_private_way_is_taken_before_an_address_is_let_in() -> None:
    diagnosis = of(path(routed=False), registry=GUARDED)

    assert diagnosis.finding is UNROUTED
    assert MISSING not in diagnosis.also


@pytest.mark.parametrize("lacking", [{"records": None}, {"way": False}, {"zone_link": None}])
def test_an_unproven_way_leaves_it_to_the_address_rules(lacking: dict[str, Any]) -> None:
    diagnosis = of(path(routed=False, **lacking), registry=GUARDED)

    assert diagnosis.finding is MISSING
    assert diagnosis.doubts == ()


def test_a_windows_app_is_left_to_the_address_rules() -> None:
    assert of(path(routed=False), registry=GUARDED, windows=True).finding is MISSING


def test_an_app_whose_addresses_are_listed_needs_no_private_way() -> None:
    listed = given.registry(private_endpoints=GUARDED.private_endpoints)

    diagnosis = of(path(routed=False), registry=listed)

    assert not {diagnosis.finding, *diagnosis.also} & (PRIVATE | {MISSING})


def test_a_routed_app_without_the_link_leaves_by_its_nat_gateway_and_the_rules_decide() -> None:
    diagnosis = inside(path(zone_link=False, linkable=""), registry=GUARDED, egress=nat())

    assert diagnosis.finding is MISSING
    assert UNLINKED not in diagnosis.also


def test_without_a_fixed_address_only_the_link_can_help() -> None:
    loose = given.egress(addresses=(), stable=False)

    diagnosis = inside(path(zone_link=False, linkable=""), registry=GUARDED, egress=loose)

    assert diagnosis.finding is UNLINKED


# An open registry: the private name may still lead nowhere.


def test_a_zone_without_the_record_stops_pulls_of_an_open_registry_too() -> None:
    found = path(records=False, missing_records=(HOST, DATA))

    assert inside(found, registry=OPEN, cause=Cause.DNS_FAILURE).finding is NO_RECORD


def test_a_link_that_falls_back_answers_with_the_public_name() -> None:
    found = path(records=False, missing_records=(HOST, DATA), falls_back=True)

    diagnosis = inside(found, registry=OPEN)

    assert NO_RECORD not in {diagnosis.finding, *diagnosis.also}


def test_a_name_that_leads_out_of_reach_is_a_block_of_the_clients_own() -> None:
    found = path(endpoint=False, addresses=None, records=None, way=None)

    assert inside(found, registry=OPEN, cause=Cause.NETWORK_TIMEOUT).finding is BLOCKED


def test_a_region_without_a_record_is_in_doubt_until_layers_fail() -> None:
    hosts = {HOST: ("10.0.0.4",), DATA: ("10.0.0.5",), f"far.{DATA}": ("10.0.0.6",)}
    found = path(records=False, missing_records=(f"far.{DATA}",), hosts=hosts)

    quiet = inside(found, cause=Cause.UNAUTHORIZED)
    loud = inside(found, cause=Cause.DATA_ENDPOINT_DENIED)

    assert NO_RECORD not in {quiet.finding, *quiet.also}
    assert any(f"far.{DATA}" in doubt or "records" in doubt for doubt in quiet.doubts)
    assert loud.finding is NO_RECORD


def test_the_app_setting_that_asks_for_the_network_is_a_doubt() -> None:
    conflict = Unread("the app setting WEBSITE_PULL_IMAGE_OVER_VNET asks for the VNet")

    diagnosis = of(path(routed=None), pulls_over_vnet=conflict)

    assert diagnosis.finding is UNROUTED
    assert "WEBSITE_PULL_IMAGE_OVER_VNET" in diagnosis.summary


@examples(
    legs=st.fixed_dictionaries(
        {leg.value.replace("-", "_"): st.sampled_from([True, False, None]) for leg in LegName}
    ),
    registry=st.sampled_from([CLOSED, GUARDED, OPEN]),
    cause=st.sampled_from(Cause),
    routed=st.sampled_from([True, False]),
    windows=st.booleans(),
)
def test_no_finding_contradicts_its_leg(
    legs: dict[str, bool | None], registry: Any, cause: Cause, routed: bool, windows: bool
) -> None:
    missing = (HOST,) if legs["records"] is False else ()
    found = path(**legs, missing_records=missing)

    diagnosis = of(found, registry=registry, cause=cause, pulls_over_vnet=routed, windows=windows)

    said = {diagnosis.finding, *diagnosis.also}
    if UNLINKED in said:
        assert legs["zone_link"] is False
    if NO_RECORD in said:
        assert legs["records"] is False
    if UNROUTED in said:
        assert not routed
    if registry is OPEN:
        assert not said & {CLOSED_DOOR, UNROUTED, UNLINKED}
    assert not said & {one.finding for one in diagnosis.ruled_out}
