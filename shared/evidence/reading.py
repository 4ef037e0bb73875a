"""
How a read that fails becomes a fact.

A refusal (403, 404, an answer without sense) becomes Unread with Azure's words; the absence of an
answer (throttled, unreachable) is passed on, because asking again later can still succeed.

An answer over whose form our own code stumbles is an answer without sense too; the log keeps where.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from shared.errors import PermanentError, Refused
from shared.model.evidence import Unread
from shared.model.ids import InvalidId, ResourceId

T = TypeVar("T")
log = logging.getLogger(__name__)


def attempt(read: Callable[[], T]) -> T | Unread:
    """The value, or why it is not readable."""
    try:
        return read()
    except PermanentError as refusal:
        return Unread(f"not readable: {refusal}")
    except (TypeError, AttributeError, LookupError, ValueError) as error:
        log.exception("An answer of Azure could not be understood")
        return Unread(f"not readable: Azure's answer made no sense ({type(error).__name__})")


def known(value: T | Unread, otherwise: T) -> T:
    """The value where it was read, else `otherwise`. Only for display and for narrowing reads."""
    return otherwise if isinstance(value, Unread) else value


def whole(answer: Mapping[str, Any], what: str) -> Mapping[str, Any]:
    """A resource as ARM gives it, or Refused when the answer is not one: a 200 is no promise."""
    if not isinstance(answer.get("id"), str) or not isinstance(answer.get("properties"), dict):
        raise Refused(f"Azure's answer about {what} is not a resource")
    return answer


def same(answer: Mapping[str, Any], asked: ResourceId) -> Mapping[str, Any]:
    """The very resource that was asked for, or Refused: what is judged must be what is changed."""
    if id_in(whole(answer, str(asked))["id"]) != asked:
        raise Refused(f"Azure answered about {str(answer['id'])[:200]!r} when asked for {asked}")
    return answer


def id_in(text: object) -> ResourceId | None:
    """A resource id that ARM put into an answer; None when it is absent or no id at all."""
    try:
        return ResourceId.parse(text)
    except InvalidId:
        return None
