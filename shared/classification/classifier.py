"""
The classifier: reads one text and says what it says.

In:  any string.
Out: a Reading. No text raises; a text nobody recognises is not a pull failure.

Pure. `client_ip` and every name in the Reading are untrusted words of whoever wrote the text.
"""

from functools import cache

from shared.classification.fields import read_client_ip, read_image
from shared.classification.signatures import TABLE, Fact, Phrases, Signature, facts
from shared.classification.text import matchable, readable, shortened
from shared.model.signal import Reading
from shared.model.words import Cause

#: Single words, so that wrapping cannot split them. Every signature, and every field worth
#: reading, shows at least one; most lines an application prints show none.
_HINTS = (
    "pull", "image", "registr", "manifest", "azurecr", "docker", "x509", "certificate", "acr",
    "client with", "/v2/", "unauthorized", "denied", "push", "connectivity_", "ghcr.io", "space",
    "exchange", "probe", "reference", "platform", "layer", "mapped", "repository", "operating",
    "mcr.microsoft", "prettyjws", "requests", "mediatype", "schema", "token", "container", "blob",
    "lasterror", "warmup", "signatures", "commit", "verification", "validation", "uids", "alias",
    "http pings", "basic", "tar header", "oci", "hcsshim", "authorization", "responded", "site",
    "name_unknown", "name unknown", "bind:", "exec", "throttled", "policy", "login", "rate",
    "roleassignment", "copy",
)  # fmt: skip

#: Where the kubelet's second, anonymous attempt begins once it prints both in brackets.
_SECOND_ATTEMPT = (", rpc error:", ", failed to pull and unpack")

_Compiled = tuple[Signature, Phrases, Phrases]
_COMPILED: tuple[_Compiled, ...] = tuple(
    (each, Phrases.of(each.phrases), Phrases.of(each.unless)) for each in TABLE
)


def classify(text: str, platform: str | None = None) -> Reading:
    """Take the text literally: its cause, and the names in it as printed.

    `platform` (such as `appservice-linux`) is what the caller knows of the source. Platforms quote
    each other's words, so it decides nothing today.
    """
    del platform
    text = shortened(text)
    lower = text.lower()
    if not any(hint in lower for hint in _HINTS):
        return Reading(cause=Cause.NOT_A_PULL_FAILURE)
    clear = readable(text)
    words = matchable(clear)
    decided = _decide(words)
    cause = decided.cause if decided else Cause.NOT_A_PULL_FAILURE
    image = read_image(clear, failure=cause is not Cause.NOT_A_PULL_FAILURE)
    return Reading(
        cause=cause,
        registry=_as_printed(image.registry, text),
        repository=_as_printed(image.repository, text),
        reference=_as_printed(image.reference, text),
        client_ip=_as_printed(read_client_ip(clear) if _from_acr(cause, lower) else None, text),
        signature=decided.name if decided else None,
    )


def _decide(words: str) -> Signature | None:
    """The first attempt's signature; the whole text's when the first attempt tells no reason."""
    first = _first_attempt(words)
    if first is not None:
        decided = _first_match(first)
        if decided and decided.cause not in _WITHOUT_REASON:
            return decided
    return _first_match(words)


_WITHOUT_REASON = frozenset({Cause.UNKNOWN_PULL_FAILURE, Cause.NOT_A_PULL_FAILURE})


def _first_attempt(words: str) -> str | None:
    """What the kubelet printed before its anonymous retry, or None where there is no retry."""
    start = words.find("[rpc error:")
    if start < 0:
        start = words.find("[failed to pull")
    if start < 0:
        return None
    ends = [at for mark in _SECOND_ATTEMPT if (at := words.find(mark, start + 1)) > 0]
    return words[: min(ends)] if ends else None


def _first_match(words: str) -> Signature | None:
    for signature, phrases, unless in _applicable(facts(words)):
        if signature.alone:
            if _is_fragment(words, signature.phrases):
                return signature
        elif phrases.found_in(words) and not unless.found_in(words):
            return signature
    return None


def _from_acr(cause: Cause, lower: str) -> bool:
    """An application's own IP filter may use the same sentence; its address is not ours to read."""
    return cause is not Cause.NOT_A_PULL_FAILURE or "acr/firewall" in lower


def _is_fragment(words: str, phrases: tuple[str, ...]) -> bool:
    words = words.lstrip("\"'*>- ").removeprefix("error: ")
    for phrase in phrases:
        if words.startswith(phrase):
            following = words[len(phrase) : len(phrase) + 1]
            return phrase.endswith(" ") or not (following.isalnum() or following == " ")
    return False


@cache
def _applicable(known: frozenset[Fact]) -> tuple[_Compiled, ...]:
    """The part of the table that these facts leave standing (at most 16 combinations)."""
    return tuple(
        each
        for each in _COMPILED
        if known.issuperset(each[0].needs) and known.isdisjoint(each[0].never)
    )


def _as_printed(value: str | None, text: str) -> str | None:
    """The value in the spelling the text has, or None when the text only has it in pieces."""
    if value is None or value in text:
        return value
    for lt, gt in (("\\u003c", "\\u003e"), ("\\u003C", "\\u003E")):
        escaped = value.replace("<", lt).replace(">", gt)
        if escaped in text:
            return escaped
    for spelling in (value.replace("/", "\\/"), value.replace("\u2026", "\\u2026")):
        if spelling in text:
            return spelling
    return None
