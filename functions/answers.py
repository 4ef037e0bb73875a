"""
What a request is told: JSON, and one error form for every way to fail.

In:  a value, or whatever a door raised.
Out: an HTTP response.

    400 BadInput · 403 OutOfScope · 404 NotFound · 409 Conflict and kin · 413 TooLarge
    502 Azure failed or refused us · 503 our own store did not answer
    500 a bug: logged with its traceback, told without
"""

import functools
import logging
import secrets
from collections.abc import Callable
from typing import Any, ParamSpec

import azure.functions as func
import msgspec

from functions.questions import TooLarge
from shared import errors
from shared.model.discretion import discreet

log = logging.getLogger("medic.doors")

Asked = ParamSpec("Asked")

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@functools.cache
def _kinds() -> tuple[tuple[type[Exception], int, str], ...]:
    """What each failure is told as. First match wins: from the particular to the general."""
    from shared.store.interface import StaleIncident, StoreError

    return (
        (TooLarge, 413, "too-large"),
        (errors.BadInput, 400, "bad-input"),
        (errors.OutOfScope, 403, "out-of-scope"),
        (errors.NotFound, 404, "not-found"),
        (errors.Conflict, 409, "conflict"),
        (errors.InUse, 409, "busy"),
        (StaleIncident, 409, "changed-meanwhile"),
        (StoreError, 503, "store-unavailable"),
        (errors.Throttled, 502, "azure-throttled"),
        (errors.LeaseLost, 503, "changed-meanwhile"),
        (errors.TransientError, 502, "azure-unreachable"),
        (errors.PermissionMissing, 502, "permission-missing"),
        (errors.PermanentError, 502, "azure-refused"),
        (errors.BudgetSpent, 502, "budget-spent"),
    )


def answer(value: Any, status: int = 200) -> func.HttpResponse:
    """`value` as JSON."""
    return func.HttpResponse(
        msgspec.json.encode(value),
        status_code=status,
        mimetype="application/json",
        headers=_HEADERS,
    )


def refuse(
    status: int, code: str, message: str, details: Any = None, delay: float | None = None
) -> func.HttpResponse:
    """An error in the one form there is. `delay`: seconds after which to ask again."""
    error = {"code": code, "message": message} | ({"details": details} if details else {})
    response = answer({"error": error}, status)
    if delay is not None:
        response.headers["Retry-After"] = str(max(1, round(delay)))
    return response


def answering(
    door: Callable[Asked, func.HttpResponse],
) -> Callable[Asked, func.HttpResponse]:
    """Turn whatever the door raises into an answer."""

    @functools.wraps(door)
    def answered(*args: Asked.args, **kwargs: Asked.kwargs) -> func.HttpResponse:
        try:
            return door(*args, **kwargs)
        except Exception as error:
            return _told(error, door.__name__)

    return answered


def _told(error: Exception, door: str) -> func.HttpResponse:
    for kind, status, code in _kinds():
        if isinstance(error, kind):
            said = discreet(str(error))  # it may quote what was asked
            log.info("%s answered %d: %s", door, status, said, extra={"stage": door})
            details, delay = getattr(error, "details", None), getattr(error, "delay", None)
            return refuse(status, code, said, details, delay)
    reference = secrets.token_hex(4)
    log.exception("%s failed (reference %s)", door, reference, extra={"stage": door})
    message = f"something unexpected happened; the log has it under reference {reference}"
    return refuse(500, "unexpected", message)
