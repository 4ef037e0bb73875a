"""
Tidying: what decides whether an address rule of ours may go again.

In:  nothing.
Out: the nouns: a rule of ours, a workload and what it leaves by, and both together.

Not knowing keeps an address: a workload that cannot be read, or whose way out cannot be proven, may
need any of them. Pure.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.model import networks
from shared.model.ids import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """One rule this service wrote: by which incident, for which workload, and when."""

    value: str
    incident: str
    workload: ResourceId
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaver:
    """A workload as it is now, seen from one registry: the addresses it may pull by; or why it
    needs none there (`without`); or why that cannot be told (`unknown`)."""

    id: ResourceId
    leaves_by: tuple[str, ...] = ()
    without: str = ""
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy:
    """Our rules at one registry, and everybody who may need them. `refused` are addresses that a
    person wanted kept when they were offered before."""

    owned: tuple[Owned, ...]
    leavers: tuple[Leaver, ...]
    refused: tuple[str, ...] = ()

    def keeps(self, value: str) -> str | None:
        """Why the address stays; None: nobody needs it, and everybody was asked."""
        if any(networks.same(value, one) for one in self.refused):
            return "a person wanted it kept when it was offered before"
        needing = [one.id.name for one in self.leavers if _among(value, one.leaves_by)]
        if needing:
            return f"{', '.join(needing)} may pull by it"
        unknown = [f"{one.id.name}: {one.unknown}" for one in self.leavers if one.unknown]
        if unknown:
            return f"it is not known whether it is needed ({'; '.join(unknown[:3])})"
        return None

    @property
    def unneeded(self) -> tuple[Owned, ...]:
        return tuple(one for one in self.owned if self.keeps(one.value) is None)


def _among(value: str, addresses: tuple[str, ...]) -> bool:
    mine = networks.parse(value)
    theirs = [network for text in addresses if (network := networks.parse(text))]
    return mine is None or any(mine.overlaps(one) for one in theirs)
