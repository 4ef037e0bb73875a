"""
The estate: which workloads exist that might pull from a container registry.

In:  an Azure; its subscriptions in scope.
Out: ids of web apps, slots, function apps, container apps and jobs that run containers.

One Resource Graph query, paged, however many apps there are; in an order of its own, for pages
without one may repeat or miss rows. It may lag by minutes: good for finding, never for judging.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import graph
from shared.model.ids import InvalidId, ResourceId

_ALL = """
resources
| where type in~ ('microsoft.app/containerapps', 'microsoft.app/jobs')
    or (type in~ ('microsoft.web/sites', 'microsoft.web/sites/slots') and kind has 'container')
| project id, kind
| order by id asc
"""


def workloads(azure: Azure) -> tuple[ResourceId, ...]:
    """Every workload the identity may see, by id."""
    return tuple(_ids(graph.rows(azure, _ALL, "workloads")))


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
    for row in rows:
        try:
            yield ResourceId.parse(row.get("id"))
        except InvalidId:
            continue
