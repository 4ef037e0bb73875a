"""
Evidence: reads the real configuration around one workload, and changes nothing.

In:  a Signal and an Azure.
Out: Evidence. NotFound / PermissionMissing when the workload itself cannot be read, Transient
     errors when Azure gave no answer; every other refused read is Unread inside the Evidence.

Four rounds, each side by side: the workload and its log lines; the registry's id and the way out;
the registry, the access to it and what surrounds it; and the inquiries, which only ask where what
was read so far leaves a question open. Log lines only choose which of several images is judged: no
address, registry or permission is ever taken from them.

    private_path.py  can the workload reach a private endpoint?   obstacles.py  what is in its way?
    trail.py         what access was there once?                  catalogue.py  what does it hold?
    credentials.py   do the stored ones match?
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.clients.azure import Azure
from shared.errors import BadInput
from shared.evidence import (
    access,
    catalogue,
    container_app,
    credentials,
    lines,
    obstacles,
    private_path,
    registry,
    surroundings,
    trail,
    web,
)
from shared.evidence.facts import tell
from shared.model.evidence import (
    Access,
    Evidence,
    ImageUse,
    PullAuth,
    Registry,
    Surroundings,
    Unread,
    Workload,
)
from shared.model.ids import ResourceId
from shared.model.signal import Signal

_READERS = {
    "microsoft.web/sites": web.read,
    "microsoft.web/sites/slots": web.read,
    "microsoft.app/containerapps": container_app.read,
    "microsoft.app/jobs": container_app.read,
}
#: Each looks at the evidence so far and answers for one aspect; None or () where nothing is open.
_INQUIRIES: Mapping[str, Callable[[Azure, Evidence], Any]] = {
    "private_path": private_path.read,
    "obstacles": obstacles.read,
    "trail": trail.read,
    "catalogue": catalogue.read,
    "credentials": credentials.read,
}


def watches(resource: ResourceId) -> bool:
    """True for the kinds of resource that pull images and that this product understands."""
    return resource.type in _READERS


def gather(signal: Signal, *, azure: Azure) -> Evidence:
    """Everything there is to know about the signal's workload."""
    read = _READERS.get(signal.resource.type)
    if read is None:
        raise BadInput(f"{signal.resource} is not a web app, slot, container app or job")
    first = azure.together(
        workload=lambda: read(azure, signal.resource), rows=lambda: lines.ask(signal, azure)
    )
    workload: Workload = first["workload"]
    image = _judged(workload.images, (signal.text, *lines.texts(first["rows"])))
    pulled = lines.pulled(first["rows"], workload, image)
    found = registry.find(azure, image.host) if image and image.acr else None
    target = found if isinstance(found, ResourceId) else None
    second = _around(azure, workload, image, target)
    seen: Registry | Unread | None = found if isinstance(found, Unread) else second[0]
    evidence = Evidence(
        workload=workload,
        image=image,
        registry=seen,
        access=second[1],
        surroundings=second[2],
        lines=lines.current(first["rows"], workload, pulled),
        pulled=pulled,
        facts=(),
        gathered=azure.now(),
    )
    return tell(_inquire(azure, evidence))


def _inquire(azure: Azure, evidence: Evidence) -> Evidence:
    """The evidence with every inquiry's answer, asked side by side."""
    answers = azure.together(
        **{aspect: (lambda ask=ask: ask(azure, evidence)) for aspect, ask in _INQUIRIES.items()}
    )
    return replace(evidence, **answers)


def _around(
    azure: Azure, workload: Workload, image: ImageUse | None, target: ResourceId | None
) -> tuple[Registry | Unread | None, Access | Unread | None, Surroundings]:
    """The registry, the workload's access to it, and what surrounds both."""
    auth = workload.auth
    principal = auth.principal if isinstance(auth, PullAuth) else None
    answers = azure.together(
        registry=lambda: registry.read(azure, target) if target else None,
        asked=lambda: access.ask(azure, principal, target) if target and principal else None,
        surroundings=lambda: surroundings.read(azure, workload.id, target),
    )
    seen, asked = answers["registry"], answers["asked"]
    if isinstance(seen, Registry) and image and not registry.serves(seen, image.host):
        seen = None
    if isinstance(asked, access.Asked) and isinstance(seen, Registry) and image:
        asked = access.judge(azure, asked, seen, image.repository)
    elif not isinstance(asked, Unread):
        asked = None
    return seen, asked, answers["surroundings"]


def _judged(images: tuple[ImageUse, ...], texts: Sequence[str]) -> ImageUse | None:
    """The image the texts speak of, else the first from an Azure registry, else the first."""
    for text in texts:
        for image in images:
            if f"{image.host}/{image.repository}".lower() in text.lower():
                return image
    return next((image for image in images if image.acr), images[0] if images else None)
