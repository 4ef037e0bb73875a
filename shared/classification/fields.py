"""
Fields: which image, registry and client address a text names, as printed.

In:  readable text (escapes undone, case kept).
Out: an Image of printed pieces, and the client address of ACR's firewall sentence.

Pure. Lead-in words are found by plain search and only the token after them is looked at, so the
work is linear. Masks (`***`, `<acr-name>`) and placeholders are names here.
"""

import re
from dataclasses import replace

from shared.classification.names import (
    Image,
    host_like,
    image_in,
    is_known,
    registry_in,
    trimmed,
)
from shared.classification.sentences import (
    asked_of_v1,
    default_tag,
    detail_of,
    started,
    told_by_client,
    told_by_docker,
)
from shared.classification.text import lowered

#: Words an image name follows, most telling first. After those marked True a bare name counts.
_LEADS: tuple[tuple[str, bool], ...] = (
    ("failed to pull image", False), ("issuing docker pull", True), ("invalid value:", False),
    ("image pull for", False), ("failed to resolve reference", False),
    ("failed to pull and unpack image", False), ("unable to find image", False),
    ("docker pull", True), ("podman pull", True), ("nerdctl pull", True),
    ("manifest for", True), ("image pull errors for image", False),
    ("pulling docker image", False), ("pulling container image", False),
    ("pulling image from docker hub", False), ("pulling image", False), ("pull image", False),
    ("pull access denied for", True), ("pulling repository", True),
    ("trying to pull repository", True),
    ("trying to pull", False), ("reading image", False),
    ("the container image", False), ("the image", False), ("container image", False),
    ("container for image", False),
    ("push refers to repository", True), ("push refers to a repository", True),
    ("docker push", True), ("pushing image to", False), ("push to destination", False),
    ("deploying image", False), ("image reference", False), ("parsing reference", False),
    ("resolve source metadata for", False), ("failed to solve", False), ("in index", False),
    ("daemon: repository", True), ("docker://", False), ("oci://", False),
    ("fetching image", False), ("image tag", False), ("image name", False),
    ("not found in repository", False),
    ("head request for", False), ("pulling image via tag", False), ("unauthorized for", False),
    ("credentials for", False),
)  # fmt: skip

#: What went well before something failed.
_DONE: tuple[tuple[str, bool], ...] = (
    ("newer image for", True), ("up to date for", True), ("pulled image", False),
)  # fmt: skip

#: A build lists all its base images before it fails with one of them.
_LISTED: tuple[tuple[str, bool], ...] = (("load metadata for", False),)

#: Words so common that outside a failure only a registry known by name may follow them.
_WEAK_LEADS: tuple[tuple[str, bool], ...] = (("image", False), ("name=", False), ("from", False))

#: Words a registry host follows.
_HOST_LEADS = (
    "login server", "access to registry", "docker registry", "for registry", "login to",
    "login to sever", "login to server", "custom registry", "container registry", "registry:",
    "registry", "acr", "logged in to", "logging into", "logged into",
    "is not on server",
)  # fmt: skip

