"""
Checks on what is pulled: lock, tag, repository, platform.

In:  a Case whose registry was read.
Out: an Answer per finding.

These rest on the text alone: the registry's data plane is not asked. A text about another tag than
the one configured now says nothing. Pure.
"""

import re
from typing import Any

from shared.diagnosis.case import Answer, Case, excluded, found, unknown
from shared.model.words import Cause, FindingName

_NO_REPOSITORY = re.compile(
    r"name_unknown|name unknown|repository \S{0,300} ?(name )?not (known|found)", re.I
)
_NOT_ASKED = "the registry's own catalogue was not asked"


def image_locked(case: Case) -> Answer:
    """A registry with quarantine on serves a new image only after its release."""
    name = FindingName.IMAGE_LOCKED
    if _quarantine(case.registry.snapshot) != "enabled":
        return excluded(
            name, "the registry has no quarantine; locks of single images were not read"
        )
    if case.claim in (Cause.MANIFEST_UNKNOWN, Cause.UNKNOWN_PULL_FAILURE):
        return found(
            name,
            f"The registry {case.registry.login_server} quarantines new images until they are "
            f"released, and {_image(case)} is not served",
        )
    return unknown(
        name, "the registry quarantines new images, and whether this one is released was not asked"
    )


def repository_missing(case: Case) -> Answer:
    """The registry says it has no repository of that name."""
    name = FindingName.REPOSITORY_MISSING
    if answer := _says_missing(case, name):
        return answer
    if not _NO_REPOSITORY.search(case.signal.text):
        return excluded(name, "the text speaks of a tag or digest, not of the repository")
    repository = case.image.repository if case.image else "the repository"
    return found(
        name,
        f"The registry {case.registry.login_server} answered that it has no repository "
        f"{repository} ({_NOT_ASKED})",
    )


def tag_missing(case: Case) -> Answer:
    """The registry says it has no such tag or digest."""
    name = FindingName.TAG_MISSING
    if answer := _says_missing(case, name):
        return answer
    if _NO_REPOSITORY.search(case.signal.text):
        return excluded(name, "the whole repository is said to be missing")
    return found(
        name,
        f"The registry {case.registry.login_server} answered that {_image(case)} does not exist "
        f"({_NOT_ASKED})",
    )


def platform_mismatch(case: Case) -> Answer:
    """The image exists, but not for the host's operating system or processor."""
    name = FindingName.PLATFORM_MISMATCH
    if case.claim is not Cause.PLATFORM_MISMATCH:
        return excluded(name, "the text does not speak of an operating system or processor")
    host = "Windows" if case.workload.windows else "Linux (amd64)"
    return found(
        name, f"The image {_image(case)} exists, but not for what this workload runs on: {host}"
    )


def _says_missing(case: Case, name: FindingName) -> Answer | None:
    if case.claim is not Cause.MANIFEST_UNKNOWN:
        return excluded(name, f"the text does not say so ({_NOT_ASKED})")
    return None


def _image(case: Case) -> str:
    return case.image.text if case.image else "the image"


def _quarantine(snapshot: Any) -> str:
    """`properties.policies.quarantinePolicy.status`, lower-case; empty when not reported."""
    for key in ("properties", "policies", "quarantinePolicy", "status"):
        snapshot = snapshot.get(key) if hasattr(snapshot, "get") else None
    return str(snapshot or "").lower()
