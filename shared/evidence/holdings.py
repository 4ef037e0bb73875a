"""
What a repository holds: the image that is configured, or what there is instead.

In:  a registry's data plane with a token for the repository, and the image.
Out: a Catalogue without probes. An answer that is neither yes nor no leaves everything open, with
     the reason; only transient errors of the resource manager are raised.

Attributes are those of the registry's own API, 2021-07-01 ("Azure Container Registry REST API");
`quarantineState` is what registries with quarantine add to it (Microsoft's pages on signed images
show it). Softly deleted tags and their moments as `az acr manifest list-deleted-tags` reads them.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from shared.clients.azure import Azure
from shared.clients.registry_data import Answer, RegistryData
from shared.errors import PermanentError, TransientError
from shared.evidence.reading import attempt
from shared.model.catalogue import Catalogue, Change, Tag
from shared.model.evidence import ImageUse, Registry, Unread

#: The newest tags that are looked through, and how many are named.
_PAGE, _NAMED, _NEAR = 100, 5, 3
_DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]{32,128}")
_LOOKING_BACK = timedelta(days=30)  # what a workspace keeps at least
_PREVIEW = "2024-11-01-preview"  # stable versions do not tell the soft delete policy


def read(
    azure: Azure,
    data: RegistryData,
    registry: Registry,
    image: ImageUse,
    *,
    restorable: bool,
    held_back: bool,
) -> Catalogue:
    """Ask for the image. `restorable`: our token may list what was deleted softly; `held_back`:
    somebody says that reading it is disallowed, so its repository's lock counts, too."""
    by_digest = ":" in image.reference
    shelf = "_manifests" if by_digest else "_tags"
    answer = data.get(image.repository, "acr", "v1", image.repository, shelf, image.reference)
    if answer.status == 404:
        return _absent(azure, data, registry, image, restorable=restorable)
    item = _inner(answer, "manifest" if by_digest else "tag")
    if answer.status != 200 or item.get("digest" if by_digest else "name") != image.reference:
        return unsaid(answer)
    return _present(azure, data, image, item, held_back=held_back)


def by_manifest(data: RegistryData, image: ImageUse) -> Catalogue:
    """The same with a token that may pull but not read attributes: there, or not there."""
    answer = data.get(image.repository, "v2", image.repository, "manifests", image.reference)
    if answer.status == 404:
        unknown = "NAME_UNKNOWN" in answer.words
        return Catalogue(image_exists=False, repository_exists=False if unknown else None)
    if answer.status != 200:
        return unsaid(answer)
    entries = [one.get("platform") for one in _dicts(answer.body.get("manifests"))]
    return Catalogue(
        image_exists=True,
        repository_exists=True,
        digest=str(answer.headers.get("Docker-Content-Digest", "")),
        platforms=_platforms(_dicts(entries)),
    )


def unsaid(answer: Answer) -> Catalogue:
    """Nothing is known about the image: the registry answered something else."""
    what = "without sense" if answer.status == 200 else answer.said
    return Catalogue(
        because=f"asked for the image, the registry answered {what}", trouble=answer.trouble
    )


def _present(
    azure: Azure,
    data: RegistryData,
    image: ImageUse,
    item: Mapping[str, Any],
    *,
    held_back: bool,
) -> Catalogue:
    digest = str(item.get("digest") or "")
    behind = "" if ":" in image.reference or not _DIGEST.fullmatch(digest) else digest
    wanted = ["repository"] if held_back else []
    wanted += [f"_manifests/{behind}"] if behind else []
    about = _ask(azure, data, image, *wanted)
    manifest = _inner(about[f"_manifests/{behind}"], "manifest") if behind else item
    told = about.get("repository")
    repository = told.body if told and told.status == 200 else {}
    return Catalogue(
        repository_exists=True,
        image_exists=True,
        digest=digest,
        pushed=_moment(item.get("lastUpdateTime")),
        platforms=_platforms(_dicts(manifest.get("references")) or [manifest]),
        readable=_all(_readable(one) for one in (item, manifest, repository)),
        quarantined=_quarantined(item, manifest),
    )


def _absent(
    azure: Azure, data: RegistryData, registry: Registry, image: ImageUse, *, restorable: bool
) -> Catalogue:
    answers = azure.together(
        about=lambda: _ask(azure, data, image, "repository", "_tags"),
        days=lambda: attempt(lambda: _soft_delete_days(azure, registry)),
        change=lambda: _last_change(azure, registry, image),
        source=lambda: attempt(lambda: _source(azure, registry, image)),
    )
    if isinstance(answers["source"], Unread):
        return Catalogue(
            because="the registry has no such image now, and whether it fetches it at the first "
            f"pull is {answers['source'].because}"
        )
    if answers["source"]:
        return Catalogue(
            because=f"the repository is a cache of {answers['source']}: what is not in it yet is "
            "fetched at the first pull"
        )
    repository, listed = answers["about"]["repository"], answers["about"]["_tags"]
    days = None if isinstance(answers["days"], Unread) else answers["days"]
    deleted = _deleted(data, image) if days and restorable else None
    tags = [_tag(one) for one in _list(listed, "tags")]
    return Catalogue(
        repository_exists={200: True, 404: False}.get(repository.status),
        image_exists=False,
        pushed=_moment(repository.body.get("lastUpdateTime")),
        tags=_nearest(image.reference, [tag for tag in tags if tag.name]),
        soft_delete_days=days,
        deleted=deleted,
        restorable_until=deleted + timedelta(days=days) if deleted and days else None,
        last_change=answers["change"],
    )


