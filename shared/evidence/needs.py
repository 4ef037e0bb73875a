"""
Who needs which address at one registry: every workload there is.

In:  a Survey, the registry's login server, the workloads that may need an address, and for which of
     them addresses were added.
Out: a Leaver for each; what cannot be told or proven is said in it, never left out.

The pages of the survey answer for nearly all: whichever way a pull goes, they name the addresses it
may leave by, and more of them keep more rules. Read from the resource manager are those that the
pages do not tell enough of, and those for which the addresses were added: Resource Graph may lag,
and a plan must not rest on it alone. Whoever leaves by its own network is then asked how: only a
path that is proven leg by leg is private.
"""

from collections.abc import Callable, Iterable

from shared.clients.azure import Azure
from shared.errors import HealError, NotFound
from shared.evidence import container_app, gather, glimpse, web
from shared.evidence.reading import attempt
from shared.evidence.survey import Survey
from shared.model.evidence import Registry, Unread, Via, Workload
from shared.model.ids import ResourceId
from shared.model.image import login_server
from shared.model.private_path import LegName, PrivatePath
from shared.model.signal import Signal, SignalKind
from shared.model.tidy import Leaver, Owned, Tidy


def leavers(
    fresh: Callable[[], Azure],
    survey: Survey,
    server: str,
    ids: Iterable[ResourceId],
    owned: tuple[Owned, ...],
) -> tuple[Leaver, ...]:
    """How each of these leaves for the registry. `fresh` gives each that is read an Azure of its
    own, for a look at one workload has a budget."""
    found = {id: _by_pages(survey, id, server) or _leaver(fresh, id, server) for id in ids}
    spare = Tidy(owned=owned, leavers=tuple(found.values())).unneeded
    for id in dict.fromkeys(one.workload for one in spare):
        if id in survey.rows and id in found:
            found[id] = _leaver(fresh, id, server)
    return tuple(found.values())


def _by_pages(survey: Survey, id: ResourceId, server: str) -> Leaver | None:
    """What the pages tell; None where that is not enough."""
    if id not in survey.rows:
        return None
    seen = attempt(lambda: glimpse.of(survey, id))
    if isinstance(seen, Unread) or seen.unseen:
        return None
    if not any(login_server(image.host) == server for image in seen.images):
        return Leaver(id=id, without=f"it pulls nothing from {server}")
    if seen.way.unknown or seen.way.unsure or not seen.way.addresses:
        return None
    return Leaver(id=id, leaves_by=(*seen.way.addresses, *seen.way.possible))


def _leaver(fresh: Callable[[], Azure], id: ResourceId, server: str) -> Leaver:
    azure = fresh()
    try:
        return _judged(azure, _read(azure, id), server)
    except NotFound:
        return Leaver(id=id, without="it is gone")
    except HealError as error:
        return Leaver(id=id, unknown=f"it could not be read ({error})")


def _read(azure: Azure, id: ResourceId) -> Workload:
    return (
        web.read(azure, id)
        if id.type.startswith("microsoft.web/")
        else container_app.read(azure, id)
    )


def _judged(azure: Azure, workload: Workload, server: str) -> Leaver:
    id, egress = workload.id, workload.egress
    if not workload.images and isinstance(workload.auth, Unread):
        return Leaver(id=id, unknown=f"what it pulls is {workload.auth.because}")
    if not any(login_server(image.host) == server for image in workload.images):
        return Leaver(id=id, without=f"it pulls nothing from {server}")
    if workload.pulls_over_vnet is not False and _privately(azure, id, server):
        return Leaver(id=id, without="it pulls over a private endpoint")
    if isinstance(egress, Unread):
        return Leaver(id=id, unknown=f"its way out is {egress.because}")
    if egress.via is Via.UNKNOWN or not egress.stable or not egress.addresses:
        why = egress.because or "Azure reports no address that stays its own"
        return Leaver(id=id, unknown=f"its way out cannot be proven ({why})")
    return Leaver(id=id, leaves_by=(*egress.addresses, *egress.possible))


def _privately(azure: Azure, id: ResourceId, server: str) -> bool:
    """Whether every one of its images of this registry comes over a proven private path."""
    signal = Signal(
        id=f"needs/{id.key}", kind=SignalKind.FAILURE, source="sweep", resource=id, at=azure.now()
    )
    seen = gather(signal, azure=azure)
    paths = [
        one.private_path
        for one in (seen, *seen.siblings)
        if isinstance(one.registry, Registry) and one.registry.login_server == server
    ]
    return bool(paths) and all(_proven(path) for path in paths)


def _proven(path: PrivatePath | Unread | None) -> bool:
    if not isinstance(path, PrivatePath):
        return False
    routed = path.holds(LegName.ROUTED) is True
    return path.proven and routed and path.stays_private is True
