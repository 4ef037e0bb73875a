"""
What a signature is, and the few facts about a text that signatures may lean on.

In:  text made matchable (lower case, single blanks, escapes undone).
Out: Signature, Fact, `facts` and Phrases.

Pure. A phrase is found literally; ` … ` in it means "and then, within 300 characters". Nothing
here is a regular expression a hostile text could slow down.
"""

import re
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
    not. `unless`: phrases that must not be there. `alone`: a fragment quoted without its surroundings;
    the text must begin with it. `example` is in our own words and decides by
    this very signature; `learned` names the public document or issue the wording is known from.
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
    "trying to pull repository", "failed to resolve reference", "failed to resolve source metadata",
    "failed to fetch anonymous token", "failed to fetch oauth token", "httpreadseeker",
    "failed to register layer", '/v2/":', "/v2/:", '/v2/>":', "/oauth2/exchange", "docker://",
    "token?scope=repository", "/token?service=", "scope=repository", "registry/v2/blobs",
    ".data.azurecr.", "manifest unknown", "manifest_unknown", "manifest tagged by",
    ": get https::", ": get https:?", "access to registry '", "registry login server",
    "docker login", "az acr login", "daemon: get ", "daemon: head ", "daemon: login attempt",
    "daemon: received unexpected", "pinging container registry", "image is invalid with details",
    "rejected token exchange", "from exchange request", "download failed after attempts",
    "docker registry '", "container registry '", "artifactregistry.repositories.downloadartifacts",
    "short-name",
    "connectivity_refresh_token", "connectivity_access_token", "connectivity_challenge",
    "connectivity_aad", "connectivity_dns", "connectivity_ssl", "connectivity_toomany",
)  # fmt: skip

#: Words that say a pull failed, whatever else the text tells.
_FAILED = (
    "failed to pull image", "failed to pull and unpack", 'failed to pull "', "image pull failed",
    "pull image failed", "imagepullfail", "imagepullunauthorized", "errimagepull",
    "imagepullbackoff", "back-off pulling", "image pull errors", "error pulling image",
    "unable to pull image", "cannot pull image", "cannotpullcontainer", "could not pull image",
    "failed to resolve reference", "failed to register layer", "pull access denied",
    "httpreadseeker", "manifest unknown", "manifest_unknown", "docker pull returned stderr",
    "over vnet failed", "image is invalid with details", "inaccessibleimage",
    "toomanyrequests: you have reached",
)  # fmt: skip

_ACR = (".azurecr.", "aka.ms/acr", "/oauth2/token?", "/oauth2/exchange")

_BLOB = (
    "/blobs/sha256", "registry/v2/blobs", ".blob.core.", ".blob.storage.", ".data.azurecr.",
    ".data.mcr.", ".cdn.mscr.io", "azureedge.net/", "production.cloudflare.docker.com",
    "production.cloudfront.docker.com", "r2.cloudflarestorage.com", "cloudfront.net",
    "pkg-containers.githubusercontent.com", "cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io",
    "cdn03.quay.io", "starport-layer-bucket", "storage.googleapis.com", "/artifacts-downloads/",
)  # fmt: skip

#: A request to, or a look-up of, a host that is a registry by name; or the path of a manifest.
_REGISTRY_ASKED = re.compile(
    r"""(?:://|\blookup )\s?[^\s/"'>]{0,100}"""
    r"(?:azurecr\.|docker\.io|ghcr\.io|mcr\.microsoft|quay\.io|gcr\.io|docker\.pkg\.dev|registry\.k8s)"
    r"""|/v2/[^\s"'?]{1,200}/(?:manifests|blobs)/"""
)


def facts(text: str) -> frozenset[Fact]:
    """What holds for this matchable text."""
    found = set()
    if any(word in text for word in _PULL) or _REGISTRY_ASKED.search(text):
        found.add(Fact.PULL)
        if any(word in text for word in _FAILED):
            found.add(Fact.FAILED)
    if any(word in text for word in _ACR):
        found.add(Fact.ACR)
    if any(word in text for word in _BLOB):
        found.add(Fact.BLOB)
    return frozenset(found)


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
        for phrase in self.plain:
            if phrase in text:
                return True
        return any(_in_order(text, parts) for parts in self.gapped)


def _in_order(text: str, parts: tuple[str, ...]) -> bool:
    first = parts[0]
    at = text.find(first)
    if at < 0 or not all(part in text for part in parts):
        return False
    for _ in range(TRIES):
        if _follow(text, at + len(first), parts[1:]):
            return True
        at = text.find(first, at + 1)
        if at < 0:
            return False
    return False


def _follow(text: str, position: int, parts: tuple[str, ...]) -> bool:
    for part in parts:
        at = text.find(part, position, position + REACH + len(part))
        if at < 0:
            return False
        position = at + len(part)
    return True
