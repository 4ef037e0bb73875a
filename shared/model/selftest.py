"""
Self-tests: the web app that `medic selftest` makes up and sends a signal about.

In:  where it should seem to be; or a resource id, to see whether it is one.
Out: a resource id that nothing in Azure has; whether an id is of that form.

Its incident takes the same way as every other and ends where Azure says that there is no such app.
It is kept as every other, and nobody is bothered with it: it is not told, counted or listed unless
it is asked for. Pure, and light enough for the command line.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import uuid4

from shared.model.ids import ResourceId

if TYPE_CHECKING:
    from shared.model.incident import Incident

GROUP = "medic-selftest"
_NAME = re.compile(r"medic-selftest-[0-9a-f]{12}")


def target(subscription: str, group: str) -> ResourceId:
    """A web app that does not exist. InvalidId when the group cannot be a group's name."""
    name = f"medic-selftest-{uuid4().hex[:12]}"
    place = f"/subscriptions/{subscription}/resourceGroups/{group}"
    return ResourceId.parse(f"{place}/providers/Microsoft.Web/sites/{name}")


def is_one(resource: ResourceId) -> bool:
    """Whether the id is one that `target` made."""
    return resource.type == "microsoft.web/sites" and bool(_NAME.fullmatch(resource.name.lower()))


def without(incidents: "Iterable[Incident]") -> "list[Incident]":
    """Those that somebody may have to do something about."""
    return [one for one in incidents if not is_one(one.resource)]
