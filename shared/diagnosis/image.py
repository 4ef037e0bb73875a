"""
Checks on what is pulled: lock, tag, repository, platform.

In:  a Case whose registry was read.
Out: an Answer per finding.

What the registry itself said over its data plane decides. Where it was not asked or did not say,
the text alone speaks, and the answer says that nobody confirmed it. A text about another tag than
the one configured now says nothing. Pure.
"""

import re
from typing import Any

from shared.diagnosis.case import Answer, Case, excluded, found, unknown
from shared.model.catalogue import Catalogue
from shared.model.evidence import Unread
from shared.model.words import Cause, FindingName

_NO_REPOSITORY = re.compile(
    r"name_unknown|name unknown|repository \S{0,300} ?(name )?(is )?not (known|found)", re.I
)
_DISALLOWED = re.compile(r"operation is disallowed", re.I)
_WINDOWS_VERSION = "windows-version"  # the signature of a text about a Windows build


def image_locked(case: Case) -> Answer:
    """Held back on purpose: its read attribute is off, or quarantine has not released it."""
    name, seen = FindingName.IMAGE_LOCKED, _told(case)
    if seen and seen.readable is False:
        return found(
            name,
            f"{_image(case)} is locked: its read attribute, or its repository's, is switched off "
            f"in {case.registry.login_server}",
        )
    if seen and seen.quarantined:
        return found(
            name,
            f"{_image(case)} is in quarantine: {case.registry.login_server} serves it only after "
            "somebody releases it",
        )
    guarded = _quarantine(case.registry.snapshot) == "enabled" and seen and seen.quarantined is None
    if seen and seen.image_exists and seen.readable and not guarded:
        return excluded(name, "the registry says that the image may be read")
    if _DISALLOWED.search(_words(case)) and case.misdirected is None:
        return found(
            name,
            f"{case.registry.login_server} disallowed the reading of {_image(case)}: it is locked "
            f"or in quarantine (not confirmed: {_silence(case)})",
        )
    return _by_policy(case, name)


def _by_policy(case: Case, name: FindingName) -> Answer:
    """With quarantine on, an image that is not served may be one that was not released."""
    if _quarantine(case.registry.snapshot) != "enabled":
        return excluded(
            name, "the registry has no quarantine, and nothing speaks of a locked image"
        )
    seen = _told(case)
    if seen and seen.image_exists is False:
        return excluded(name, "the registry has no such image that could be held back")
    if case.claim in (Cause.MANIFEST_UNKNOWN, Cause.UNKNOWN_PULL_FAILURE):
        return found(
            name,
            f"The registry {case.registry.login_server} quarantines new images until they are "
            f"released, and {_image(case)} is not served (not confirmed: {_silence(case)})",
        )
    return unknown(
        name,
        "the registry quarantines new images, and whether this one is released is not known: "
        f"{_silence(case)}",
    )


def repository_missing(case: Case) -> Answer:
    """The registry says it has no repository of that name."""
    name, seen, server = FindingName.REPOSITORY_MISSING, _told(case), case.registry.login_server
    repository = case.image.repository if case.image else "the repository"
    if seen and seen.image_exists is not None:
        if seen.repository_exists is False:
            return found(name, f"The registry {server} has no repository {repository}{_gone(case)}")
        return excluded(name, "the registry has the repository")
    if answer := _nobody_says_missing(case, name):
        return answer
    if not _NO_REPOSITORY.search(_words(case)):
        return excluded(name, "the text speaks of a tag or digest, not of the repository")
    return found(
        name,
        f"The registry {server} answered the workload that it has no repository {repository} "
        f"(not confirmed: {_silence(case)})",
    )


def tag_missing(case: Case) -> Answer:
    """The registry says it has no such tag or digest."""
    name, seen = FindingName.TAG_MISSING, _told(case)
    if seen and seen.image_exists is not None:
        return _missing(case, seen, name)
    if answer := _nobody_says_missing(case, name):
        return answer
    if _NO_REPOSITORY.search(_words(case)):
        return excluded(name, "the whole repository is said to be missing")
    return found(
        name,
        f"The registry {case.registry.login_server} answered the workload that {_image(case)} does "
        f"not exist (not confirmed: {_silence(case)})",
    )


