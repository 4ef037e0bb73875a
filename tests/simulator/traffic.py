"""
What crossed the wire: every request and response, kept as they were, shown without credentials.

In:  exchanges as the simulator carries them out.
Out: the contract's form of them; masking happens when somebody looks, not while Azure answers.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.simulator import masking
from tests.simulator.wire import Request, Response


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer; None when the connection broke before there was one."""

    number: int
    at: datetime
    request: Request
    response: Response | None

    @cached_property
    def shown(self) -> dict[str, Any]:
        request, response = self.request, self.response
        answer: dict[str, Any] | None = None
        if response is not None:
            kind = next((v for k, v in response.headers.items() if k.lower() == "content-type"), "")
            answer = {
                "statusCode": response.status,
                "headers": masking.headers(response.headers),
                "body": masking.body(request.path, response.content, kind),
            }
        return {
            "n": self.number,
            "at": self.at.isoformat(),
            "liveRequest": {
                "headers": masking.headers(request.headers),
                "method": request.method,
                "url": request.url,
                "body": masking.body(
                    request.path, request.body, request.headers.get("content-type", "")
                ),
            },
            "liveResponse": answer,
        }
