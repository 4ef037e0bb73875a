"""
The estate: which workloads exist that might pull from a container registry.

In:  an Azure; its subscriptions in scope.
Out: ids of web apps, slots, function apps, container apps and jobs that run containers; and which
     registry each of them seems to pull from.

One Resource Graph query, paged, however many apps there are; in an order of its own, for pages
without one may repeat or miss rows. It may lag by minutes: good for finding, never for judging.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import graph, images
from shared.model.ids import InvalidId, ResourceId

_ALL = """
resources
| where type in~ ('microsoft.app/containerapps', 'microsoft.app/jobs')
    or (type in~ ('microsoft.web/sites', 'microsoft.web/sites/slots') and kind has 'container')
| project id, kind
| order by id asc
"""


_IMAGES = """
resources
| where type in~ ('microsoft.app/containerapps', 'microsoft.app/jobs')
    or (type in~ ('microsoft.web/sites', 'microsoft.web/sites/slots') and kind has 'container')
| project id, site = properties.siteConfig, containers = properties.template.containers
| order by id asc
"""
_REGISTRIES = """
resources
| where type =~ 'microsoft.containerregistry/registries'
| project id, server = tolower(tostring(properties.loginServer))
| order by id asc
"""


def registries(azure: Azure) -> Mapping[ResourceId, ResourceId]:
    """The one registry each workload seems to pull from; left out are those with several, with
    none that can be seen, and sidecar apps, whose images no search knows. Good for putting into one
    group what may belong together, and for nothing else."""
    there = {
        str(row.get("server")): id
        for row in graph.rows(azure, _REGISTRIES, "registries")
        if (id := _id(row)) is not None
    }
    found = {}
    for row in graph.rows(azure, _IMAGES, "workloads and their images"):
        hosts = set(_hosts(row))
        if (id := _id(row)) is not None and len(hosts) == 1 and (host := hosts.pop()) in there:
            found[id] = there[host]
    return found


def _hosts(row: Mapping[str, Any]) -> Iterator[str]:
    site, containers = row.get("site"), row.get("containers")
    if isinstance(site, dict):
        uses, _ = images.from_fx(
            str(site.get("linuxFxVersion") or site.get("windowsFxVersion")), ()
        )
    else:
        pairs = containers if isinstance(containers, list) else []
        uses, _ = images.named(
            ("", str(one.get("image"))) for one in pairs if isinstance(one, dict)
        )
    yield from (use.host for use in uses if use.acr)


def named(azure: Azure, names: Sequence[str]) -> tuple[ResourceId, ...]:
    """Container apps, jobs and function apps on Container Apps with one of these names. Names are
    unique only per group, so one name may give several ids."""
    wanted = {name.lower() for name in names}
    there = (row for row in graph.rows(azure, _ALL, "workloads") if _on_container_apps(row))
    return tuple(id for id in _ids(there) if id.name.lower() in wanted)


def _on_container_apps(row: dict[str, Any]) -> bool:
    if str(row.get("id", "")).lower().rpartition("/providers/")[2].startswith("microsoft.app/"):
        return True
    return "azurecontainerapps" in str(row.get("kind") or "").lower()


def _ids(rows: Iterator[dict[str, Any]]) -> Iterator[ResourceId]:
    yield from (id for row in rows if (id := _id(row)) is not None)


def _id(row: Mapping[str, Any]) -> ResourceId | None:
    try:
        return ResourceId.parse(row.get("id"))
    except InvalidId:
        return None