def _missing(case: Case, seen: Catalogue, name: FindingName) -> Answer:
    """By the registry's own word; a young push may still be on its way to other regions."""
    said = case.claim is Cause.MANIFEST_UNKNOWN
    travelling = seen.travelling(case.evidence.gathered)
    if travelling and (said or not seen.image_exists) and seen.repository_exists is not False:
        return unknown(
            name,
            f"the repository was written at {seen.pushed:%H:%M} UTC and may still be on its way to "
            "the registry's other regions: wait ten minutes before calling the image missing",
        )
    if seen.image_exists:
        when = f", last written {seen.pushed:%Y-%m-%d %H:%M} UTC" if seen.pushed else ""
        return excluded(name, f"the registry has the image now{when}")
    if seen.repository_exists is False:
        return excluded(name, "the whole repository is missing")
    kind = "digest" if _by_digest(case) else "tag"
    return found(
        name,
        f"The registry {case.registry.login_server} has no {kind} {_reference(case)} in "
        f"{case.image.repository if case.image else 'the repository'}{_gone(case)}",
    )


def platform_mismatch(case: Case) -> Answer:
    """The image exists, but not for the host's operating system or processor."""
    name, seen = FindingName.PLATFORM_MISMATCH, _told(case)
    host = "windows/amd64" if case.workload.windows else "linux/amd64"
    said = case.claim is Cause.PLATFORM_MISMATCH
    if seen and seen.platforms:
        if host not in seen.platforms:
            return found(
                name,
                f"{_image(case)} is built for {', '.join(seen.platforms)}, and this workload runs "
                f"on {host}",
            )
        if not (said and case.reading.signature == _WINDOWS_VERSION):
            return excluded(name, f"the registry says that the image is built for {host}")
    if not said:
        return excluded(name, "nothing speaks of an operating system or processor")
    version = ", or not for its Windows version" if case.workload.windows else ""
    return found(
        name,
        f"The image {_image(case)} exists, but not for what this workload runs on: {host}{version}",
    )


def _told(case: Case) -> Catalogue | None:
    """What the registry told about the image, where it told anything."""
    seen = case.evidence.catalogue
    return seen if isinstance(seen, Catalogue) and not seen.because else None


def _silence(case: Case) -> str:
    """Why the registry's own word is missing."""
    seen = case.evidence.catalogue
    if isinstance(seen, Catalogue):
        return seen.because or "the registry did not say"
    return seen.because if isinstance(seen, Unread) else "the registry itself was not asked"


def _nobody_says_missing(case: Case, name: FindingName) -> Answer | None:
    if case.claim is not Cause.MANIFEST_UNKNOWN:
        return excluded(name, f"the text does not say so, and {_silence(case)}")
    if _DISALLOWED.search(_words(case)):
        return excluded(name, "the registry disallowed the reading, so it has something to read")
    return None


def _gone(case: Case) -> str:
    """What else is known about an image that is missing: deleted softly, or what is like it."""
    seen = _told(case)
    if seen is None:
        return ""
    if seen.deleted and seen.restorable_until:
        return (
            f"; it was deleted {seen.deleted:%Y-%m-%d %H:%M} UTC and can be restored until "
            f"{seen.restorable_until:%Y-%m-%d}"
        )
    near = ", ".join(tag.name for tag in seen.tags[:3])
    gone = seen.last_change if seen.last_change and seen.last_change.removed else None
    removed = f"; it was removed {gone.at:%Y-%m-%d %H:%M} UTC ({gone.what})" if gone else ""
    return removed + (f"; there are {near}" if near else "")


def _words(case: Case) -> str:
    """The signal's text, else what the platform wrote about this failure."""
    if case.signal.text.strip():
        return case.signal.text
    lines = () if isinstance(case.evidence.lines, Unread) else case.evidence.lines
    return "\n".join(line.text for line in lines if line.platform)


def _image(case: Case) -> str:
    return case.image.text if case.image else "the image"


def _reference(case: Case) -> str:
    return case.image.reference if case.image else ""


def _by_digest(case: Case) -> bool:
    return ":" in _reference(case)


def _quarantine(snapshot: Any) -> str:
    """`properties.policies.quarantinePolicy.status`, lower-case; empty when not reported."""
    for key in ("properties", "policies", "quarantinePolicy", "status"):
        snapshot = snapshot.get(key) if hasattr(snapshot, "get") else None
    return str(snapshot or "").lower()
