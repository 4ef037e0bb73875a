"""
Several images of one workload: their diagnoses as one.

In:  a Diagnosis for each image, in the order in which the platform pulls them.
Out: one Diagnosis; and which of the images its finding is about.

A workload runs when all its images were pulled, so the first fault met across them is the finding
and the others are behind it. What was not proven of one image says less than a fault proven of
another, and "in order" holds only when it holds for all. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.model.evidence import Fact, ImageUse
from shared.model.plan import Diagnosis, RuledOut
from shared.model.words import Cause, FindingName

#: Findings that are no proven fault, from what says most to what says least.
_CONCLUSIONS = (
    FindingName.UNDETERMINED,
    FindingName.NOT_RETRYING,
    FindingName.NOT_A_PULL_FAILURE,
    FindingName.HEALTHY,
)
#: While these hold, nothing about that registry may be changed for any image.
TROUBLE = frozenset({FindingName.REGISTRY_UNAVAILABLE, FindingName.THROTTLED})


@dataclass(frozen=True, slots=True)
class Judged:
    """One image with its diagnosis."""

    image: ImageUse | None
    diagnosis: Diagnosis

    @property
    def name(self) -> str:
        return f"{self.image.text} ({self.image.container})" if self.image else "the workload"

    @property
    def unclear(self) -> bool:
        """Something about it could not be read, so that it is in order is not known."""
        return not self.faulty and bool(self.diagnosis.doubts)

    @property
    def faulty(self) -> bool:
        return self.diagnosis.finding not in _CONCLUSIONS


def leading(parts: Sequence[Judged]) -> int:
    """The place of the part whose finding is the workload's."""
    return min(range(len(parts)), key=lambda at: (_weight(parts[at]), at))


def merge(parts: Sequence[Judged], cause: Cause) -> Diagnosis:
    """One Diagnosis of all parts; that of the only one as it is. `cause` is what the text said."""
    first = parts[leading(parts)]
    if len(parts) == 1:
        return first.diagnosis
    faulty = [part for part in parts if part.faulty]
    met = [name for part in faulty for name in (part.diagnosis.finding, *part.diagnosis.also)]
    finding = first.diagnosis.finding
    also = tuple(dict.fromkeys(name for name in met if name != finding))
    said = cause if cause is not Cause.NOT_A_PULL_FAILURE else first.diagnosis.cause
    return replace(
        first.diagnosis,
        cause=said,
        summary=_summary(first, faulty, parts),
        also=also,
        facts=_facts(first, parts),
        ruled_out=tuple(_ruled_out(parts, (finding, *also))),
        doubts=_doubts(first, parts),
    )


def _weight(part: Judged) -> int:
    return 0 if part.faulty else 1 + _CONCLUSIONS.index(part.diagnosis.finding)


def _summary(first: Judged, faulty: Sequence[Judged], parts: Sequence[Judged]) -> str:
    """Which images fail and why; of the rest, which are not known to be in order."""
    open_ones = [part.name for part in parts if part.unclear]
    unknown = f" Not known: {', '.join(open_ones[:3])}." if open_ones else ""
    if not faulty:
        told = f"{first.name}: {first.diagnosis.summary}"
        alike = all(part.diagnosis.summary == first.diagnosis.summary for part in parts)
        return f"All {len(parts)} images are alike. {told}" if alike else f"{told}{unknown}"
    how_many = f"{len(faulty)} of {len(parts)} images cannot be pulled."
    if len(faulty) == len(parts):
        how_many = f"None of the {len(parts)} images can be pulled."
    told = " ".join(f"{part.name}: {part.diagnosis.summary}" for part in faulty[:3])
    more = f" And {len(faulty) - 3} more." if len(faulty) > 3 else ""
    return f"{how_many} {told}{more}{unknown}"


def _facts(first: Judged, parts: Sequence[Judged]) -> tuple[Fact, ...]:
    """The facts about the image the finding is about, then what is told of others only. What has
    the same name and source and another value bears the other image's container."""
    told = list(first.diagnosis.facts)
    known = {(fact.fact, fact.source) for fact in told}
    for part in parts:
        container = part.image.container if part.image else ""
        for fact in part.diagnosis.facts if part is not first else ():
            if fact in told or fact.fact.startswith("instance "):
                continue
            if (fact.fact, fact.source) in known:
                fact = replace(fact, fact=f"{fact.fact} of {container}")
            told.append(fact)
    return tuple(told)


def _ruled_out(parts: Sequence[Judged], shown: Sequence[FindingName]) -> list[RuledOut]:
    """What is excluded for every image."""
    by_part = [{one.finding: one.because for one in part.diagnosis.ruled_out} for part in parts]
    everywhere = [
        name for name in by_part[0] if name not in shown and all(name in one for one in by_part)
    ]
    return [
        RuledOut(
            finding=name, because="; ".join(dict.fromkeys(because[name] for because in by_part))
        )
        for name in everywhere
    ]


def _doubts(first: Judged, parts: Sequence[Judged]) -> tuple[str, ...]:
    told = list(first.diagnosis.doubts)
    for part in parts:
        for doubt in part.diagnosis.doubts if part is not first else ():
            if doubt not in told:
                told.append(f"{part.name}: {doubt}")
    return tuple(dict.fromkeys(told))
