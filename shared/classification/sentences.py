"""
Sentences: names that clients and registries print in a form of their own.

In:  readable text (escapes undone, case kept).
Out: an Image of printed pieces, or a tag, or None.

Pure and linear: every repetition is bounded. Lead-in words are the business of `fields`.
"""

import re
from dataclasses import replace

from shared.classification.names import NAME, Image, image_in, trimmed

_LAYERS_OF = re.compile(r"(?:([\w][\w.-]{0,127}):? )?Pulling from (?!custom )([^\s:]{1,250})", re.I)
#: Compose tells service and image: `Pulling cache (redis:7)...`.
_COMPOSE = re.compile(r"\bPulling [\w.-]{1,100} \(([^\s()]{1,300})\)")
#: What a registry's error names: as JSON, or as Go prints a map of it.
_DETAIL = re.compile(
    r"""["']?Type["']?:\s?"?repository"?[^{}\[\]]{0,80}?\bName["']?:\s?"?([^\s"',\]]{1,250})"""
    r"|map\[[^\[\]]{0,120}?\b(?:Name|manifest):([^\s\[\]]{1,250})",
    re.I,
)
#: What a token was asked for, unless its slashes are escaped.
_SCOPE = re.compile(r"scope=repository(?::|%3A)([\w./-]{1,250})(?::|%3A)pull(?![,%\w])", re.I)
#: ACR names the tag it looked for: `manifest tagged by "3" is not found`.
_TAGGED_BY = re.compile(r"""manifest tagged by ["']([^"'\s]{1,128})["']""", re.I)


#: podman and CRI-O: `Error reading manifest latest in docker.io/library/redis`.
_READING = re.compile(r"\breading manifest (\S{1,200}) in ([^\s:]{1,300})")
#: Docker before 1.10: `Error pulling image (7) from library/redis`.
_PULLING_FROM = re.compile(r"\bpulling image \(([^()\s]{1,128})\) from ([^\s,:]{1,300})")
#: BuildKit names official images without path: `failed to solve: redis:7: failed to authorize`.
_SOLVED = re.compile(r"failed to solve: ([\w.-]{1,100}:[\w.-]{1,128}): (?:failed|pull|\1)")
#: What Docker asked before 2017: `{host}/v1/repositories/library/redis/tags/7`.
_V1 = re.compile(
    r"https?://([^\s/\"']{1,200})/v1/(?:users/|(?=[\s,])|repositories/([^\s?\"']{1,250}?)/"
    r"(?:images|tags(?:/([\w.-]{1,128}))?))"
)


def asked_of_v1(text: str) -> Image | None:
    """The host, repository and tag of a request to the first version of the registry's API."""
    match = _V1.search(text)
    return Image(match[1], match[2], trimmed(match[3]) if match[3] else None) if match else None


def told_by_client(text: str) -> Image | None:
    """Tag and repository where a client prints the tag first, or no path at all."""
    if match := _READING.search(text) or _PULLING_FROM.search(text):
        image = image_in(match[2], bare=True)
        return replace(image, reference=match[1]) if image else None
    match = _SOLVED.search(text)
    return image_in(match[1], bare=True) if match else None


def told_by_docker(text: str) -> Image | None:
    """Docker's progress line names tag and repository in the other order; Compose in brackets."""
    if match := _LAYERS_OF.search(text):
        return Image(None, match.group(2), match.group(1))
    match = _COMPOSE.search(text)
    return image_in(match.group(1), bare=True) if match else None


def started(text: str, lower: str) -> Image | None:
    """The image of a `docker run`, the first name among its options and their values."""
    at = lower.find("docker run ")
    line = text[at : at + 4000].partition("\n")[0] if at >= 0 else ""
    for word in line.split()[2:]:
        if not word.startswith("-") and "=" not in word:
            image = image_in(word, bare=False)
            if image is not None and image.repository:
                return image
    return None


def detail_of(text: str) -> Image | None:
    """The repository a registry's error names in its detail, or a token was asked for."""
    match = _DETAIL.search(text) or _SCOPE.search(text)
    name = next(filter(None, match.groups()), None) if match else None
    return Image(None, name) if name else None


def default_tag(text: str, lower: str) -> str | None:
    """The tag in a sentence of its own: Docker's when none was given, ACR's when it is missing."""
    at = lower.find("using default tag: ")
    if at < 0:
        tagged = _TAGGED_BY.search(text)
        return tagged.group(1) if tagged else None
    match = NAME.match(text, at + len("using default tag: "))
    return match.group(0) if match else None
