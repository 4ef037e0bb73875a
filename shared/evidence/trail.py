# ruff: noqa: ARG001
"""
What access there once was, from the Activity Log.

In:  the evidence read so far.
Out: the aspect `trail`; None where it leaves no question open.
"""

from collections.abc import Iterator

from shared.clients.azure import Azure
from shared.model.evidence import Evidence, Fact, Unread
from shared.model.trail import Trail


def read(azure: Azure, evidence: Evidence) -> Trail | Unread | None:
    return None


def facts(evidence: Evidence) -> Iterator[Fact]:
    yield from ()
