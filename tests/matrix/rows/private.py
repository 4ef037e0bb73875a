"""Rows 5 to 8: registries behind private endpoints, their names, and pulls that go elsewhere."""

from functools import partial
from typing import Any

from shared.model.words import FindingName, Host
from tests.matrix.story import Story
from tests.simulator.estates import private_cases as cases

LINKING = """
version: 1
mode: auto
remedies:
  firewall-sync: {mode: auto, shared_egress: allow}
  dns-zone-link: {mode: auto}
wait: {verify_first: 0s}
"""

_SITES = (
    (Host.WEB_APP, "site", "shop"),
    (Host.SLOT, "slot", "staging"),
    (Host.FUNCTIONS, "functions", "shop"),
)
_APPS = ((Host.CONTAINER_APP, "app", "shop"), (Host.JOB, "job", "shop"))
_LINK = "PUT …-253d26a3"  # the link's name ends with a hash of the network's id
_ROUTED: dict[str, Any] = {
    "row": 5,
    "finding": FindingName.PRIVATE_PATH_NOT_ROUTED,
    "ends": "healed",
    "does": "proves the private path, then sends image pulls through the app's network",
}
_CLOSED: dict[str, Any] = {
    "row": 6,
    "finding": FindingName.PUBLIC_ACCESS_DISABLED,
    "ends": "explained",
    "does": "says which piece of a private path is missing, with the commands and the Bicep",
    "works": False,
}
_UNLINKED: dict[str, Any] = {
    "row": 7,
    "finding": FindingName.PRIVATE_DNS_NOT_LINKED,
    "does": "links the registry's zone to the network where the policy names that, else holds",
}
_UNKNOWN_NAME: dict[str, Any] = {
    "row": 8,
    "finding": FindingName.PRIVATE_DNS_RECORD_MISSING,
    "ends": "explained",
    "does": "names the records that are missing or wrong",
    "works": False,
}
_UNAPPROVED: dict[str, Any] = {
    "row": 6,
    "finding": FindingName.PRIVATE_ENDPOINT_NOT_APPROVED,
    "ends": "explained",
    "does": "names the endpoint whose connection waits for approval",
    "works": False,
}

_NOT_ROUTED = (
    *(
        Story(
            **_ROUTED,
            host=host,
            scenario=partial(cases.private, kind, routed=False),
            workload=name,
            writes=(f"PUT …/{name}",),
        )
        for host, kind, name in _SITES
    ),
    Story(
        **_ROUTED,
        host=Host.WEB_APP,
        variant="registry admits listed addresses",
        scenario=partial(cases.private, routed=False, public=True),
        workload="shop",
        writes=("PUT …/sites/shop",),
    ),
    *(
        Story(
            **_ROUTED,
            host=Host.WEB_APP,
            variant=cloud,
            scenario=partial(cases.private, routed=False, cloud=cloud),
            workload="shop",
            writes=("PUT …/sites/shop",),
        )
        for cloud in ("AzureChinaCloud", "AzureUSGovernment")
    ),
    Story(
        **_ROUTED,
        host=Host.WEB_APP,
        variant="endpoint in a peered hub",
        scenario=partial(cases.elsewhere, peered=(True, True), routed=False),
        workload="shop",
        writes=("PUT …/sites/shop",),
    ),
    Story(
        **_ROUTED,
        host=Host.WEB_APP,
        variant="private DNS resolver",
        scenario=partial(cases.resolver, routed=False),
        workload="shop",
        writes=("PUT …/sites/shop",),
    ),
    Story(
        **_ROUTED,
        host=Host.WEB_APP,
        variant="behind an Azure Firewall",
        scenario=partial(cases.behind_a_firewall, routed=False),
        workload="shop",
        writes=("PUT …/sites/shop",),
    ),
    Story(
        **_ROUTED | {"ends": "held", "does": "holds: property and setting contradict each other"},
        host=Host.WEB_APP,
        variant="setting says otherwise",
        scenario=cases.two_minds,
        workload="shop",
        works=False,
        says=("WEBSITE_PULL_IMAGE_OVER_VNET",),
    ),
    Story(
        **_ROUTED | {"does": "links the zone first, looks again, then routes the pulls"},
        host=Host.WEB_APP,
        variant="zone not linked either",
        scenario=partial(cases.private, linked=False, routed=False),
        workload="shop",
        policy=LINKING,
        writes=(_LINK, "PUT …/sites/shop"),
    ),
    Story(
        **_ROUTED
        | {"ends": "explained", "does": "says that its owner has to try it; nothing is changed"},
        host=Host.WEB_APP,
        variant="Windows",
        scenario=partial(cases.private, "windows", routed=False),
        workload="shop",
        works=False,
        says=("Windows",),
    ),
)

