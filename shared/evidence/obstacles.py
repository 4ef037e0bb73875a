# ruff: noqa: ARG001
"""
What stands in the way inside the workload's own network.

In:  the evidence read so far.
Out: the aspect `obstacles`; () where it leaves no question open.
"""

from collections.abc import Iterator

from shared.clients.azure import Azure
from shared.model.evidence import Evidence, Fact, Unread
from shared.model.private_path import Obstacle


def read(azure: Azure, evidence: Evidence) -> tuple[Obstacle, ...] | Unread:
    return ()


def facts(evidence: Evidence) -> Iterator[Fact]:
    yield from ()
