"""
Image references: which registry an image comes from.

In:  text from an app's configuration, such as `contoso.azurecr.io/shop/api:7`.
Out: an ImageReference, or InvalidReference saying what is wrong with the text.

The rules are Docker's (distribution/reference grammar). Pure; nothing is looked up: a host that
has an ACR suffix is not yet a registry that exists, or is ours.
"""

import re
from dataclasses import dataclass

DOCKER_HUB = "docker.io"

_LONGEST = 512
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,128}")
#: Login servers per cloud (`az cloud show`, suffixes.acrLoginServerEndpoint): Azure, China, US
#: Government, and the sovereign clouds' `azurecr.sovcloud-azure.fr` form. A registry's label may
#: contain `-` (domain name label hash); `{label}.{region}.geo.…` is a regional endpoint.
_ACR = re.compile(
    r"(?P<label>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9]+\.geo)?"
    r"(?P<suffix>\.azurecr\.(?:io|cn|us|sovcloud-azure\.[a-z]{2}))"
)


class InvalidReference(ValueError):
    """The text is not an image reference. The message names the part that is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """One image at one registry. Compare Reading, which only repeats what a log line printed.

    `host` is lower case and `docker.io` when the text names none; `tag` is `latest` when the text
    gives neither tag nor digest, as every client assumes. `text` is what was parsed.
    """

    host: str
    repository: str
    tag: str | None
    digest: str | None
    text: str

    @property
    def reference(self) -> str:
        """What identifies the manifest: the digest where there is one, else the tag."""
        return self.digest or self.tag or "latest"

    @property
    def is_acr(self) -> bool:
        return is_acr(self.host)

    @property
    def login_server(self) -> str:
        """The host to compare with a registry's `loginServer`: regional endpoints mapped back."""
        return login_server(self.host)

    @classmethod
    def parse(cls, text: object) -> "ImageReference":
        """Accept exactly one image reference; a scheme and trailing slashes are forgiven."""
        plain = _plain(text)
        rest = _without_scheme(plain).rstrip("/")
        if rest != plain and "/" not in rest:
            raise InvalidReference(f"{rest[:60]!r} is a registry without a repository")
        rest, digest = _split_digest(rest)
        rest, tag = _split_tag(rest)
        host, path = _split_host(rest)
        if not path:
            raise InvalidReference("the reference names no repository")
        for component in path.split("/"):
            if not _COMPONENT.fullmatch(component):
                hint = "; repositories are lower case" if component.lower() != component else ""
                raise InvalidReference(f"{component[:60]!r} cannot be part of a repository{hint}")
        if host == DOCKER_HUB and "/" not in path:
            path = f"library/{path}"
        if tag is None and digest is None:
            tag = "latest"
        return cls(host=host, repository=path, tag=tag, digest=digest, text=str(text))


def is_acr(host: str) -> bool:
    """True for an ACR login server or regional endpoint; false for data endpoints and lookalikes.

    A custom domain in front of ACR is not recognised: it proves nothing about the registry.
    """
    return _ACR.fullmatch(host.lower()) is not None


def login_server(host: str) -> str:
    """`contoso.westeurope.geo.azurecr.io` is `contoso.azurecr.io`; any other host is itself."""
    match = _ACR.fullmatch(host.lower())
    return f"{match['label']}{match['suffix']}" if match else host.lower()


def registry_host(text: object) -> str:
    """The host of a registry URL such as DOCKER_REGISTRY_SERVER_URL holds, lower case."""
    host = _without_scheme(_plain(text)).split("/", 1)[0].lower()
    if not _HOST.fullmatch(host):
        raise InvalidReference(f"{host[:60]!r} is not a host name")
    return host


def _plain(text: object) -> str:
    if not isinstance(text, str):
        raise InvalidReference(f"an image reference is a string, not {type(text).__name__}")
    if not text:
        raise InvalidReference("the image reference is empty")
    if len(text) > _LONGEST:
        raise InvalidReference(f"longer than {_LONGEST} characters")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidReference("contains blanks, control characters or non-ASCII characters")
    return text


def _without_scheme(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    if scheme.lower() not in {"https", "http"}:
        raise InvalidReference(f"the scheme {scheme[:20]!r} is not one a registry has")
    return rest


def _split_digest(text: str) -> tuple[str, str | None]:
    name, separator, digest = text.partition("@")
    if not separator:
        return text, None
    if not _DIGEST.fullmatch(digest):
        raise InvalidReference(f"{digest[:80]!r} is not a digest such as sha256:<64 hex digits>")
    return name, digest


def _split_tag(text: str) -> tuple[str, str | None]:
    name, separator, tag = text.rpartition(":")
    if not separator or "/" in tag:
        return text, None
    if not _TAG.fullmatch(tag):
        raise InvalidReference(f"{tag[:80]!r} is not a tag")
    return name, tag


def _split_host(text: str) -> tuple[str, str]:
    first, separator, rest = text.partition("/")
    if not separator or not (set(first) & {".", ":"} or first.lower() in {"localhost"}):
        return DOCKER_HUB, text
    host = first.lower()
    if not _HOST.fullmatch(host) or ".." in host:
        raise InvalidReference(f"{first[:60]!r} is not a host name")
    return ("docker.io", rest) if host == "index.docker.io" else (host, rest)