def _last_change(azure: Azure, registry: Registry, image: ImageUse) -> Change | None:
    """The image's newest coming or going in the registry's own log, where there is one. It only
    explains, so it is not waited for."""
    if not azure.logs.workspaces:
        return None
    try:
        with azure.asking("asked the registry's own log about the image"):
            rows = azure.logs.registry_changes(
                registry.login_server,
                image.repository,
                image.reference,
                azure.now() - _LOOKING_BACK,
            )
    except (PermanentError, TransientError):
        return None
    return next((Change(at=row.at, what=row.reason, by=row.text) for row in rows), None)


def _ask(azure: Azure, data: RegistryData, image: ImageUse, *what: str) -> dict[str, Answer]:
    """Side by side: the repository's attributes, its newest tags, a manifest's attributes."""

    def one(name: str) -> Answer:
        below = () if name == "repository" else name.split("/")
        query = {"n": str(_PAGE), "orderby": "timedesc"} if name == "_tags" else {}
        return data.get(image.repository, "acr", "v1", image.repository, *below, **query)

    return azure.together(**{name: (lambda name=name: one(name)) for name in what})


def _source(azure: Azure, registry: Registry, image: ImageUse) -> str:
    """Where the repository is filled from at a pull; "" where it is nobody's cache ("Artifact
    cache overview": a rule's target may end in `*`)."""
    with azure.asking(f"listed the cache rules of {registry.id}"):
        found = azure.acr(registry.id.subscription).cache_rules.list(
            registry.id.group, registry.id.name
        )
        for rule in [one.as_dict().get("properties") or {} for one in found]:
            target = str(rule.get("targetRepository") or "")
            exact, prefix = target == image.repository, target.removesuffix("*")
            if exact or (target != prefix and image.repository.startswith(prefix)):
                return str(rule.get("sourceRepository") or "another registry")
    return ""


def _soft_delete_days(azure: Azure, registry: Registry) -> int:
    """How long deleted images can be restored; 0 where they cannot ("Recover deleted artifacts
    with soft delete policy", preview)."""
    with azure.asking(f"read the soft delete policy of {registry.id}"):
        body = azure.arm.get(str(registry.id), _PREVIEW)
        policy = body["properties"].get("policies", {}).get("softDeletePolicy") or {}
        on = str(policy.get("status", "")).lower() == "enabled"
        return int(policy.get("retentionDays") or 7) if on else 0


def _deleted(data: RegistryData, image: ImageUse) -> datetime | None:
    """When the configured tag or digest was last deleted softly."""
    answer = data.get(image.repository, "acr", "v1", "_deleted", image.repository, "_tags")
    key = "digest" if ":" in image.reference else "tag"
    found = [one for one in _list(answer, "tags") if one.get(key) == image.reference]
    moments = [moment for one in found if (moment := _moment(one.get("deletedAt")))]
    return max(moments, default=None)


def _nearest(wanted: str, tags: list[Tag]) -> tuple[Tag, ...]:
    """Those most like the wanted name, then the newest; the registry lists newest first."""
    near = [] if ":" in wanted else get_close_matches(wanted, [tag.name for tag in tags], _NEAR)
    by_name = {tag.name: tag for tag in tags}
    names = dict.fromkeys([*near, *by_name])
    return tuple(by_name[name] for name in names)[:_NAMED]


def _tag(item: Mapping[str, Any]) -> Tag:
    return Tag(
        name=str(item.get("name") or ""),
        digest=str(item.get("digest") or ""),
        pushed=_moment(item.get("lastUpdateTime")),
    )


def _platforms(items: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """`linux/amd64` for each part that names both; build tools add parts for no platform."""
    pairs = [(str(one.get("os") or ""), str(one.get("architecture") or "")) for one in items]
    known = [pair for pair in pairs if all(pair) and "unknown" not in pair]
    return tuple(dict.fromkeys(f"{system}/{processor}" for system, processor in known))


def _readable(item: Mapping[str, Any]) -> bool | None:
    value = _changeable(item).get("readEnabled")
    return value if isinstance(value, bool) else None


def _changeable(item: Mapping[str, Any]) -> Mapping[str, Any]:
    value = item.get("changeableAttributes")
    return value if isinstance(value, dict) else {}


def _all(values: Iterable[bool | None]) -> bool | None:
    """False when one is, None when none is known."""
    known = [value for value in values if value is not None]
    return all(known) if known else None


def _quarantined(*items: Mapping[str, Any]) -> bool | None:
    """None where the registry tells no state: it has no quarantine, or had none at the push."""
    for item in items:
        state = _changeable(item).get("quarantineState") or item.get("quarantineState")
        if state:
            return str(state).lower() != "passed"
    return None


def _inner(answer: Answer, key: str) -> Mapping[str, Any]:
    value = answer.body.get(key)
    return value if answer.status == 200 and isinstance(value, dict) else {}


def _list(answer: Answer, key: str) -> list[Mapping[str, Any]]:
    return _dicts(answer.body.get(key)) if answer.status == 200 else []


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _moment(text: object) -> datetime | None:
    """UTC; Azure writes seven digits of a second."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
