"""
What crosses the wire: a request, a response, and the ways a service refuses.

Everything above this file is socket-free: the HTTP server and the in-process transport of the tests
both turn their own requests into these. Pure.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request. Header names are lower-case; `url` is absolute."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    kind: str | None = None  # the front end it came in by, where the host name does not tell

    @cached_property
    def host(self) -> str:
        return (urlsplit(self.url).hostname or "").lower()

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port as the client spelled them: what next and poll links start with."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @cached_property
    def path(self) -> str:
        """Decoded; several slashes in a row count as one: SDKs put scopes behind a slash."""
        return re.sub("/+", "/", "/" + unquote(urlsplit(self.url).path))

    @cached_property
    def query(self) -> dict[str, str]:
        """Query parameters with lower-case names; the last of equal names wins."""
        pairs = parse_qsl(urlsplit(self.url).query, keep_blank_values=True)
        return {name.lower(): value for name, value in pairs}

    @cached_property
    def json(self) -> Any:
        """The parsed body; a Refusal in Azure's words when it is not JSON."""
        try:
            return json.loads(self.body or b"null")
        except ValueError as error:
            raise Refusal(
                400,
                "InvalidRequestContent",
                f"The request content was invalid and could not be deserialized: '{error}'.",
            ) from None


@dataclass(frozen=True, kw_only=True)
class Response:
    """One HTTP response. `body` is bytes, text, or anything JSON can say; None sends no body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds the front end waits before sending it

    @cached_property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body).encode()


class Refusal(Exception):
    """A service says no. `shape` is the error body that service really uses.

    "arm":  {"error": {"code", "message", …extra}}       most of the resource manager
    "web":  {"Code", "Message", "Target", "Details", "Innererror"}    App Service's own errors
    "bare": {"code", "message"}                           Activity Log, private DNS
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        shape: str = "arm",
        **extra: Any,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.headers, self.shape, self.extra = dict(headers or {}), shape, extra

    def response(self) -> Response:
        if self.shape == "web":
            body: Any = {
                "Code": self.code,
                "Message": self.message,
                "Target": None,
                "Details": [{"Message": self.message}, {"Code": self.code}],
                "Innererror": None,
            }
        elif self.shape == "bare":
            body = {"code": self.code, "message": self.message}
        else:
            body = {"error": {"code": self.code, "message": self.message, **self.extra}}
        headers = {"Content-Type": "application/json; charset=utf-8", **self.headers}
        return Response(status=self.status, body=body, headers=headers)


class Dropped(Exception):
    """The connection broke: `before` the request was looked at, or `after` it was carried out."""

    def __init__(self, when: str, *, delay: float = 0.0) -> None:
        super().__init__(f"connection reset {when} the request was carried out")
        self.when, self.delay = when, delay


def resource_not_found(id: str) -> Refusal:
    """What ARM answers for a resource that is not there, whatever its provider."""
    parts = id.strip("/").split("/")
    at = max(i for i, part in enumerate(parts) if part.lower() == "providers")
    namespace, rest = parts[at + 1], parts[at + 2 :]
    name = "/".join([namespace, *rest])
    where = f" under resource group '{parts[3]}'" if len(parts) > 3 and at >= 4 else ""
    return Refusal(
        404,
        "ResourceNotFound",
        f"The Resource '{name}'{where} was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
    )
