"""Hosts: several images and registries in one app, and the kinds of host that stand between two."""

from functools import partial
from typing import Any

from shared.model.words import FindingName, Host
from tests.matrix.story import Story
from tests.simulator.estates import hosts_cases as cases

_TWO = ("PATCH …/registries/contosoimages", "PATCH …/registries/contosotools")
_BOTH: dict[str, Any] = {
    "finding": FindingName.FIREWALL_MISSING_EGRESS,
    "ends": "healed",
    "does": "opens every registry of the app that consents to it",
}
_NO_TAG: dict[str, Any] = {
    "row": 17,
    "finding": FindingName.TAG_MISSING,
    "ends": "explained",
    "works": False,
}

STORIES = (
    Story(
        row=1,
        host=Host.WEB_APP,
        variant="sidecars of two registries",
        scenario=cases.sidecars,
        workload="shop",
        writes=_TWO,
        **_BOTH,
    ),
    Story(
        row=1,
        host=Host.WEB_APP,
        variant="three images of one registry",
        scenario=partial(cases.compose, images=3),
        workload="shop",
        writes=_TWO[:1],
        **_BOTH,
    ),
    Story(
        row=1,
        host=Host.WEB_APP,
        variant="only one of two registries consents",
        finding=FindingName.FIREWALL_MISSING_EGRESS,
        also=(FindingName.PULL_ROLE_MISSING,),
        scenario=partial(cases.sidecars, may=(0,)),
        workload="shop",
        ends="held",
        works=False,
        does="holds everything when one registry's owner did not consent",
        says=("contosotools.azurecr.io/net/proxy:1.0.0", "no consent of the registry's owner"),
    ),
    Story(
        row=3,
        host=Host.CONTAINER_APP,
        variant="init container of another registry",
        scenario=cases.app_of_two_registries,
        workload="basket",
        writes=_TWO[::-1],
        **_BOTH,
    ),
    Story(
        row=3,
        host=Host.JOB,
        variant="two registries",
        scenario=cases.job_of_two_registries,
        workload="nightly",
        writes=_TWO,
        **_BOTH,
    ),
    Story(
        row=3,
        finding=FindingName.FIREWALL_MISSING_EGRESS,
        host=Host.FUNCTIONS,
        variant="on Container Apps with NAT",
        scenario=cases.functions_on_container_apps,
        workload="worker",
        ends="healed",
        does="adds the addresses of the NAT gateway in front of it",
        writes=_TWO[:1],
    ),
    Story(
        row=3,
        finding=FindingName.FIREWALL_EGRESS_UNPROVABLE,
        host=Host.FUNCTIONS,
        variant="on Container Apps without NAT",
        scenario=partial(cases.functions_on_container_apps, nat=False),
        workload="worker",
        ends="explained",
        works=False,
        does="says why no rule can help, and how to get a fixed way out",
    ),
    Story(
        host=Host.CONTAINER_APP,
        variant="refused at deployment",
        scenario=cases.refused_deployment,
        workload="basket",
        does="says which tag the refused deployment wanted, and which there are",
        unheard=("alert",),
        says=("1.9.0", "1.8.0"),
        **_NO_TAG,
    ),
    Story(
        host=Host.CONTAINER_APP,
        variant="newest revision, an older one serves",
        scenario=cases.newest_revision_fails,
        workload="basket",
        does="says what the newest revision wants, and leaves the older one alone",
        says=("1.9.0", "1.8.0"),
        **_NO_TAG,
    ),
    Story(
        host=Host.WEB_APP,
        variant="one of two images",
        scenario=cases.compose_missing_tag,
        workload="shop",
        does="says which of the images is missing",
        says=("1 of 2 images", "shop/worker:1.1.0"),
        **_NO_TAG,
    ),
)