_SKIP = re.compile(r"""[\s:=]{0,4}["'\[(]{0,4}(?:\*\*(?=\w))?""")
#: A token ends at a blank, but not inside a placeholder: `<your image tag>`.
_TOKEN = re.compile(r"""(?:<?https?://\s?)?((?:<[^<>\n"']{1,60}>|[^\s"',;|()`\\]){1,400})""")
_PATH = re.compile(r"""([^\s"'?]{1,250}?)/(?:manifests|blobs)/([^\s"'?)\]%,]{1,250})""")
_ASKED = re.compile(r"""(?:https?://\s?|\blookup )([^\s/"'\\:,]{1,200})""")
_ACR_SUFFIX = re.compile(r"\.azurecr\.[a-z][a-z.-]{1,24}", re.I)
_IP = re.compile(r"""client with IP ["']?([^\s"']{1,64})""", re.I)
_DIGEST = re.compile(
    r"sha256:(?:[0-9a-fA-F]{1,63}(?:\.{3}|\u2026)|[0-9a-fA-F]{6,64}|[0-9a-fA-F]*\*{2,64})"
)
#: A host nobody is meant to know: `xxxx`, `***`, `<myhost>`.
_MASK = re.compile(r"[xX*]{3,40}|<[\w.-]{1,60}>")
#: Configured names may hold blanks: `Issuing docker pull host/app:latest (2 months ago)`.
_SPACED_TAG = re.compile(r"[^\s\"']{1,300} \([^\n\"']{1,60}\)")
_ANYWHERE = re.compile(
    r"(?<![\w/:.@<*-])([\w<*][\w.<>*-]{1,120}(?::\d{2,5})?/[\w./<>{}*-]{1,250}"
    r"(?::[\w][\w.<>{}*-]{0,127}|@sha256:[0-9a-f]{6,64}))"
)


def read_image(text: str, *, failure: bool) -> Image:
    """The image the text is about. Outside failures only unmistakable names count."""
    lower = lowered(text)
    asked = _credible(_api(text) if "/v2/" in lower else asked_of_v1(text), failure)
    named = _after_lead(text, lower, _LEADS) or told_by_client(text)
    if named is None:
        named = _unless_other(_after_lead(text, lower, _DONE), asked)
    if named is None:
        named = _credible(_after_lead(text, lower, _WEAK_LEADS), failure)
    if named is None and (failure or "digest: " in lower) and "pulling " in lower:
        named = _unless_other(told_by_docker(text), asked)
    named = _in_full(named, text)
    if named is None:
        named = _unless_other(_after_lead(text, lower, _LISTED), asked)
    image = _joined(named, asked) or started(text, lower) or _credible(_anywhere(text), failure)
    if failure and (image is None or image.repository is None):
        image = _joined(detail_of(text), image) or image
    if image is None:
        return Image(registry=_host(text, lower, failure=failure))
    if image.registry is None and named is None and asked is None:
        image = replace(image, registry=_host(text, lower, failure=failure))
    if image.reference is None or f"/blobs/{image.reference}" in text:
        image = replace(image, reference=_tag_elsewhere(text, image) or image.reference)
    if image.reference is None and image.repository is not None:
        image = replace(image, reference=default_tag(text, lower))
    return image


def _joined(named: Image | None, asked: Image | None) -> Image | None:
    """What the words name, completed by what the registry was asked for."""
    if named is None or asked is None:
        return named or asked
    same = asked.repository == named.repository
    return Image(
        named.registry or asked.registry,
        named.repository,
        named.reference or (asked.reference if same else None),
    )


def read_client_ip(text: str) -> str | None:
    """The address ACR's firewall sentence names. Masked addresses are returned as printed."""
    match = _IP.search(text)
    return match.group(1) if match else None


def _after_lead(text: str, lower: str, leads: tuple[tuple[str, bool], ...]) -> Image | None:
    """The first image after one of the leads; a later mention may complete its tag."""
    first: Image | None = None
    for lead, bare in leads:
        at = lower.find(lead)
        for _ in range(3):
            if at < 0:
                break
            image = _image_at(text, at + len(lead), bare=bare, lead=lead)
            if image is not None and first is None:
                first = image
            elif image is not None and _completes(first, image):
                return replace(first or image, reference=image.reference)
            if first is not None and first.reference is not None:
                return first
            at = lower.find(lead, at + len(lead))
    return first


def _completes(first: Image | None, image: Image) -> bool:
    if first is None or first.repository is None or image.repository is None:
        return False
    return image.reference is not None and first.repository.endswith(image.repository)


