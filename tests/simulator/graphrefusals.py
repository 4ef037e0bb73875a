"""
How Azure Resource Graph refuses: bad queries, bad options, too many questions.

In:  the Call and what is wrong with it.
Out: a Refusal in its own form, with details and a stamp to quote to support.
"""

from typing import Any

from tests.simulator.kql import KqlError
from tests.simulator.routes import Call
from tests.simulator.wire import Refusal

_QUERY_INVALID = {
    "code": "InvalidQuery",
    "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph "
    "service and fix the error before retrying.",
}


def refused(call: Call, failed: KqlError) -> Refusal:
    detail: dict[str, Any] = {"code": failed.code, "message": failed.message}
    if failed.kind == "SyntaxError":
        detail = {
            "code": "ParserFailure",
            "message": "ParserFailure",
            "line": failed.line,
            "characterPositionInLine": failed.position,
            "token": failed.token or "<EOF>",
        }
    elif "Failed to resolve table" in failed.message:
        table = failed.message.rsplit("'", 2)[-2]
        detail = {
            "code": "DisallowedLogicalTableName",
            "message": f"Table {table} is invalid, unsupported or disallowed.",
        }
    return error(call, "BadRequest", [_QUERY_INVALID, detail])


def invalid(call: Call, code: str, message: str) -> Refusal:
    return error(call, "BadRequest", [{"code": code, "message": message}])


def error(
    call: Call,
    code: str,
    details: list[dict[str, Any]],
    status: int = 400,
    headers: dict[str, str] | None = None,
) -> Refusal:
    asked = call.request.headers.get("x-ms-correlation-request-id", call.world.tenant)
    stamp = f"{call.world.clock.now():%Y-%m-%dT%H:%M:%S.%f}0Z"
    message = (
        f"Please provide below info when asking for support: timestamp = {stamp}, "
        f"correlationId = {asked}."
    )
    return Refusal(status, code, message, headers=headers, details=details)
