"""
Missing images: which of the images that workloads name their registries do not hold.

In:  an Azure, a Survey.
Out: the images that a registry answers 404 about.

One question to the registry itself for each image, however many workloads name it, and none to the
resource manager. A registry that does not let this service in, or answers anything else, has said
nothing about its images.
"""

from collections.abc import Iterator, Sequence

from shared.clients.azure import Azure
from shared.clients.registry_data import RegistryData
from shared.evidence import catalogue, glimpse
from shared.evidence.reading import attempt
from shared.evidence.survey import Survey
from shared.model.evidence import ImageUse, Registry, Unread
from shared.model.image import login_server

#: By login server, repository, and tag or digest.
Image = tuple[str, str, str]

#: Repositories one token is asked for.
_TOGETHER = 20


def read(azure: Azure, survey: Survey) -> frozenset[Image]:
    """What is named somewhere and held nowhere."""
    registries = survey.registries()
    wanted: dict[str, dict[str, set[str]]] = {}
    for server, repository, reference in set(_named(survey)):
        if server in registries:
            wanted.setdefault(server, {}).setdefault(repository, set()).add(reference)
    return frozenset(
        image
        for server, repositories in sorted(wanted.items())
        for image in _not_held(azure, registries[server], repositories)
    )


def key(use: ImageUse) -> Image:
    """What an image is called here."""
    return login_server(use.host), use.repository, use.reference


def _named(survey: Survey) -> Iterator[Image]:
    for id in survey.workloads:
        seen = attempt(lambda id=id: glimpse.of(survey, id))  # type: ignore[misc]
        if not isinstance(seen, Unread):
            yield from map(key, seen.pulls_from_registries)


def _not_held(azure: Azure, registry: Registry, wanted: dict[str, set[str]]) -> Iterator[Image]:
    if catalogue.closed(azure, registry):
        return
    data, names = azure.registry_data(registry.login_server), sorted(wanted)
    for start in range(0, len(names), _TOGETHER):
        batch = names[start : start + _TOGETHER]
        admission = data.knock(*batch)
        for repository in batch:
            if admission.actions(repository):
                told = _absent(data, repository, sorted(wanted[repository]))
                yield from ((registry.login_server, repository, one) for one in told)


def _absent(data: RegistryData, repository: str, references: Sequence[str]) -> Iterator[str]:
    for reference in references:
        shelf = "_manifests" if ":" in reference else "_tags"
        answer = data.get(repository, "acr", "v1", repository, shelf, reference)
        if answer.status == 404:
            yield reference
