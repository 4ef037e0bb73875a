"""
SDK exceptions become the family of `shared.errors`, once, here.

In:  whatever azure-core, azure-identity or a cut line raised while we asked for something.
Out: one of our errors, one sentence long, the original kept as its cause.

Azure's services do not agree on an error body: `{"error": {"code", "message"}}`, App Service's
`{"Code", "Message"}`, the Activity Log's bare `{"code", "message"}`, gateways' `{"error": {}}`
(seen in recorded traffic of the Azure command line). All are read. Tokens and signed poll addresses
never enter a message: only the code and the service's own sentence do.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
)

from shared.errors import Conflict, NotFound, PermissionMissing, Refused, Throttled, Unreachable
from shared.model.discretion import discreet

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONGEST = 500
#: App Service's 429 carries no Retry-After (recorded); then we choose.
_OWN_DELAY = 30.0


def sentence(text: object) -> str:
    """Somebody else's words, made safe for one line of ours."""
    clean = _CONTROL.sub(" ", str(text)).strip()
    clean = discreet(clean)
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Run a call to Azure; `what` finishes the sentence "Azure … while we {what}"."""
    try:
        yield
    except Throttled as error:  # the guard's word; no request may have been sent
        if " while we " in str(error):
            raise
        raise Throttled(f"{error} while we {what}", delay=error.delay) from error
    except HttpResponseError as error:
        raise _answered(what, error) from error
    except AzureError as error:
        raise Unreachable(f"no answer from Azure while we {what}: {sentence(error)}") from error
    except (OSError, json.JSONDecodeError) as error:
        raise Unreachable(f"the line was cut while we {what}: {sentence(error)}") from error
    except (TypeError, AttributeError, LookupError, ValueError) as error:
        # An SDK's own deserialiser stumbled: a 200 whose body is not what was asked for.
        raise Refused(f"Azure's answer made no sense while we {what}: {sentence(error)}") from error


def _answered(what: str, error: HttpResponseError) -> Exception:
    status = error.status_code or 0
    said = _words(error)
    text = f"Azure answered {status or 'nothing usable'} while we {what}: {said}"
    if isinstance(error, DecodeError) or status == 0:
        return Unreachable(text)
    if isinstance(error, ClientAuthenticationError) or status in (401, 403):
        return PermissionMissing(text)
    if status == 404:
        return NotFound(text)
    if status == 409:
        return Conflict(text)
    if status == 429:
        return Throttled(text, delay=_delay(error))
    if status >= 500 or status == 408:
        return Unreachable(text, delay=_delay(error))
    return Refused(text)


def _words(error: HttpResponseError) -> str:
    try:
        body: Any = json.loads(error.response.text()) if error.response else None
    except Exception:  # a half-sent or undecodable body: its own message must do
        body = None
    if isinstance(body, dict):
        nested = body.get("error")
        inner = nested if isinstance(nested, dict) else body
        lowered = {str(key).lower(): value for key, value in inner.items()}
        code, message = lowered.get("code"), lowered.get("message")
        if code or message:
            return sentence(f"{code or ''} {message or ''}")
    return sentence(error.reason or error.message)


def _delay(error: HttpResponseError) -> float:
    response: Any = error.response
    given = response.headers.get("Retry-After") if response is not None else None
    try:
        return min(max(float(given or _OWN_DELAY), 1.0), 3600.0)
    except ValueError:
        return _OWN_DELAY
