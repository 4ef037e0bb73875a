# ruff: noqa: ARG001
"""
What the registry itself says it holds.

In:  the evidence read so far.
Out: the aspect `catalogue`; None where it leaves no question open.
"""

from collections.abc import Iterator

from shared.clients.azure import Azure
from shared.model.catalogue import Catalogue
from shared.model.evidence import Evidence, Fact, Unread


def read(azure: Azure, evidence: Evidence) -> Catalogue | Unread | None:
    return None


def facts(evidence: Evidence) -> Iterator[Fact]:
    yield from ()
