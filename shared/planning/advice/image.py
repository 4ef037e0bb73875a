"""
Advice about what is pulled: tag, repository, lock, platform.

In:  a Subject.  Out: a text for a person.

Pull Medic never retags an image and never changes which image a workload runs. Pure.
"""

from shared.model.catalogue import Catalogue
from shared.planning.advice.subject import Subject, commands, plain, quoted


def tag_missing(s: Subject) -> str:
    return (
        f"{_restorable(s)}Nobody but the owner of the app should choose another image: push "
        f"{s.image} again, or deploy one that exists{_there_are(s)}. To see what there is:"
        + commands(*_restore(s), *_show_tags(s))
        + _why_it_may_be_gone(s)
    )


def repository_missing(s: Subject) -> str:
    return (
        f"{_restorable(s)}{s.host} has no repository {s.repository}. Compare the spelling with "
        "what is there (repository names are lower-case, and the path is part of the name), and "
        "push the image if it was never pushed:"
        + commands(*_restore(s), f"az acr repository list --name {s.registry_name} --output table")
    )


def image_locked(s: Subject) -> str:
    seen = _catalogue(s)
    if seen and seen.readable is False:
        what = "Somebody switched reading off for this image or its repository, on purpose"
    elif seen and seen.quarantined:
        what = "The image waits in quarantine for whoever checks images for this registry"
    else:
        what = "A locked or quarantined image is held back on purpose"
    return (
        f"{what}; ask them to release it, or deploy an image that was released. Pull Medic never "
        "overrides a lock. To see the state of the image, its repository and the policy:"
        + commands(
            f"az acr repository show --name {s.registry_name} --image {quoted(_short(s))}",
            f"az acr repository show --name {s.registry_name} --repository {quoted(s.repository)}",
            f"az acr show {s.registry_args} --query policies.quarantinePolicy",
        )
    )


def platform_mismatch(s: Subject) -> str:
    kind = "windows/amd64" if s.evidence.workload.windows else "linux/amd64"
    seen = _catalogue(s)
    built = (
        f" It is built for {plain(', '.join(seen.platforms))}." if seen and seen.platforms else ""
    )
    windows = (
        " Windows images must also fit the Windows version of the host: use the base image of the "
        "host's release."
        if s.evidence.workload.windows
        else ""
    )
    return (
        f"Build the image for {kind} (on an ARM laptop the default is another) and push it under "
        f"the same or a new tag.{built}{windows}"
        + commands(f"docker buildx build --platform {kind} --tag {quoted(s.image)} --push .")
    )


def _catalogue(s: Subject) -> Catalogue | None:
    seen = s.evidence.catalogue
    return seen if isinstance(seen, Catalogue) else None


def _restorable(s: Subject) -> str:
    """The good news first: what was deleted softly can be brought back."""
    seen = _catalogue(s)
    if seen is None or seen.restorable_until is None or seen.deleted is None:
        return ""
    return (
        f"The image was deleted on {seen.deleted:%Y-%m-%d at %H:%M} UTC and can be restored until "
        f"{seen.restorable_until:%Y-%m-%d} (the first command does it). "
    )


def _restore(s: Subject) -> tuple[str, ...]:
    seen = _catalogue(s)
    image = s.evidence.image
    if seen is None or seen.restorable_until is None or image is None or ":" in image.reference:
        return ()
    return (f"az acr manifest restore --registry {s.registry_name} --name {quoted(_short(s))}",)


def _show_tags(s: Subject) -> tuple[str, ...]:
    shown = (
        f"az acr repository show-tags --name {s.registry_name} --repository "
        f"{quoted(s.repository)} --orderby time_desc --top 10"
    )
    seen = _catalogue(s)
    if seen is not None and seen.soft_delete_days == 0:
        return (shown,)
    deleted = (
        f"az acr manifest list-deleted-tags --registry {s.registry_name} --name "
        f"{quoted(s.repository)}"
    )
    return shown, deleted


def _there_are(s: Subject) -> str:
    """The tags that come closest, with their age."""
    seen = _catalogue(s)
    if seen is None or not seen.tags:
        return ""
    named = [
        f"{plain(tag.name)[:128]} (pushed {tag.pushed:%Y-%m-%d})" if tag.pushed else plain(tag.name)
        for tag in seen.tags
    ]
    return f", such as {', '.join(named)}"


def _why_it_may_be_gone(s: Subject) -> str:
    seen, image, registry = _catalogue(s), s.evidence.image, s.registry
    texts = []
    if seen is not None and seen.soft_delete_days == 0:
        texts.append("This registry does not keep what is deleted (soft delete is off).")
    elif seen is None or seen.soft_delete_days is None:
        texts.append(
            "The last command finds it if the registry keeps deleted images (soft delete, seven "
            "days by default)."
        )
    if image is not None and ":" in image.reference:
        texts.append(_retention(registry.snapshot if registry else {}))
    if seen is None or seen.image_exists is None:
        texts.append(
            "Just pushed to a geo-replicated registry? Wait ten minutes before anything else."
        )
    return "".join(f"\n{text}" for text in texts if text)


def _retention(snapshot: object) -> str:
    """Apps that pull by digest lose their image when untagged manifests are purged."""
    for key in ("properties", "policies", "retentionPolicy"):
        snapshot = snapshot.get(key) if hasattr(snapshot, "get") else None
    policy = snapshot if isinstance(snapshot, dict) else {}
    if str(policy.get("status", "")).lower() == "enabled":
        return (
            f"The registry purges untagged images after {policy.get('days', 7)} days: an app that "
            "pulls by digest needs a tag kept on it."
        )
    return ""


def _short(s: Subject) -> str:
    image = s.evidence.image
    if image is None:
        return "<repository:tag>"
    separator = "@" if ":" in image.reference else ":"
    return f"{image.repository}{separator}{image.reference}"
