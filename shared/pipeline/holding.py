"""
Holding: nobody else changes what a plan touches while it is carried out.

In:  the resources a plan, or taking it back, changes.
Out: nothing; while the block runs, no other worker on any machine changes them.
Errors: InUse when another worker is at one of them; LeaseLost before a write when another worker
may have taken over meanwhile, and StoreError when the store does not say.

A lease is taken for the whole resource, whatever part of it is changed: a registry has no etag, so
two writers at once lose each other's rules. All or none, in one order, and nobody waits inside: two
workers can never stand in each other's way for good.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from shared import audit
from shared.clients.azure import Azure
from shared.errors import InUse, LeaseLost
from shared.medic import Medic
from shared.model.ids import ResourceId

_KINDS = {"microsoft.containerregistry": "registry", "microsoft.web": "workload"}
_KINDS |= {"microsoft.app": "workload"}


@contextmanager
def holding(
    targets: Iterable[ResourceId], *, incident: str, holder: str, azure: Azure, medic: Medic
) -> Iterator[None]:
    """Keep everybody else from these resources while the block runs. No write leaves `azure` once
    one of them, or the incident itself, is somebody else's."""
    store, now = medic.store, medic.now()
    taken: list[str] = []
    try:
        for name in names(targets):
            if not store.lease(name, holder=holder, until=now + audit.CLAIM, now=now):
                raise InUse(f"another change of {name.partition('/')[2]} is under way", delay=15)
            taken.append(name)
        with azure.only_while(still([audit.lease_of(incident), *taken], holder, medic)):
            yield
    finally:
        for name in reversed(taken):
            audit.give_back(name, store=store, holder=holder)


def still(leases: Iterable[str], holder: str, medic: Medic) -> Callable[[], None]:
    """What to ask before each write: raises LeaseLost when one of these leases is lost."""
    kept = tuple(leases)

    def ask() -> None:
        now = medic.now()
        for name in kept:
            if not medic.store.renew(name, holder=holder, until=now + audit.CLAIM, now=now):
                raise LeaseLost(
                    f"the hold on {name.partition('/')[2]} was lost while this worker was busy, "
                    "so it writes nothing more; what was begun is looked at again",
                    delay=15,
                )

    return ask


def names(targets: Iterable[ResourceId]) -> list[str]:
    """The leases these resources need, in the one order in which they are taken."""
    return sorted({_name(target) for target in targets})


def _name(target: ResourceId) -> str:
    """The whole resource: a revision is its app's, a link its zone's; a slot is the site's own."""
    parts = target.key.split("/")
    root = parts[:11] if target.type.startswith("microsoft.web/sites/slots") else parts[:9]
    return f"{_KINDS.get(parts[6], 'resource')}/{'/'.join(root)}"
