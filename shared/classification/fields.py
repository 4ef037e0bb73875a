"""
Fields: which image, registry and client address a text names, as printed.

In:  readable text (escapes undone, case kept).
Out: an Image of printed pieces, and the client address of ACR's firewall sentence.

Pure. Lead-in words are found by plain search and only the token after them is looked at, so the
work is linear. Masks (`***`, `<acr-name>`) and placeholders are names here.
"""

import re
from dataclasses import dataclass

from shared.classification.text import lowered


@dataclass(frozen=True, slots=True)
class Image:
    """An image reference as printed. Compare ImageReference, which obeys the grammar."""

    registry: str | None = None
    repository: str | None = None
    reference: str | None = None


#: Words an image name follows, most telling first. After those marked True a bare name counts.
_LEADS: tuple[tuple[str, bool], ...] = (
    ("failed to pull image", False), ("issuing docker pull", True), ("invalid value:", False),
    ("image pull for", False), ("failed to resolve reference", False),
    ("failed to pull and unpack image", False), ("unable to find image", False),
    ("docker pull", True), ("podman pull", True), ("nerdctl pull", True),
    ("manifest for", True), ("image pull errors for image", False),
    ("pulling docker image", False), ("pulling container image", False),
    ("pulling image from docker hub", False), ("pulling image", False), ("pull image", False),
    ("pull access denied for", True), ("trying to pull repository", True),
    ("trying to pull", False), ("reading image", False), ("pulled image", False),
    ("the container image", False), ("the image", False), ("container image", False),
    ("newer image for", True), ("up to date for", True), ("container for image", False),
    ("push refers to repository", True), ("push refers to a repository", True),
    ("docker push", True), ("deploying image", False), ("image reference", False),
    ("parsing reference", False), ("load metadata for", False),
    ("resolve source metadata for", False), ("failed to solve", False), ("in index", False),
    ("daemon: repository", True), ("docker://", False), ("fetching image", False),
    ("image tag", False), ("image name", False), ("image reference", False),
)  # fmt: skip

#: Words so common that outside a failure only a registry known by name may follow them.
_WEAK_LEADS: tuple[tuple[str, bool], ...] = (("image", False), ("name=", False), ("from", False))

#: Words a registry host follows.
_HOST_LEADS = (
    "login server", "access to registry", "docker registry", "for registry", "login to",
    "login to sever", "login to server", "custom registry", "container registry", "registry:",
    "registry", "acr",
)  # fmt: skip

_SKIP = re.compile(r"""[\s:=]{0,4}["'\[(]{0,4}(?:\*\*(?=\w))?""")
_TOKEN = re.compile(r"""(?:<?https?://\s?)?([^\s"',;|()`\\]{1,400})""")
_PATH = re.compile(r"""([^\s"'?]{1,250}?)/(?:manifests|blobs)/([^\s"'?)\]%,]{1,250})""")
_ASKED = re.compile(r"""(?:https?://\s?|\blookup )([^\s/"'\\:,]{1,200})""")
_ACR_SUFFIX = re.compile(r"\.azurecr\.[a-z][a-z.-]{1,24}", re.I)
_IP = re.compile(r"""client with IP ["']?([^\s"']{1,64})""", re.I)
_KNOWN = re.compile(
    r"azurecr\.|docker\.io|ghcr\.io|mcr\.microsoft\.com|quay\.io|gcr\.io|pkg\.dev|\.dkr\.ecr\."
    r"|public\.ecr\.|registry\.k8s\.io|registry\.gitlab\.com|^10\.\d+\.\d+\.\d+:13209",
    re.I,
)
_NOT_A_REGISTRY = re.compile(
    r"\.data\.(?:azurecr|mcr)|blob\.core|cloudflare|cloudfront|mscr\.io|azureedge|amazonaws\.com$"
    r"|^auth\.|login\.microsoft|management\.azure|aka\.ms|docs\.|learn\.|github\.com|docker\.com|npmjs|nuget|^cdn\d*\.",
    re.I,
)
_DIGEST = re.compile(r"sha256:[0-9a-fA-F]{6,64}")
_REST_OF_LINE = re.compile(r"[^\n\"']{0,200}")
_NAME = re.compile(r"[\w.\-/*<>{}$\[\]\u2026+]{1,300}")
_PLATFORM = re.compile(r"(?:linux|windows|darwin|unknown)(?:/|$|\()", re.I)
_LAYERS_OF = re.compile(r"([\w][\w.-]{0,127}):? Pulling from (?!custom )([^\s:]{1,250})", re.I)
_ANYWHERE = re.compile(
    r"(?<![\w/:.@<*-])([\w<*][\w.<>*-]{1,120}(?::\d{2,5})?/[\w./<>{}*-]{1,250}"
    r"(?::[\w][\w.<>{}*-]{0,127}|@sha256:[0-9a-f]{6,64}))"
)
#: A digest whose digits the author left out: `sha256:....`
_ELIDED = re.compile(r":\.{2,8}$")
_OPEN = {">": "<", "]": "[", "}": "{", ")": "("}


