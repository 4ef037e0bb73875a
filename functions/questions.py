"""
What a request says, checked before anything is done about it.

In:  an HTTP request.
Out: its body in a declared shape, its parameters as nouns, who sent it; or BadInput / TooLarge.
"""

import hashlib
import os
import re
from typing import TypeVar

import azure.functions as func
import msgspec

from shared.errors import BadInput
from shared.model.discretion import discreet
from shared.model.ids import InvalidId, ResourceId
from shared.signals import intake

#: Bytes. The platform would take 100 MiB; nothing said here needs more than this.
LARGEST_BODY = 1 << 20
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

T = TypeVar("T")


class TooLarge(Exception):
    """The body is larger than any door takes."""


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """`{"resource", "message"?}`: look at this workload."""

    resource: str
    message: str | None = None


class Approval(msgspec.Struct, forbid_unknown_fields=True):
    """`{"plan": digest}`: exactly this plan may be carried out."""

    plan: str


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """`{"reason"}`: why a person decided so."""

    reason: str


def body(req: func.HttpRequest) -> bytes:
    """The body as sent. What it *is* counts; a Content-Length that lies changes nothing."""
    encoding = req.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise BadInput(f"Content-Encoding {encoding[:40]!r} is not understood; send plain JSON")
    sent = req.get_body() or b""
    if len(sent) > LARGEST_BODY:
        raise TooLarge(
            f"the body has {len(sent)} bytes; {LARGEST_BODY} is the most this door takes"
        )
    return sent


def read(req: func.HttpRequest, shape: type[T]) -> T:
    """The JSON body in that shape. Fields the shape does not name are refused."""
    return intake.convert(intake.decode(body(req), "the body"), shape, "the body")


def reason(req: func.HttpRequest) -> str:
    """The reason a person gives in the body."""
    return said(read(req, Reason).reason)


def said(reason: str) -> str:
    """A reason, not empty and not a book; it is kept for good, so without secrets."""
    if not (text := reason.strip()) or len(text) > 1000:
        raise BadInput("reason: say in 1 to 1000 characters why")
    return discreet(text)


def resource(text: str, field: str = "resource") -> ResourceId:
    """A resource id out of a body or a query."""
    try:
        return ResourceId.parse(text)
    except InvalidId as error:
        raise BadInput(f"{field}: {error}") from error


def incident(req: func.HttpRequest) -> str:
    """The incident's id in the path."""
    id = req.route_params.get("id", "")
    if not _IDENTIFIER.fullmatch(id):
        raise BadInput(f"{id[:60]!r} cannot be the id of an incident")
    return id


def person(req: func.HttpRequest) -> str:
    """Who asks: the signed-in user, or whoever holds that function key.

    The platform removes the principal headers from requests of outsiders only while App Service
    authentication is on ("Work with user identities in App Service authentication"); otherwise
    anybody with a key could sign with any name. A client that is no person has an id and no name.

    The host knows the name of the key and hands it over as a claim, which the Python worker drops
    (`datumdef.from_typed_data`, azure-functions-runtime 1.3.0). So a key is told by its
    fingerprint: nobody can show another's without having the key, and none leads back to one.
    """
    if os.environ.get("WEBSITE_AUTH_ENABLED", "").lower() == "true":
        for header in ("X-MS-CLIENT-PRINCIPAL-NAME", "X-MS-CLIENT-PRINCIPAL-ID"):
            if name := req.headers.get(header, "").strip():
                return name[:200]
    key = req.headers.get("x-functions-key") or req.params.get("code")  # the host's own order
    if not key:
        return "function key"
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    return f"function key sha256:{digest[:8]}"