def _image_at(text: str, position: int, *, bare: bool, lead: str) -> Image | None:
    skipped = _SKIP.match(text, position)
    start = skipped.end() if skipped else position
    if start == position and not lead.endswith(("=", "/")):
        return None
    token = _TOKEN.match(text, start)
    if token is None:
        return None
    if lead == "issuing docker pull" and (spaced := _SPACED_TAG.match(text, token.start(1))):
        return image_in(spaced.group(0).strip(), bare=True)
    quoted = start > position and text[start - 1] in "\"'"
    return image_in(token.group(1), bare=bare or (quoted and lead != "invalid value:"))


def _in_full(named: Image | None, text: str) -> Image | None:
    """The name with what the text prints of it elsewhere: Docker Hub's host and path, the tag."""
    if named is None:
        return None
    for path in ("", "library/"):
        if named.registry is None and f"docker.io/{path}{named.repository}" in text:
            named = Image("docker.io", f"{path}{named.repository}", named.reference)
    return replace(named, reference=named.reference or _tag_elsewhere(text, named))


def _unless_other(listed: Image | None, asked: Image | None) -> Image | None:
    """What the text lists, unless the request that failed was for another repository."""
    if listed is None or asked is None or not listed.repository or not asked.repository:
        return listed
    return listed if asked.repository.endswith(listed.repository) else None


def _tag_elsewhere(text: str, image: Image) -> str | None:
    """The tag printed with the full name elsewhere; a blob's digest is nobody's reference."""
    if image.registry is None:
        return None
    token = _TOKEN.match(text, max(0, text.find(f"{image.registry}/{image.repository}:")))
    again = image_in(token.group(1), bare=False) if token else None
    return again.reference if again and again.repository == image.repository else None


def _anywhere(text: str) -> Image | None:
    """A full reference without lead-in words, where there is just the image and an error."""
    match = _ANYWHERE.search(text)
    image = image_in(match.group(1), bare=False) if match else None
    return image if image and image.registry else None


def _credible(image: Image | None, failure: bool) -> Image | None:
    """Outside a failure, a host is a registry only when its name says so."""
    if image is None or failure or is_known(image.registry):
        return image
    return None


def _api(text: str) -> Image | None:
    """The first request to a registry's API: `{host}/v2/{repository}/manifests/{reference}`."""
    at = text.find("/v2/")
    host = _word_before(text, at, " \t\n/\"'\\=[(") if at > 0 else ""
    if not (host_like(host) or _MASK.fullmatch(host)) or (
        "." in host and registry_in(host) is None
    ):
        return None
    path = _PATH.match(text, at + len("/v2/"))
    if path is None:
        return Image(host)
    reference = trimmed(path.group(2))
    digest = _DIGEST.match(path.group(2))
    return Image(host, path.group(1), digest.group(0) if digest else reference.partition(":")[0])


def _word_before(text: str, end: int, stops: str) -> str:
    """The characters before `end`, back to the nearest of `stops`, within reach of a host name."""
    before = text[max(0, end - 200) : end]
    return before[max(before.rfind(stop) for stop in stops) + 1 :]


def _host_after(text: str, at: int, lead: str) -> str | None:
    """The registry after this lead, unless the lead is only a part of a longer name."""
    end = at + len(lead)
    skipped = _SKIP.match(text, end)
    start = skipped.end() if skipped else end
    if at < 0 or (start == end and not lead.endswith(":")):
        return None
    match = _TOKEN.match(text, start)
    host = registry_in(match.group(1)) if match else None
    return host if is_known(host) else None


def _host(text: str, lower: str, *, failure: bool) -> str | None:
    """A registry named without an image."""
    for lead in _HOST_LEADS:
        host = _host_after(text, lower.find(lead), lead)
        if host is not None:
            return host
    for match in _ASKED.finditer(text[:20_000]):
        host = registry_in(match.group(1))
        if host and (is_known(host) or failure):
            return host
    at = lower.find(".azurecr.")
    suffix = _ACR_SUFFIX.match(text, at) if at > 0 else None
    if suffix is None:
        return None
    return registry_in(_word_before(text, at, " \t\n/\"'\\:=,@()[") + suffix.group(0))
