"""
How a read that fails becomes a fact.

A refusal (403, 404, an answer without sense) becomes Unread with Azure's words; the absence of an
answer (throttled, unreachable) is passed on, because asking again later can still succeed.
"""

from collections.abc import Callable
from typing import TypeVar

from shared.errors import PermanentError
from shared.model.evidence import Unread

T = TypeVar("T")


def attempt(read: Callable[[], T]) -> T | Unread:
    """The value, or why it is not readable."""
    try:
        return read()
    except PermanentError as refusal:
        return Unread(f"not readable: {refusal}")


def known(value: T | Unread, otherwise: T) -> T:
    """The value where it was read, else `otherwise`. Only for display and for narrowing reads."""
    return otherwise if isinstance(value, Unread) else value