def read_image(text: str, *, failure: bool) -> Image:
    """The image the text is about. Outside failures only unmistakable names count."""
    lower = lowered(text)
    image = _after_lead(text, lower, _LEADS)
    if image.repository is None:
        image = _credible(_after_lead(text, lower, _WEAK_LEADS), failure)
    asked = _credible(_api(text), failure) if "/v2/" in lower else Image()
    if image.repository is None:
        image = (_layers_of(text) if failure or "digest: " in lower else None) or asked
    elif asked.repository is not None and asked.repository == image.repository:
        image = Image(
            image.registry or asked.registry,
            image.repository,
            image.reference or asked.reference,
        )
    elif image.registry is None:
        image = Image(asked.registry, image.repository, image.reference)
    if image.reference is None and image.repository is not None:
        image = Image(image.registry, image.repository, _default_tag(text, lower))
    if image.registry is None and image.repository is None:
        return _anywhere(text, failure) or Image(registry=_host(text, lower, failure=failure))
    if image.registry is None and f"docker.io/{image.repository}" in text:
        return Image("docker.io", image.repository, image.reference)
    return image


def read_client_ip(text: str) -> str | None:
    """The address ACR's firewall sentence names. Masked addresses are returned as printed."""
    match = _IP.search(text)
    return match.group(1) if match else None


def _after_lead(text: str, lower: str, leads: tuple[tuple[str, bool], ...]) -> Image:
    first = Image()
    for lead, bare in leads:
        at = lower.find(lead)
        tries = 0
        while at >= 0 and tries < 3:
            image = _image_at(text, at + len(lead), bare=bare, lead=lead)
            if image is not None:
                if first.repository is None:
                    first = image
                    if image.reference is not None:
                        return image
                elif first.repository.endswith(image.repository or "\0") and image.reference:
                    return Image(first.registry, first.repository, image.reference)
            tries += 1
            at = lower.find(lead, at + len(lead))
    return first


def _layers_of(text: str) -> Image | None:
    """Docker's progress line, which names tag and repository in the other order."""
    match = _LAYERS_OF.search(text)
    return Image(None, match.group(2), match.group(1)) if match else None


def _anywhere(text: str, failure: bool) -> Image | None:
    """A full reference without lead-in words, where there is just the image and an error."""
    match = _ANYWHERE.search(text)
    image = _parsed(match.group(1), bare=False) if match else None
    if image is None or image.registry is None:
        return None
    return image if _credible(image, failure).registry else None


def _credible(image: Image, failure: bool) -> Image:
    """Outside a failure, a host is a registry only when its name says so."""
    known = image.registry is not None and _KNOWN.search(image.registry) is not None
    return image if failure or known else Image()


def _image_at(text: str, position: int, *, bare: bool, lead: str) -> Image | None:
    skipped = _SKIP.match(text, position)
    start = skipped.end() if skipped else position
    if start == position and not lead.endswith(("=", "/")):
        return None
    quoted = start > position and text[start - 1] in "\"'"
    match = _TOKEN.match(text, start)
    if match is None:
        return None
    token = _trimmed(match.group(1))
    if lead == "issuing docker pull":
        rest = _REST_OF_LINE.match(text, match.start(1))
        token = rest.group(0).strip() if rest and " (" in rest.group(0) else token
    return _parsed(token, bare=bare or (quoted and lead != "invalid value:"))


