"""A block in the workload's own network: found at its stage, and doubted only where it matters."""

from typing import Any

import pytest

from shared.diagnosis import diagnose
from shared.model.evidence import PullAuth, PullMode, Unread, Via
from shared.model.ids import ResourceId
from shared.model.plan import Diagnosis
from shared.model.private_path import Blocked, Obstacle
from shared.model.words import Cause, FindingName
from tests.diagnosis import given

BLOCK = FindingName.CLIENT_SIDE_BLOCK
GROUP = ResourceId.parse(
    f"{given.SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/networkSecurityGroups/g"
)
NAT = given.egress(via=Via.NAT_GATEWAY, addresses=("198.51.100.9",), possible=(), owner=given.NAT)
OPEN = given.registry(default_allow=True, ip_rules=())


def obstacle(blocks: Blocked, *, sure: bool = True, kind: str = "network-rule") -> Obstacle:
    return Obstacle(
        kind=kind,
        owner=GROUP,
        name="stop",
        blocks=blocks,
        because=f"the rule stop keeps it from {blocks.value}",
        sure=sure,
    )


def of(cause: Cause, *obstacles: Obstacle, text: str = "said", **members: Any) -> Diagnosis:
    changes = members.pop("workload", {})
    plain = {"subnet": given.SUBNET, "pulls_over_vnet": True, "egress": NAT}
    inside = given.workload(**(plain | changes))
    seen = given.evidence(
        **{"workload": inside, "registry": OPEN, "obstacles": obstacles} | members
    )
    return diagnose(given.signal(text), given.reading(cause), seen)


@pytest.mark.parametrize("blocks", [Blocked.REGISTRY, Blocked.NAMES])
@pytest.mark.parametrize("cause", [Cause.NETWORK_TIMEOUT, Cause.DNS_FAILURE, Cause.UNAUTHORIZED])
def test_what_surely_keeps_it_from_the_registry_comes_first(blocks: Blocked, cause: Cause) -> None:
    diagnosis = of(cause, obstacle(blocks), registry=given.registry(ip_rules=()))

    assert diagnosis.finding is BLOCK
    assert f"keeps it from {blocks.value}" in diagnosis.summary
    assert diagnosis.also == (FindingName.FIREWALL_MISSING_EGRESS,)


def test_no_token_comes_before_no_role() -> None:
    diagnosis = of(Cause.UNAUTHORIZED, obstacle(Blocked.SIGN_IN), access=given.access())

    assert diagnosis.finding is BLOCK
    assert "looks unauthorized" in diagnosis.summary
    assert diagnosis.also == (FindingName.PULL_ROLE_MISSING,)


def test_who_signs_in_otherwise_needs_no_token() -> None:
    password = PullAuth(mode=PullMode.CREDENTIALS, server="contoso.azurecr.io", username="contoso")

    diagnosis = of(
        Cause.UNAUTHORIZED, obstacle(Blocked.SIGN_IN), workload={"auth": password}, access=None
    )

    assert BLOCK not in (diagnosis.finding, *diagnosis.also)


def test_layers_come_last() -> None:
    shut = given.registry(ip_rules=())

    diagnosis = of(Cause.NETWORK_TIMEOUT, obstacle(Blocked.LAYERS), registry=shut)

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert diagnosis.also == (BLOCK,)
    assert diagnosis.doubts == ()


def test_a_perhaps_is_named_when_the_text_speaks_of_the_way() -> None:
    diagnosis = of(Cause.NETWORK_TIMEOUT, obstacle(Blocked.REGISTRY, sure=False))

    assert diagnosis.finding is BLOCK
    assert "What may be in the way: the rule stop keeps it from registry" in diagnosis.summary


def test_unauthorized_though_all_is_right_points_at_the_way_to_the_sign_in() -> None:
    diagnosis = of(Cause.UNAUTHORIZED, obstacle(Blocked.SIGN_IN, sure=False))

    assert diagnosis.finding is BLOCK
    assert "token cannot be fetched" in diagnosis.summary
    assert of(Cause.UNAUTHORIZED).finding is FindingName.UNDETERMINED


def test_name_servers_are_suspected_when_names_fail_and_not_when_connections_do() -> None:
    servers = obstacle(Blocked.NAMES, sure=False, kind="dns-server")

    assert "the rule stop" in of(Cause.DNS_FAILURE, servers).summary
    assert "the rule stop" not in of(Cause.NETWORK_TIMEOUT, servers).summary


def test_a_perhaps_raises_no_doubt_where_the_registry_itself_answered() -> None:
    shut = given.registry(ip_rules=())

    diagnosis = of(Cause.NETWORK_DENIED, obstacle(Blocked.REGISTRY, sure=False), registry=shut)

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert diagnosis.doubts == ()


def test_a_perhaps_is_a_doubt_where_nothing_says_what_happened() -> None:
    shut = given.registry(ip_rules=())
    perhaps = obstacle(Blocked.REGISTRY, sure=False)

    diagnosis = of(Cause.UNKNOWN_PULL_FAILURE, perhaps, text="", registry=shut)

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert diagnosis.doubts == ("the rule stop keeps it from registry",)


def test_name_servers_of_ones_own_alone_raise_no_doubt() -> None:
    shut = given.registry(ip_rules=())
    servers = obstacle(Blocked.NAMES, sure=False, kind="dns-server")

    diagnosis = of(Cause.UNKNOWN_PULL_FAILURE, servers, text="", registry=shut)

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert diagnosis.doubts == ()


def test_a_network_that_could_not_be_read_is_a_doubt() -> None:
    shut = given.registry(ip_rules=())

    diagnosis = of(
        Cause.UNKNOWN_PULL_FAILURE, text="", registry=shut, obstacles=Unread("not readable: 403")
    )

    assert diagnosis.doubts == ("the network pulls leave from is not readable: 403",)


def test_rules_on_the_public_way_do_not_concern_a_registry_that_is_closed_to_it() -> None:
    closed = given.registry(public_access=False)

    diagnosis = of(Cause.NETWORK_TIMEOUT, obstacle(Blocked.REGISTRY), registry=closed)

    assert diagnosis.finding is FindingName.PUBLIC_ACCESS_DISABLED


def test_rules_do_not_concern_pulls_that_leave_by_the_platform() -> None:
    diagnosis = of(
        Cause.UNAUTHORIZED,
        obstacle(Blocked.REGISTRY),
        workload={"pulls_over_vnet": False, "egress": given.egress()},
    )

    assert BLOCK not in (diagnosis.finding, *diagnosis.also)


def test_where_a_private_endpoint_may_be_used_a_public_rule_leaves_it_open() -> None:
    either = given.registry(private_endpoints=(f"{given.ENDPOINT} Approved",), ip_rules=())

    diagnosis = of(Cause.NETWORK_TIMEOUT, obstacle(Blocked.REGISTRY), registry=either)

    assert BLOCK not in {one.finding for one in diagnosis.ruled_out}
    assert any("private endpoint" in doubt for doubt in diagnosis.doubts)


def test_an_address_in_the_text_is_told_where_none_can_be_proven() -> None:
    nowhere = given.egress(via=Via.FIREWALL, addresses=(), possible=(), stable=False, because="x")
    seen = given.evidence(
        workload=given.workload(egress=nowhere), registry=given.registry(ip_rules=())
    )
    text = given.reading(Cause.NETWORK_DENIED, client_ip="203.0.113.99")

    diagnosis = diagnose(given.signal(), text, seen)

    assert diagnosis.finding is FindingName.FIREWALL_EGRESS_UNPROVABLE
    assert "203.0.113.99; whose address that is cannot be proven" in diagnosis.summary
