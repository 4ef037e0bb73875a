"""
What a signature is, and the few facts about a text that signatures may lean on.

In:  text made matchable (lower case, single blanks, escapes undone).
Out: Signature, Fact, `facts` and Phrases.

Pure. A phrase is found literally; ` … ` in it means "and then, within 300 characters". Nothing
here is a regular expression a hostile text could slow down.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared.model.words import Cause

GAP = " … "
REACH = 300
#: How many beginnings of a gapped phrase are tried; real messages repeat themselves a few times.
TRIES = 64


class Fact(StrEnum):
    """Something the text shows beyond the phrase itself."""

    PULL = "pull"  # it is about pulling an image or asking a registry's API
    FAILED = "failed"  # it says in plain words that a pull failed
    ACR = "acr"  # the registry is an Azure Container Registry
    BLOB = "blob"  # it names a host or path that serves layers, not manifests


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One way a message betrays its cause. The table's order is the precedence.

    `phrases`: one of them must be there. `needs`: facts that must hold. `never`: facts that must
    not. `unless`: phrases that must not be there. `alone`: a fragment quoted on its own; the text
    must begin with it, and end or go on after punctuation. `example` is in our own words and
    decides by this very signature; `learned` names where the wording is publicly known from.
    """

    name: str
    cause: Cause
    phrases: tuple[str, ...]
    example: str
    learned: str
    needs: tuple[Fact, ...] = ()
    never: tuple[Fact, ...] = ()
    unless: tuple[str, ...] = ()
    alone: bool = False


#: Words that only occur when an image is pulled or a registry's API is asked. A bare "pull",
#: "image", "/v2/" or host name is not among them: pull requests, pictures and REST APIs are not us.
_PULL = (
    "pull image", "pulling image", "image pull", "errimagepull", "imagepullbackoff",
    "imagepullfail", "imagepullunauthorized", "imagepullerror", "lasterror: imagepull",
    "failed to pull image", "failed to pull container", "failed to pull docker",
    'failed to pull "', "pull and unpack", "unable to pull container", "unable to pull the image",
    "could not pull the image", "cannotpull", "error pulling image", "error pulling container",
    "pulling docker", "pulling container", "pulling fs layer", "pulled image", "docker pull",
    "podman pull", "crane pull", "crictl pull", "nerdctl pull", "pull access denied",
    "trying to pull repository", "failed to resolve reference", "failed to resolve image:",
    "failed to resolve ref ", "failed to resolve source metadata",
    "failed to fetch anonymous token", "failed to fetch oauth token", "httpreadseeker",
    "failed to register layer", '/v2/":', "/v2/:", '/v2/>":', "/oauth2/exchange", "docker://",
    "token?scope=repository", "/token?service=", "scope=repository", "registry/v2/blobs",
    ".data.azurecr.", ": manifest unknown", "manifest unknown:", "manifest_unknown",
    "manifest tagged by", "error from registry:",
    ": get https::", ": get https:?", "access to registry '", "registry login server",
    "docker login", "az acr login", "daemon: get ", "daemon: head ", "daemon: login attempt",
    "daemon: received unexpected", "pinging container registry", "image' is invalid with details",
    "rejected token exchange", "from exchange request", "download failed after attempts",
    "latest: pulling from ", ": download complete", ": pull complete", "unable to find image '",
    "daemon: error parsing http", "failed to unpack image", "tried to pull image",
    "invalid message unauthorized", "failing to pull image", "registry operation error: pull",
    "registry responded to head request", "make sure your credentials for '",
    "jib.api.registryunauthorizedexception", "failed pulling image",
    "docker registry '", "container registry '", "artifactregistry.repositories.downloadartifacts",
    "short-name", "copying system image", "getting image source signatures", "copying blob ",
    "storing blob to file", "initializing source docker", "error: failed to copy: read ",
    "pullimage from image service failed",
    "connectivity_refresh_token", "connectivity_access_token", "connectivity_challenge",
    "connectivity_aad", "connectivity_dns", "connectivity_ssl", "connectivity_toomany",
)  # fmt: skip