def _parsed(token: str, *, bare: bool) -> Image | None:
    """Split `host/repository:tag@digest`. None when the token is no image name."""
    host, slash, rest = token.partition("/")
    if slash and (_host_like(host) or host == "localhost"):
        registry: str | None = host
    else:
        registry, rest = None, token
    if registry and (registry.startswith(".") or not rest):
        return None
    name, at, digest = rest.partition("@")
    name, tag = _split_tag(name)
    reference = digest if at else tag
    if not name or not _NAME.fullmatch(name) or not name.strip("./\u2026-"):
        return None
    if registry is None and not bare and not (tag and "/" in name) and not at:
        return None
    if registry is None and not any(char.isalnum() or char == "*" for char in name):
        return None
    if registry is None and _PLATFORM.match(name):
        return None
    if registry is None and (name.startswith("/") or name.lower() in _STOP or "//" in name):
        return None
    return Image(registry, name, reference or None)


_STOP = frozenset({
    "image", "images", "and", "failed", "for", "from", "is", "was", "with", "returned", "the", "a",
    "an", "error", "at", "in", "to", "of", "on", "command", "help", "reference", "layer", "plugin",
    "that", "this", "over", "name", "options", "--help", "unauthorized", "denied", "timed",
})  # fmt: skip


def _host_like(host: str) -> bool:
    return "." in host or ":" in host


def _split_tag(name: str) -> tuple[str, str | None]:
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        return name, None
    return head, tag


def _trimmed(token: str) -> str:
    """Drop the punctuation of the sentence, not that of a mask or an elided digest."""
    if token.startswith("**") and not token.startswith("***"):
        token = token[2:]
    while token:
        last = token[-1]
        if last == "*" and token.endswith("**") and not token.endswith("***"):
            token = token[:-2]
        elif (last in ".!:" and not _ELIDED.search(token)) or _unmatched(token, last):
            token = token[:-1]
        else:
            break
    return token


def _unmatched(token: str, last: str) -> bool:
    return last in _OPEN and token.count(_OPEN[last]) < token.count(last)


def _api(text: str) -> Image:
    """The first request to a registry's API: `{host}/v2/{repository}/manifests/{reference}`."""
    at = text.find("/v2/")
    host = _word_before(text, at, " \t\n/\"'\\=[(") if at > 0 else ""
    if not (_host_like(host) or "*" in host) or _NOT_A_REGISTRY.search(host):
        return Image()
    path = _PATH.match(text, at + len("/v2/"))
    if path is None:
        return Image(host)
    reference = _trimmed(path.group(2))
    digest = _DIGEST.match(reference)
    return Image(host, path.group(1), digest.group(0) if digest else reference.partition(":")[0])


def _word_before(text: str, end: int, stops: str) -> str:
    """The characters before `end`, back to the nearest of `stops`, within reach of a host name."""
    before = text[max(0, end - 200) : end]
    return before[max(before.rfind(stop) for stop in stops) + 1 :]


def _default_tag(text: str, lower: str) -> str | None:
    at = lower.find("using default tag: ")
    if at < 0:
        return None
    match = _NAME.match(text, at + len("using default tag: "))
    return match.group(0) if match else None


def _host(text: str, lower: str, *, failure: bool) -> str | None:
    """A registry named without an image."""
    for lead in _HOST_LEADS:
        at = lower.find(lead)
        if at < 0:
            continue
        skipped = _SKIP.match(text, at + len(lead))
        match = _TOKEN.match(text, skipped.end() if skipped else at)
        host = _clean_host(match.group(1)) if match else None
        if host and _KNOWN.search(host):
            return host
    for match in _ASKED.finditer(text[:20_000]):
        host = _clean_host(match.group(1))
        if host and (_KNOWN.search(host) or (failure and "." in host)):
            return host
    at = lower.find(".azurecr.")
    suffix = _ACR_SUFFIX.match(text, at) if at > 0 else None
    if suffix is None:
        return None
    return _clean_host(_word_before(text, at, " \t\n/\"'\\:=,@()[") + suffix.group(0))


def _clean_host(token: str) -> str | None:
    host = _trimmed(token.partition("/")[0])
    if host.startswith(".") or "." not in host or _NOT_A_REGISTRY.search(host):
        return None
    return host
