"""
The parts of a workload: each image it pulls, with the registry, sign-in and access of that image.

In:  the workload, its log rows, and what was heard.
Out: Evidence for each image, the one the texts speak of first; inquiries and facts are still to
     come.

Reads are shared: one look at each registry, one list of role assignments for each registry and
identity. Log lines only choose which image comes first: no address, registry or permission is ever
taken from them. What is more than one look can afford is Unread, and so never taken for in order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import access, lines, registry, surroundings
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

#: Images judged in one look.
MOST_IMAGES = 8
#: Requests one more registry takes: to find and read it, the access to it and what surrounds it,
#: and to change it with a last look before and after.
_FOR_ONE = 14


def gather(
    azure: Azure, workload: Workload, rows: lines.Rows | Unread, texts: Sequence[str]
) -> tuple[Evidence, ...]:
    """What was read about every image of the workload, the judged one first; never empty."""
    uses = tuple(_apart(workload, _judged(workload.images, texts)))
    judged, others = uses[:MOST_IMAGES], uses[MOST_IMAGES:]
    around = _Around.read(azure, workload, judged)
    found = [_evidence(azure, workload, image, rows, around) for image in judged]
    found += [_not_judged(azure, workload, image, rows) for image in others]
    return tuple(found) or (_evidence(azure, workload, None, rows, around),)


def sign_in(workload: Workload, image: ImageUse | None) -> PullAuth | Unread:
    """How the image's container signs in; the workload's own way where it has none of its own."""
    named = (workload.sign_ins or {}).get(image.container) if image else None
    return workload.auth if named is None else named


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What was read for all images together: by host, by registry, by registry and identity."""

    found: Mapping[str, ResourceId | Unread | None]
    registries: Mapping[ResourceId, Registry | Unread | None]  # None: it is no more
    surroundings: Mapping[ResourceId | None, Surroundings]
    asked: Mapping[tuple[ResourceId, str], access.Asked | Unread]

    @classmethod
    def read(cls, azure: Azure, workload: Workload, uses: Sequence[ImageUse]) -> "_Around":
        hosts = list(dict.fromkeys(image.host for image in uses if image.acr))
        many = len(hosts) if azure.left is None else max(azure.left // _FOR_ONE, 1)
        found: dict[str, Any] = dict.fromkeys(
            hosts,
            Unread(
                f"not read: the policy's limits.azure_calls_per_incident is enough for {many} "
                f"registries of this workload, which has {len(hosts)}"
            ),
        )
        found |= azure.together(**{host: _finder(azure, host) for host in hosts[:many]})
        ids = [id for id in dict.fromkeys(found.values()) if isinstance(id, ResourceId)]
        who = {
            (id, auth.principal)
            for image in uses
            if isinstance(id := found.get(image.host), ResourceId)
            and isinstance(auth := sign_in(workload, image), PullAuth)
            and auth.principal
        }
        places: list[ResourceId | None] = [*ids] or [None]
        reads: dict[str, Any] = {}
        for id in places:
            reads[f"around {id}"] = _surveyor(azure, workload.id, id)
        for id in ids:
            reads[f"registry {id}"] = _reader(azure, id)
        for id, principal in who:
            reads[f"access {id} {principal}"] = _asker(azure, principal, id)
        answers = azure.together(**reads)
        return cls(
            found=found,
            registries={id: answers[f"registry {id}"] for id in ids},
            surroundings={id: answers[f"around {id}"] for id in places},
            asked={(id, one): answers[f"access {id} {one}"] for id, one in who},
        )


def _finder(azure: Azure, host: str) -> Any:
    return lambda: registry.find(azure, host)


def _reader(azure: Azure, id: ResourceId) -> Any:
    return lambda: registry.read(azure, id)


def _surveyor(azure: Azure, workload: ResourceId, id: ResourceId | None) -> Any:
    return lambda: surroundings.read(azure, workload, id)


def _asker(azure: Azure, principal: str, id: ResourceId) -> Any:
    return lambda: access.ask(azure, principal, id)


def _apart(workload: Workload, first: ImageUse | None) -> Iterator[ImageUse]:
    """The judged image, then every other one from an Azure registry that differs in what is
    pulled or in how; the same image in two containers fails and heals as one."""
    if first is None:
        return
    seen: list[Any] = []
    for image in (first, *(one for one in workload.images if one.acr)):
        essence = (image.host, image.repository, image.reference, sign_in(workload, image))
        if essence not in seen:
            seen.append(essence)
            yield image


def _judged(images: tuple[ImageUse, ...], texts: Sequence[str]) -> ImageUse | None:
    """The image the texts speak of, else the first from an Azure registry, else the first."""
    for text in texts:
        spoken = max((lines.speaks_of(text, image) for image in images), default=0)
        if spoken:
            return next(image for image in images if lines.speaks_of(text, image) == spoken)
    return next((image for image in images if image.acr), images[0] if images else None)


def _evidence(
    azure: Azure,
    workload: Workload,
    image: ImageUse | None,
    rows: lines.Rows | Unread,
    around: _Around,
) -> Evidence:
    auth = sign_in(workload, image)
    found = around.found.get(image.host) if image else None
    target = found if isinstance(found, ResourceId) else None
    seen = around.registries[target] if target else found if isinstance(found, Unread) else None
    if isinstance(seen, Registry) and image and not registry.serves(seen, image.host):
        seen = None
    who = auth.principal if isinstance(auth, PullAuth) else None
    asked = around.asked.get((target, who)) if target and who else None
    pulled = lines.pulled(rows, workload, image)
    return Evidence(
        workload=_seen_for(replace(workload, auth=auth), image),
        image=image,
        registry=seen,
        access=_access(azure, asked, seen, image),
        surroundings=around.surroundings.get(target) or Surroundings(),
        lines=lines.current(rows, workload, image, pulled),
        pulled=pulled,
        attempted=lines.attempted(rows, workload, image),
        facts=(),
        gathered=azure.now(),
    )


def _not_judged(
    azure: Azure, workload: Workload, image: ImageUse, rows: lines.Rows | Unread
) -> Evidence:
    """An image too many: that it is in order is not known."""
    why = f"not read: one look judges {MOST_IMAGES} images, and this is one more"
    return Evidence(
        workload=_seen_for(replace(workload, auth=sign_in(workload, image)), image),
        image=image,
        registry=Unread(why),
        access=None,
        surroundings=Surroundings(),
        lines=lines.current(rows, workload, image, lines.pulled(rows, workload, image)),
        facts=(),
        gathered=azure.now(),
    )


def _access(
    azure: Azure,
    asked: access.Asked | Unread | None,
    seen: Registry | Unread | None,
    image: ImageUse | None,
) -> Access | Unread | None:
    """Judged for this very image: a condition may name repositories."""
    if isinstance(asked, access.Asked) and isinstance(seen, Registry) and image:
        return access.judge(azure, asked, seen, image.repository)
    return asked if isinstance(asked, Unread) else None


def _seen_for(workload: Workload, image: ImageUse | None) -> Workload:
    """The workload without what an instance complains about that is another image's."""
    seen = workload.instances
    if isinstance(seen, Unread) or len(workload.images) < 2:
        return workload
    told = tuple(
        replace(one, last_error="", details="", at=None)
        if lines.of_another(one.details, workload, image)
        else one
        for one in seen
    )
    return replace(workload, instances=told)