#: Words that say a pull failed, whatever else the text tells.
_FAILED = (
    "failed to pull image", "failed to pull and unpack", 'failed to pull "', "image pull failed",
    "pull image failed", "imagepullfail", "imagepullunauthorized", "errimagepull",
    "imagepullbackoff", "back-off pulling", "image pull errors", "error pulling image",
    "unable to pull image", "cannot pull image", "cannotpullcontainer", "could not pull image",
    "failed to resolve reference", "failed to resolve image:", "failed to register layer",
    "pull access denied", "failing to pull image", "registry operation error: pull",
    "failed pulling image", "httpreadseeker", ": manifest unknown", "manifest_unknown",
    "docker pull returned stderr",
    "over vnet failed", "image' is invalid with details", "inaccessibleimage",
    "toomanyrequests: you have reached",
)  # fmt: skip

_ACR = (".azurecr.", "aka.ms/acr", "/oauth2/token?", "/oauth2/exchange")

_BLOB = (
    "/blobs/sha256", "registry/v2/blobs", ".blob.core.", ".blob.storage.", ".data.azurecr.",
    ".data.mcr.", ".cdn.mscr.io", "azureedge.net/", "production.cloudflare.docker.com",
    "production.cloudfront.docker.com", "r2.cloudflarestorage.com", "cloudfront.net",
    "pkg-containers.githubusercontent.com", "cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io",
    "error pulling image configuration", "download failed after attempts", "cdn03.quay.io",
    "starport-layer-bucket", "storage.googleapis.com", "/artifacts-downloads/",
)  # fmt: skip

#: Hosts that are registries by name, and the paths under `/v2/` that only a registry has.
_REGISTRIES = (
    "azurecr.", "docker.io", "ghcr.io", "mcr.microsoft", "quay.io", "gcr.io", "docker.pkg.dev",
    "registry.k8s",
)  # fmt: skip
_PATHS = ("/manifests/", "/blobs/")


def facts(text: str) -> frozenset[Fact]:
    """What holds for this matchable text."""
    found = set()
    if _about_a_pull(text):
        found.add(Fact.PULL)
        if _any_in(_FAILED, text):
            found.add(Fact.FAILED)
    if _any_in(_ACR, text):
        found.add(Fact.ACR)
    if _any_in(_BLOB, text):
        found.add(Fact.BLOB)
    return frozenset(found)


def _about_a_pull(text: str) -> bool:
    if _any_in(_PULL, text):
        return True
    for name in _REGISTRIES:
        for at in occurrences(text, name):
            before = text[:at] if at < 128 else text[at - 128 : at]
            token = before[max(before.rfind(end) for end in " \"'>") + 1 :]
            if "://" in token or before.endswith(f"lookup {token}"):
                return True
    for path in _PATHS:
        for at in occurrences(text, path):
            before = text[max(0, at - 256) : at]
            if before.rfind("/v2/") > before.rfind(" "):
                return True
    return False


def occurrences(text: str, part: str) -> Iterator[int]:
    """Where the part begins, for as many places as a real message could need."""
    at = text.find(part)
    for _ in range(TRIES):
        if at < 0:
            return
        yield at
        at = text.find(part, at + 1)


def _any_in(words: tuple[str, ...], text: str) -> bool:
    for word in words:  # noqa: SIM110 - a generator expression costs half as much again
        if word in text:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Phrases:
    """A signature's phrases, taken apart once."""

    plain: tuple[str, ...]
    gapped: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, phrases: tuple[str, ...]) -> "Phrases":
        split = [tuple(phrase.split(GAP)) for phrase in phrases]
        return cls(
            tuple(parts[0] for parts in split if len(parts) == 1),
            tuple(parts for parts in split if len(parts) > 1),
        )

    def found_in(self, text: str) -> bool:
        return _any_in(self.plain, text) or any(
            _in_order(text, parts) for parts in self.gapped if parts[0] in text
        )


def _in_order(text: str, parts: tuple[str, ...]) -> bool:
    if not all(part in text for part in parts):
        return False
    return any(_follow(text, at, parts) for at in occurrences(text, parts[0]))


def _follow(text: str, position: int, parts: tuple[str, ...]) -> bool:
    position += len(parts[0])
    for part in parts[1:]:
        at = text.find(part, position, position + REACH + len(part))
        if at < 0:
            return False
        position = at + len(part)
    return True
