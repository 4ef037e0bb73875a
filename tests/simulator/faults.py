"""
Trouble on request: which requests go wrong, and how (the contract's POST /faults).

In:  fault descriptions; each request as it comes.
Out: the fault that applies to it, if any.

A fault counts the requests it matches; it strikes at the `nth` (first) and the `times`-1 after it.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.simulator.wire import Request, Response

_CODES = {
    401: ("InvalidAuthenticationToken", "The access token is invalid."),
    403: ("AuthorizationFailed", "The client does not have authorization to perform this action."),
    404: ("ResourceNotFound", "The Resource was not found."),
    408: ("RequestTimeout", "The request timed out."),
    409: ("Conflict", "Another operation is in progress."),
    412: ("PreconditionFailed", "The precondition of the request was not met."),
    429: ("TooManyRequests", "The request was throttled. Please try again later."),
    500: ("InternalServerError", "Encountered internal server error."),
    502: ("BadGateway", "The gateway did not receive a valid answer from the service."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable."),
    504: ("GatewayTimeout", "The gateway did not receive a response within the time allowed."),
}
_KEYS = {"match", "times", "status", "headers", "body", "delay_ms", "drop"}


@dataclass
class Fault:
    """One trouble; `seen` counts the requests it matched so far."""

    method: str | None = None
    path: re.Pattern[str] | None = None
    nth: int = 1
    times: int = 1
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    delay: float = 0.0  # seconds
    drop: str | None = None
    seen: int = 0

    @classmethod
    def parse(cls, said: Any) -> "Fault":
        """Raises ValueError saying what is wrong with the description."""
        if not isinstance(said, dict):
            raise ValueError("a fault is an object")
        if unknown := set(said) - _KEYS:
            raise ValueError(f"unknown keys in a fault: {', '.join(sorted(unknown))}")
        match = said.get("match") or {}
        if not isinstance(match, dict) or set(match) - {"method", "path", "nth"}:
            raise ValueError("match takes method, path (a regular expression) and nth")
        drop, status = said.get("drop"), said.get("status")
        if drop not in (None, "before", "after"):
            raise ValueError('drop is "before" or "after"')
        if status is not None and not (isinstance(status, int) and 100 <= status <= 599):
            raise ValueError("status is a number from 100 to 599")
        try:
            path = re.compile(match["path"], re.IGNORECASE) if match.get("path") else None
        except (re.error, TypeError) as error:
            raise ValueError(f"match.path is not a regular expression: {error}") from None
        return cls(
            method=str(match["method"]).upper() if match.get("method") else None,
            path=path,
            nth=int(match.get("nth") or 1),
            times=int(said.get("times", 1)),
            status=status,
            headers={str(k): str(v) for k, v in (said.get("headers") or {}).items()},
            body=said.get("body"),
            delay=float(said.get("delay_ms") or 0) / 1000,
            drop=drop,
        )

    def strikes(self, request: Request) -> bool:
        if self.method and self.method != request.method:
            return False
        if self.path and not (self.path.search(request.path) or self.path.search(request.url)):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times

    def answer(self) -> Response:
        """What the client gets when the fault has a status. Without a body: Azure's manners."""
        assert self.status is not None
        headers, body = dict(self.headers), self.body
        if body is None and self.status >= 400:
            code, message = _CODES.get(self.status, ("Error", f"Simulated {self.status}."))
            body = {"error": {"code": code, "message": message}}
            if self.status == 429 and not headers:
                headers = {"Retry-After": "1"}
        return Response(status=self.status, body=body, headers=headers)


@dataclass
class Faults:
    """The faults in force, in the order they were given; the first that strikes wins."""

    items: list[Fault] = field(default_factory=list)

    def add(self, *said: Any) -> None:
        """Put more in force; all or none. ValueError says what is wrong."""
        self.items += [Fault.parse(one) for one in said]

    def clear(self) -> None:
        self.items = []

    def pick(self, request: Request) -> Fault | None:
        striking = [fault for fault in self.items if fault.strikes(request)]
        return striking[0] if striking else None
