"""
Names as printed: image references and hosts that authors masked, shortened or decorated.

In:  one token of a text.
Out: an Image or a host, or None when the token is neither.

Pure. Far more forgiving than the reference grammar: `***.azurecr.io/<repository>:<tag>` is a name
here, because it is what the text says.
"""

import re
from dataclasses import dataclass

#: Registries that show by their host name that they are one; 10.*:13209 is App Service's cache.
_KNOWN = re.compile(
    r"azurecr\.|docker\.io|ghcr\.io|mcr\.microsoft\.com|quay\.io|gcr\.io|pkg\.dev|\.dkr\.ecr\."
    r"|public\.ecr\.|registry\.k8s\.io|registry\.gitlab\.com|^10\.\d+\.\d+\.\d+:13209",
    re.I,
)
#: Hosts asked on the way that are not the registry: layers, tokens, management, documentation.
_OTHERS = re.compile(
    r"\.data\.(?:azurecr|mcr)|blob\.core|cloudflare|cloudfront|mscr\.io|azureedge|\.s3[.-]"
    r"|^auth\.|login\.microsoft|management\.azure|aka\.ms|docs\.|learn\.|github\.com|docker\.com"
    r"|npmjs|nuget|^cdn\d*\.|^pkg-containers\.",
    re.I,
)
NAME = re.compile(r"[\w.\-/*<>{}$\[\]\u2026+:]{1,300}")
_PLATFORM = re.compile(r"(?:linux|windows|darwin|unknown)(?:/|$|\()", re.I)
#: A digest whose digits the author left out: `sha256:....`
_ELIDED = re.compile(r":\.{2,8}$")
#: Progress dots, and the next message glued to them: `host/app:1...ERRO[0000]`.
_RUN_ON = re.compile(r"\.\.\.(?=[A-Z])")
_OPEN = {">": "<", "]": "[", "}": "{", ")": "("}
#: Words that follow "image" or "pull" in plain English.
_STOP = frozenset({
    "image", "images", "and", "failed", "for", "from", "is", "was", "with", "returned", "the", "a",
    "an", "error", "at", "in", "to", "of", "on", "command", "help", "reference", "layer", "plugin",
    "that", "this", "over", "request", "name", "options", "--help", "unauthorized", "denied",
    "timed",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Image:
    """An image reference as printed. Compare ImageReference, which obeys the grammar."""

    registry: str | None = None
    repository: str | None = None
    reference: str | None = None


def image_in(token: str, *, bare: bool) -> Image | None:
    """Split `host/repository:tag@digest`. A name without host or tag counts only when `bare`."""
    token = trimmed(_RUN_ON.split(token.removeprefix("docker://"), maxsplit=1)[0])
    host, slash, rest = token.partition("/")
    if not slash or not (host_like(host) or host == "localhost"):
        return _hostless(token, bare=bare)
    if host.startswith(".") or not rest:
        return None
    name, reference = _split(rest)
    return Image(host, name, reference) if _nameable(name) else None


def _hostless(token: str, *, bare: bool) -> Image | None:
    name, reference = _split(token)
    if not _nameable(name) or not (bare or (reference and "/" in name) or "@" in token):
        return None
    if name.startswith("/") or "//" in name or name.lower() in _STOP or _PLATFORM.match(name):
        return None
    if not any(char.isalnum() or char == "*" for char in name):
        return None
    return Image(None, name, reference)


def registry_in(token: str) -> str | None:
    """The host a token begins with, unless it plainly is not a registry."""
    host = trimmed(token.partition("/")[0])
    if host.startswith(".") or "." not in host or _OTHERS.search(host):
        return None
    return host


def is_known(host: str | None) -> bool:
    """True when the host's name alone says that it is a container registry."""
    return host is not None and _KNOWN.search(host) is not None


def host_like(host: str) -> bool:
    return "." in host or ":" in host


def trimmed(token: str) -> str:
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
    """True for the end of an emphasis or a bracket that began outside of the token."""
    if last == "_":
        return token[-2:-1].isalnum()
    return last in _OPEN and token.count(_OPEN[last]) < token.count(last)


def _split(rest: str) -> tuple[str, str | None]:
    """Repository, and the digest or else the tag."""
    name, _, digest = rest.partition("@")
    head, colon, tag = name.rpartition(":")
    inside_a_placeholder = head.count("<") > head.count(">")
    if colon and "/" not in tag and not inside_a_placeholder:
        return head, digest or tag or None
    return name, digest or None


def _nameable(name: str) -> bool:
    """Blanks can only be those of a placeholder: tokens end at any other."""
    return bool(NAME.fullmatch(name.replace(" ", "_")) and name.strip("./\u2026-"))
