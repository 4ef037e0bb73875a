"""
What can be known of a registry that nobody in scope has.

In:  a registry host that no registry in scope bears as its login server.
Out: Whereabouts: a registry in scope of that name whose login server is another (a domain name
     label adds a hash), and whether anybody in Azure has a registry of that name at all.

Only the resource manager is asked: a host we do not know to be ours is never called. And only the
subscriptions the settings name: what lies outside does not exist for us.
"""

import re
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import graph
from shared.evidence.reading import attempt, id_in
from shared.model.catalogue import Whereabouts
from shared.model.evidence import Unread
from shared.model.image import login_server

_ACR = "Microsoft.ContainerRegistry"
_VERSION = "2025-11-01"
#: Registry names are alphanumeric: a label with a hyphen is `{name}-{hash}` ("Get started with ACR
#: by using the Azure CLI", domain name label scope).
_LABEL = re.compile(r"([a-z0-9]{5,50})(-[a-z0-9]+)?")


def read(azure: Azure, host: str, subscription: str) -> Whereabouts:
    """`subscription`: any the caller may see; a name's availability is asked below one."""
    server = login_server(host)
    match = _LABEL.fullmatch(server.partition(".")[0])
    if match is None:
        return Whereabouts()
    name, hashed = match[1], match[2] is not None
    answers = azure.together(
        rows=lambda: attempt(lambda: _named(azure, name)),
        taken=lambda: None if hashed else attempt(lambda: _taken(azure, name, subscription)),
    )
    rows = [] if isinstance(answers["rows"], Unread) else answers["rows"]
    taken = None if isinstance(answers["taken"], Unread) else answers["taken"]
    ids = [id_in(row.get("id")) for row in rows]
    others = [
        str(row["server"])
        for row, id in zip(rows, ids, strict=True)
        if id is not None and azure.reaches(id) and row.get("server") not in (server, None, "")
    ]
    return Whereabouts(namesake=next(iter(others), ""), name_taken=taken)


def _named(azure: Azure, name: str) -> list[dict[str, Any]]:
    """Registries of that name."""
    query = (
        "resources | where type =~ 'microsoft.containerregistry/registries' "
        f"| where name =~ '{name}' "
        "| project id, server = tolower(tostring(properties.loginServer))"
    )
    return list(graph.rows(azure, query, f"a registry named {name}"))


def _taken(azure: Azure, name: str, subscription: str) -> bool | None:
    """Names are unique in all of Azure, so a free one belongs to nobody."""
    path = f"/subscriptions/{subscription}/providers/{_ACR}/checkNameAvailability"
    with azure.asking(f"asked whether anybody has a registry named {name}"):
        answer = azure.arm.post(path, _VERSION, {"name": name, "type": f"{_ACR}/registries"})
    free = answer.get("nameAvailable")
    return not free if isinstance(free, bool) else None