_NO_PATH = (
    *(
        Story(
            **_CLOSED,
            host=host,
            scenario=partial(cases.closed, kind),
            workload=name,
            says=("az network private-endpoint create", "privatelink.azurecr.io"),
        )
        for host, kind, name in (*_SITES, *_APPS)
    ),
    Story(
        **_CLOSED,
        host=Host.WEB_APP,
        variant="endpoint in a network out of reach",
        scenario=partial(cases.elsewhere, peered=(False, False)),
        workload="shop",
        says=("neither the same network nor peered",),
    ),
    Story(
        **_CLOSED,
        host=Host.CONTAINER_APP,
        variant="own DNS servers",
        scenario=partial(cases.own_name_servers, "app"),
        workload="shop",
        says=("10.99.0.4",),
    ),
    Story(
        **_CLOSED,
        host=Host.WEB_APP,
        variant="no zone",
        scenario=cases.no_zone,
        workload="shop",
        says=("az network private-dns zone create",),
    ),
    Story(
        **_CLOSED,
        host=Host.WEB_APP,
        variant="China",
        scenario=partial(cases.closed, cloud="AzureChinaCloud"),
        workload="shop",
        says=("privatelink.azurecr.cn",),
    ),
    Story(
        **_UNAPPROVED, host=Host.WEB_APP, scenario=cases.waiting, workload="shop", says=("Pending",)
    ),
    Story(
        **_UNAPPROVED,
        host=Host.CONTAINER_APP,
        variant="rejected",
        scenario=partial(cases.waiting, "app", "Rejected"),
        workload="shop",
        says=("Rejected",),
    ),
)

_NOT_LINKED = (
    *(
        Story(
            **_UNLINKED,
            host=host,
            ends="healed",
            scenario=partial(cases.private, kind, linked=False),
            workload=name,
            policy=LINKING,
            writes=(_LINK,),
        )
        for host, kind, name in (*_SITES, _APPS[0])
    ),
    Story(
        **_UNLINKED,
        host=Host.WEB_APP,
        variant="China",
        ends="healed",
        scenario=partial(cases.private, linked=False, cloud="AzureChinaCloud"),
        workload="shop",
        policy=LINKING,
        writes=(_LINK,),
    ),
    Story(
        **_UNLINKED,
        host=Host.CONTAINER_APP,
        variant="not opted in",
        ends="held",
        scenario=partial(cases.private, "app", linked=False),
        workload="shop",
        works=False,
        says=("observe", "private-dns link vnet create"),
    ),
    Story(
        **_UNLINKED,
        host=Host.WEB_APP,
        variant="zone shared with other registries",
        ends="explained",
        scenario=cases.shared_zone,
        workload="shop",
        policy=LINKING,
        works=False,
        says=("fabrikam",),
    ),
)

_NO_RECORD = (
    *(
        Story(
            **_UNKNOWN_NAME,
            host=host,
            scenario=partial(cases.private, kind, recorded=False),
            workload=name,
            says=("contosoclosed.azurecr.io", "dns-zone-group"),
        )
        for host, kind, name in (*_SITES, *_APPS)
    ),
    Story(
        **_UNKNOWN_NAME,
        host=Host.WEB_APP,
        variant="data endpoint",
        scenario=cases.no_data_record,
        workload="shop",
        says=("contosoclosed.westeurope.data.azurecr.io",),
    ),
    Story(
        **_UNKNOWN_NAME,
        host=Host.WEB_APP,
        variant="address of an endpoint that is gone",
        scenario=cases.stale_record,
        workload="shop",
        says=("10.20.9.4",),
    ),
)

STORIES = (*_NOT_ROUTED, *_NO_PATH, *_NOT_LINKED, *_NO_RECORD)
