"""
The estate: which workloads exist that might pull from a container registry.

In:  an Azure; its subscriptions in scope.
Out: ids of web apps, slots, function apps, container apps and jobs that run containers.

One Resource Graph query, paged, however many apps there are. Resource Graph may lag by minutes:
good for finding, never for judging; every workload found is read from ARM before anything is said.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from shared.clients.azure import Azure
from shared.model.ids import InvalidId, ResourceId

_VERSION = "2021-03-01"
_PATH = "/providers/Microsoft.ResourceGraph/resources"
_ALL = """
resources
| where type in~ ('microsoft.app/containerapps', 'microsoft.app/jobs')
    or (type in~ ('microsoft.web/sites', 'microsoft.web/sites/slots') and kind has 'container')
| project id, kind
"""
_PAGE = 1000


def workloads(azure: Azure) -> tuple[ResourceId, ...]:
    """Every workload the identity may see, in the order Resource Graph gives them."""
    return tuple(_ids(_rows(azure, _ALL)))


def named(azure: Azure, names: Sequence[str]) -> tuple[ResourceId, ...]:
    """Container apps, jobs and function apps on Container Apps with one of these names. Names are
    unique only per group, so one name may give several ids."""
    wanted = {name.lower() for name in names}
    there = (row for row in _rows(azure, _ALL) if _on_container_apps(row))
    return tuple(id for id in _ids(there) if id.name.lower() in wanted)


def _on_container_apps(row: dict[str, Any]) -> bool:
    if str(row.get("id", "")).lower().rpartition("/providers/")[2].startswith("microsoft.app/"):
        return True
    return "azurecontainerapps" in str(row.get("kind") or "").lower()


def _rows(azure: Azure, query: str) -> Iterator[dict[str, Any]]:
    options: dict[str, Any] = {"resultFormat": "objectArray", "$top": _PAGE}
    while True:
        body: dict[str, Any] = {"query": query.strip(), "options": options}
        if azure.subscriptions is not None:
            body["subscriptions"] = list(azure.subscriptions)
        with azure.asking("searched Resource Graph for workloads"):
            answer = azure.arm.post(_PATH, _VERSION, body)
        yield from answer.get("data") or ()
        token = answer.get("$skipToken")
        if not token:
            return
        options = {**options, "$skipToken": token}


def _ids(rows: Iterator[dict[str, Any]]) -> Iterator[ResourceId]:
    for row in rows:
        try:
            yield ResourceId.parse(row.get("id"))
        except InvalidId:
            continue
