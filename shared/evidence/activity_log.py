"""
The Activity Log as it is read here: the newest records about one thing, up to a bound.

In:  a subscription, and what the records shall be about.
Out: whole records, newest first, and whether these are all. Refused or Transient errors pass on.

The log keeps 90 days and knows only a fixed set of filters: a time span and one of resource
provider, group or resource (Activity Logs - List, 2015-04-01). `caller` is none of the properties
that may be selected, so records are read whole.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.clients.azure import Azure
from shared.model.ids import ResourceId

_VERSION = "2015-04-01"
_SUBSCRIPTION = "2022-12-01"
_KEPT = timedelta(days=90) - timedelta(hours=1)
_MOST = 1200


def reach(azure: Azure) -> datetime:
    """How far back it can be asked."""
    return azure.now() - _KEPT


def read(
    azure: Azure, subscription: str, since: datetime, about: str
) -> tuple[list[Mapping[str, Any]], bool]:
    """The newest records of the span, and whether these are all."""
    path = (
        f"/subscriptions/{subscription}/providers/Microsoft.Insights/eventtypes/management/values"
    )
    span = f"eventTimestamp ge '{_stamp(since)}' and eventTimestamp le '{_stamp(azure.now())}'"
    found: list[Mapping[str, Any]] = []
    with azure.asking(f"read the Activity Log of the subscription {subscription}"):
        query = {"$filter": f"{span} and {about}"}
        for one in azure.arm.list(path, _VERSION, **query):
            if len(found) == _MOST:
                return found, False
            found.append(one)
    return found, True


def of_workload(
    azure: Azure, workload: ResourceId, since: datetime
) -> tuple[list[Mapping[str, Any]], bool]:
    """Everything about the workload. What a site runs is written at its configuration, and no
    document says that a resource's records include those of what is below it: so that is asked for
    by itself. A record may come twice."""
    places = [workload.text]
    if workload.type.startswith("microsoft.web/"):
        places.append(f"{workload}/config/web")
    told = azure.together(**{place: _asking(azure, workload, since, place) for place in places})
    return [one for found, _ in told.values() for one in found], all(w for _, w in told.values())


def _asking(azure: Azure, workload: ResourceId, since: datetime, place: str) -> Callable[[], Any]:
    return lambda: read(azure, workload.subscription, since, f"resourceUri eq '{place}'")


def tenants(azure: Azure, workload: ResourceId, registry: ResourceId) -> str:
    """Why the two are not of one tenant, in words; "" when they are."""
    if workload.subscription.lower() == registry.subscription.lower():
        return ""
    told = []
    for one in (workload, registry):
        path = f"/subscriptions/{one.subscription}"
        with azure.asking(f"read the subscription {one.subscription}"):
            told.append(str(azure.arm.get(path, _SUBSCRIPTION).get("tenantId") or ""))
    if told[0] and told[0].lower() == told[1].lower():
        return ""
    return f"the workload's tenant is {told[0] or 'unknown'}, the registry's {told[1]}"


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
