"""
Evidence: reads the real configuration around one workload, and changes nothing.

In:  a Signal and an Azure.
Out: Evidence. NotFound / PermissionMissing when the workload itself cannot be read, Transient
     errors when Azure gave no answer; every other refused read is Unread inside the Evidence.

Four rounds, each side by side: the workload and its log lines; the registries' ids and the way out;
the registries, the access to them and what surrounds them (`parts.py`, once for all images); and
the inquiries, which only ask where what was read so far leaves a question open. Log lines only
choose which of several images comes first: no address, registry or permission is ever taken from
them.

    web.py, container_app.py  the workload   deployment.py  why Azure refused to deploy it
    private_path.py  can the workload reach a private endpoint?   obstacles.py  what is in its way?
    trail.py         what access was there once?                  catalogue.py  what does it hold?
    credentials.py   do the stored ones match?      idle.py       could another identity pull?
    rotation.py      since when do they not? (asked when the others have answered)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.clients.azure import Azure
from shared.errors import BadInput
from shared.evidence import (
    attempts,
    catalogue,
    container_app,
    credentials,
    deployment,
    idle,
    lines,
    obstacles,
    parts,
    private_path,
    rotation,
    trail,
    web,
)
from shared.evidence.facts import tell
from shared.model.evidence import Evidence, Workload
from shared.model.ids import ResourceId
from shared.model.signal import Signal

_READERS = {
    "microsoft.web/sites": web.read,
    "microsoft.web/sites/slots": web.read,
    "microsoft.app/containerapps": container_app.read,
    "microsoft.app/jobs": container_app.read,
}
#: Looks at the evidence so far and answers for one aspect; None or () where nothing is open.
_Inquiry = Callable[[Azure, Evidence], Any]
#: With what the answer is about.
_About = tuple[_Inquiry, Callable[[Evidence], Any]]


def _of_registry(evidence: Evidence) -> Any:
    return evidence.image.host if evidence.image else None


def _of_access(evidence: Evidence) -> Any:
    return _of_registry(evidence), evidence.workload.auth, evidence.access


def _of_role(evidence: Evidence) -> Any:
    """A former role is judged for one repository; the log itself is read once."""
    return _of_access(evidence), evidence.image.repository if evidence.image else None


def _of_image(evidence: Evidence) -> Any:
    image = evidence.image
    return (image.host, image.repository, image.reference) if image else None


#: Each inquiry with what it is about: images that agree in that share the answer.
_INQUIRIES: Mapping[str, _About] = {
    "private_path": (private_path.read, _of_registry),
    "obstacles": (obstacles.read, _of_registry),
    "trail": (trail.read, _of_role),
    "catalogue": (catalogue.read, _of_image),
    "credentials": (credentials.read, _of_access),
    "idle": (idle.read, _of_image),
    "attempted": (attempts.read, _of_image),
}
#: Those that rest on the answers of the others.
_FOLLOWING: Mapping[str, _About] = {"trail": (rotation.read, _of_role)}


def watches(resource: ResourceId) -> bool:
    """True for the kinds of resource that pull images and that this product understands."""
    return resource.type in _READERS


def gather(signal: Signal, *, azure: Azure) -> Evidence:
    """Everything there is to know about the signal's workload.

    About the image the texts speak of; the other images' evidence are its `siblings`.
    """
    read = _READERS.get(signal.resource.type)
    if read is None:
        raise BadInput(f"{signal.resource} is not a web app, slot, container app or job")
    azure = azure.remembering()
    first = azure.together(
        workload=lambda: read(azure, signal.resource), rows=lambda: lines.ask(signal, azure)
    )
    workload: Workload = first["workload"]
    rows = first["rows"]
    if (app := lines.logged_as(workload)) is not None:
        rows = lines.ask(signal, azure, app)
    elif azure.in_company and len(workload.images) > 1:
        rows = lines.ask(signal, azure.alone())
    if not signal.text:
        rows = lines.beside(rows, deployment.refused(azure, workload))
    found = parts.gather(azure, workload, rows, (signal.text, *lines.texts(rows)))
    answered = _inquire(azure, _inquire(azure, found, _INQUIRIES), _FOLLOWING)
    judged, *others = (tell(one) for one in answered)
    return replace(judged, siblings=tuple(others))


def _inquire(
    azure: Azure, found: Sequence[Evidence], inquiries: Mapping[str, _About]
) -> list[Evidence]:
    """The evidence with every inquiry's answer; all are asked side by side, and none twice."""
    open_questions: dict[str, Callable[[], Any]] = {}
    wanted: list[dict[str, str]] = []
    for number, evidence in enumerate(found):
        wanted.append({})
        for aspect, (ask, about) in inquiries.items():
            same = next((at for at in range(number) if about(found[at]) == about(evidence)), number)
            wanted[number][aspect] = f"{aspect} {same}"
            if same == number:
                open_questions[f"{aspect} {same}"] = _asking(ask, azure, evidence)
    answers = azure.together(**open_questions)
    return [
        replace(evidence, **{aspect: answers[key] for aspect, key in keys.items()})
        for evidence, keys in zip(found, wanted, strict=True)
    ]


def _asking(ask: _Inquiry, azure: Azure, evidence: Evidence) -> Callable[[], Any]:
    return lambda: ask(azure, evidence)
