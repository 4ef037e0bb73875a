"""
Holding: nobody else changes what a plan touches while it is carried out.

In:  the resources a plan, or taking it back, changes.
Out: nothing; while the block runs, no other worker on any machine changes them.
Errors: InUse when another worker is at one of them.

A lease is taken for the whole resource, whatever part of it is changed: a registry has no etag, so
two writers at once lose each other's rules. All or none, in one order, and nobody waits inside: two
workers can never stand in each other's way for good.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from shared import audit
from shared.errors import InUse
from shared.medic import Medic
from shared.model.ids import ResourceId

_KINDS = {"microsoft.containerregistry": "registry", "microsoft.web": "workload"}
_KINDS |= {"microsoft.app": "workload"}


@contextmanager
def holding(targets: Iterable[ResourceId], *, holder: str, medic: Medic) -> Iterator[None]:
    """Keep everybody else from these resources while the block runs."""
    store, now = medic.store, medic.now()
    taken: list[str] = []
    try:
        for name in names(targets):
            if not store.lease(name, holder=holder, until=now + audit.CLAIM, now=now):
                raise InUse(f"another change of {name.partition('/')[2]} is under way", delay=15)
            taken.append(name)
        yield
    finally:
        for name in reversed(taken):
            store.release(name, holder)


def names(targets: Iterable[ResourceId]) -> list[str]:
    """The leases these resources need, in the one order in which they are taken."""
    return sorted({_name(target) for target in targets})


def _name(target: ResourceId) -> str:
    """The whole resource: a revision is its app's, a link its zone's; a slot is the site's own."""
    parts = target.key.split("/")
    root = parts[:11] if target.type.startswith("microsoft.web/sites/slots") else parts[:9]
    return f"{_KINDS.get(parts[6], 'resource')}/{'/'.join(root)}"
