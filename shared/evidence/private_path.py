# ruff: noqa: ARG001
"""
The private path between a workload and a registry, leg by leg.

In:  the evidence read so far.
Out: the aspect `private_path`; None where it leaves no question open.
"""

from collections.abc import Iterator

from shared.clients.azure import Azure
from shared.model.evidence import Evidence, Fact, Unread
from shared.model.private_path import PrivatePath


def read(azure: Azure, evidence: Evidence) -> PrivatePath | Unread | None:
    return None


def facts(evidence: Evidence) -> Iterator[Fact]:
    yield from ()
