"""Plans for the private way: one switch or one link, and the sentence where there is neither."""

from dataclasses import replace
from typing import Any

import pytest

from shared.model.evidence import Unread
from shared.model.plan import AS_READ, Step
from shared.model.words import RemedyName
from shared.planning import vnet_pull, zone_link
from shared.planning.firewall import Refusal
from tests.diagnosis import given
from tests.diagnosis.paths import CLOSED, NETWORK, ROUTING, ZONE, app, path


def pull(found: Any, **workload: Any) -> Step | Refusal:
    seen = given.evidence(registry=CLOSED, workload=app(**workload), private_path=found)
    return vnet_pull.step(seen)


def link(found: Any) -> Step | Refusal:
    seen = given.evidence(registry=CLOSED, workload=app(), private_path=found)
    return zone_link.step(seen)


def test_the_plan_switches_image_pulls_on_and_keeps_the_other_four() -> None:
    step = pull(path(routed=False))

    assert isinstance(step, Step)
    after = step.after["outboundVnetRouting"]
    assert {name for name in after if after[name] != ROUTING[name]} == {"imagePullTraffic"}
    (write,) = step.requests
    assert (write.method, write.body) == (
        "PUT",
        {
            AS_READ: "the whole site, as it was just read",
            "properties": {
                AS_READ: "the whole site, as it was just read",
                "outboundVnetRouting": after,
            },
        },
    )
    assert "restarts" in step.risk
    assert "Microsoft.Network/virtualNetworks/subnets/join/action" in step.permissions


@pytest.mark.parametrize(
    "leg", ["network", "endpoint", "addresses", "zone_link", "records", "way", "sign_in"]
)
@pytest.mark.parametrize("holds", [False, None])
def test_no_leg_but_the_routing_may_be_false_or_unknown(leg: str, holds: bool | None) -> None:
    refusal = pull(path(routed=False, **{leg: holds}))

    assert isinstance(refusal, Refusal)
    assert f"{leg.replace('_', '-')} {holds}" in refusal.because


@pytest.mark.parametrize(
    ("workload", "said"),
    [
        ({"windows": True}, "Windows"),
        ({"routing": None}, "all of the site's routing switches"),
        ({"routing": ROUTING | {"allTraffic": True}}, "already"),
        ({"subnet": None}, "no private path"),
        ({"environment": "apps-env"}, "only a web app"),
        ({"id": given.BASKET}, "only a web app"),
    ],
)
def test_what_a_machine_should_not_switch_is_refused(workload: dict[str, Any], said: str) -> None:
    refusal = pull(path(routed=False), **workload)

    assert isinstance(refusal, Refusal)
    assert said in refusal.because


@pytest.mark.parametrize("found", [None, Unread("not readable: 403")])
def test_without_a_path_nothing_is_switched_or_linked(found: Any) -> None:
    assert isinstance(pull(found), Refusal)
    assert isinstance(link(found), Refusal)


def test_a_setting_that_says_otherwise_and_a_second_registry_are_doubts() -> None:
    other = replace(given.IMAGE, host="other.azurecr.io", container="side")

    step = pull(
        path(routed=False),
        pulls_over_vnet=Unread("the setting says yes"),
        images=(given.IMAGE, other),
    )

    assert isinstance(step, Step)
    assert step.doubts == (
        "the setting says yes",
        "the app also pulls from other.azurecr.io, by the same way then",
    )


def test_the_link_registers_nothing_and_falls_back() -> None:
    step = link(path(zone_link=False, linkable="", link=None))

    assert isinstance(step, Step)
    assert (step.remedy, step.target) == (RemedyName.DNS_ZONE_LINK, ZONE)
    (write,) = step.requests
    assert write.body == {
        "location": "global",
        "properties": {
            "virtualNetwork": {"id": str(NETWORK)},
            "registrationEnabled": False,
            "resolutionPolicy": "NxDomainRedirect",
        },
    }


def test_the_links_name_belongs_to_the_network() -> None:
    twin = replace(NETWORK, text=NETWORK.text.replace("/net/", "/other/"))
    loud = replace(NETWORK, text=NETWORK.text.upper())

    assert zone_link.name_of(NETWORK) != zone_link.name_of(twin)
    assert zone_link.name_of(NETWORK).lower() == zone_link.name_of(loud).lower()
    assert len(zone_link.name_of(NETWORK)) <= 80


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"zone": None}, "no private DNS zone"),
        ({"linkable": "the zone also answers for other registries"}, "other registries"),
        ({"linkable": "", "records": False}, "records False"),
        ({"linkable": "", "endpoint": None}, "endpoint None"),
        ({"linkable": "", "addresses": False}, "addresses False"),
    ],
)
def test_a_link_that_would_not_help_alone_is_refused(members: dict[str, Any], said: str) -> None:
    refusal = link(path(zone_link=False, **members))

    assert isinstance(refusal, Refusal)
    assert said in refusal.because


def test_code_keeps_both_remedies() -> None:
    routed, linked = pull(path(routed=False)), link(path(zone_link=False, linkable=""))
    assert isinstance(routed, Step)
    assert isinstance(linked, Step)

    assert "imagePullTraffic: true" in vnet_pull.infrastructure_change(routed)
    assert "registrationEnabled: false" in zone_link.infrastructure_change(linked)
