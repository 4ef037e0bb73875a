"""
Who needs which address at one registry: every workload there is, as the resource manager has it.

In:  the registry's login server, and every workload there may be.
Out: a Leaver for each; what cannot be read or proven is said in it, never left out.

Resource Graph, which may lag, only finds workloads; here each is read. Whoever leaves by its
own network is asked how: only a path that is proven leg by leg is private.
"""

from collections.abc import Callable, Iterable

from shared.clients.azure import Azure
from shared.errors import HealError, NotFound
from shared.evidence import container_app, gather, web
from shared.model.evidence import Registry, Unread, Via, Workload
from shared.model.ids import ResourceId
from shared.model.image import login_server
from shared.model.private_path import LegName, PrivatePath
from shared.model.signal import Signal, SignalKind
from shared.model.tidy import Leaver


def leavers(
    fresh: Callable[[], Azure], server: str, ids: Iterable[ResourceId]
) -> tuple[Leaver, ...]:
    """How each of these leaves for the registry. `fresh` gives each an Azure of its own, for a look
    at one workload has a budget."""
    return tuple(_leaver(fresh, id, server) for id in dict.fromkeys(ids))


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
