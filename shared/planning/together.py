"""
Several images of one workload: their plans as one.

In:  for each image, in the order in which the platform pulls them: its name, its registry, its plan
     and what is known of its faults.
Out: one Plan, and each image's own share of its steps, to be judged by that image's own evidence.

One write heals every image it serves: a step that several images need stands there once. Behind an
image that a person has to see to, nothing is done: it could not be seen to help. While a registry
is in trouble of its own, nothing is planned for it. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.model.ids import ResourceId
from shared.model.plan import Plan, Step
from shared.model.words import RemedyName


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One image's plan."""

    name: str
    registry: ResourceId | None
    plan: Plan
    faulty: bool  # a fault of its pull is proven
    leads: bool  # its finding is the workload's
    troubled: bool  # its registry answers with trouble of its own


def merge(parts: Sequence[Part]) -> tuple[Plan, tuple[Plan, ...]]:
    """The whole plan, and each part's share under the whole plan's digest."""
    if len(parts) == 1:
        return parts[0].plan, (parts[0].plan,)
    kept, notes = _kept(parts)
    whole = Plan.of(
        _once(kept),
        advice=(*notes, *_advice([part for part in parts if part.faulty or part.leads])),
        infrastructure_change=_in_code(
            part for part, steps in zip(parts, kept, strict=True) if steps
        ),
    )
    shares = tuple(
        replace(part.plan, steps=steps, digest=whole.digest)
        for part, steps in zip(parts, kept, strict=True)
    )
    return whole, shares


def _kept(parts: Sequence[Part]) -> tuple[list[tuple[Step, ...]], list[str]]:
    """Which of its steps each part keeps, and why others are dropped."""
    anything = any(part.faulty for part in parts)
    troubled = {part.registry for part in parts if part.troubled}
    kept: list[tuple[Step, ...]] = []
    notes: list[str] = []
    waits_for = ""
    for part in parts:
        concerned = part.faulty if anything else part.leads
        steps = part.plan.steps if concerned else ()
        if steps and part.registry in troubled:
            notes.append(f"No change is planned for {part.name}: its registry is in trouble now.")
            steps = ()
        elif steps and waits_for:
            notes.append(
                f"No change is planned for {part.name} yet: {waits_for} is pulled before it and "
                "needs a person first."
            )
            steps = ()
        kept.append(steps)
        if part.faulty and not steps and not waits_for:
            waits_for = part.name
    return kept, notes


def _once(kept: Iterable[tuple[Step, ...]]) -> tuple[Step, ...]:
    """Every different step once, with all doubts about it; a restart after everything else."""
    found: dict[Any, Step] = {}
    for step in (step for steps in kept for step in steps):
        known = found.get(_essence(step), step)
        doubts = tuple(dict.fromkeys((*known.doubts, *step.doubts)))
        found[_essence(step)] = replace(known, doubts=doubts)
    return tuple(sorted(found.values(), key=lambda step: step.remedy is RemedyName.RESTART))


def _essence(step: Step) -> str:
    """What makes two steps the same change: the digest of a plan of that one step."""
    return Plan.of((step,)).digest


def _advice(parts: Sequence[Part]) -> list[str]:
    """Every text once; one that is not for all the images that need a person says for which."""
    whose: dict[str, list[str]] = {}
    for part in parts:
        for text in part.plan.advice:
            whose.setdefault(text, []).append(part.name)
    return [
        text if len(names) == len(parts) else f"{', '.join(names)}: {text}"
        for text, names in whose.items()
    ]


def _in_code(parts: Iterable[Part]) -> str | None:
    texts = dict.fromkeys(
        part.plan.infrastructure_change for part in parts if part.plan.infrastructure_change
    )
    return "\n\n".join(texts) or None
