# ruff: noqa: ARG001
"""
Whether stored credentials are those the registry accepts.

In:  the evidence read so far.
Out: the aspect `credentials`; None where it leaves no question open.
"""

from collections.abc import Iterator

from shared.clients.azure import Azure
from shared.model.credentials import Credentials
from shared.model.evidence import Evidence, Fact, Unread


def read(azure: Azure, evidence: Evidence) -> Credentials | Unread | None:
    return None


def facts(evidence: Evidence) -> Iterator[Fact]:
    yield from ()
