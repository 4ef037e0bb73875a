"""
One story of the matrix: what is broken, on which host, and how it must end.

In:  a scenario and the name of the workload in it.
Out: a Story; `must_end` holds an ending against what was seen, from inside and from outside.

Every expectation is stated: the finding, the state, all writes, and whether the simulated
platform's own next pull works. Nothing is taken from the product's word alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.words import FindingName, Host
from tests.clinic import GENEROUS, Clinic

Scenario = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Story:
    """`row` is the line of the decision table the story proves."""

    row: int
    finding: FindingName
    host: Host
    scenario: Callable[[], Scenario]
    workload: str  # name of the resource that pulls, or the end of its id ("sites/shop/slots/new")
    ends: str  # the incident's state when nothing moves any more
    does: str  # for the README: what the service does, in a few words
    variant: str = ""  # for the README: what is special ("Windows", "NAT gateway")
    also: tuple[FindingName, ...] = ()  # faults that must be found behind the first
    policy: str = GENEROUS
    writes: tuple[str, ...] = ()  # "PATCH …/registries/contosoimages": method and end of the path
    works: bool | None = None  # whether the next pull works; None: exactly when it ends healed
    says: tuple[str, ...] = ()  # words the advice or the gate's reasons must contain
    unheard: tuple[str, ...] = ()  # ways in that cannot tell of it: no alert without failing rows
    minutes: int = 45  # how long the sweep may take
    meanwhile: Callable[[Clinic, ResourceId], None] | None = None  # between failing and being heard
    retry: Sequence[float] = field(default=(45.0,))  # the platform's own pulls; () for none

    def __str__(self) -> str:
        return f"{self.row}-{self.finding}-{self.host}-{self.variant or 'plain'}".replace(" ", "_")

    def world(self) -> Scenario:
        """The scenario with the platform's patience."""
        scenario = self.scenario()
        return scenario | {"retry": scenario.get("retry") or list(self.retry)}

    def fails(self, clinic: Clinic, workload: ResourceId) -> None:
        """The platform pulls; then happens what happens before anybody hears of it."""
        clinic.pull(workload)
        if self.meanwhile is not None:
            self.meanwhile(clinic, workload)


def must_end(story: Story, incident: Incident, clinic: Clinic) -> None:
    """Hold an ended incident against the story."""
    diagnosis, plan, decision = incident.diagnosis, incident.plan, incident.decision
    assert diagnosis is not None
    assert plan is not None
    assert diagnosis.finding == story.finding, diagnosis.summary
    assert set(story.also) <= set(diagnosis.also), diagnosis.also
    assert incident.state == story.ends, [moment.text for moment in incident.timeline]
    assert incident.host == story.host
    done = [short(write) for write in clinic.writes]
    assert len(done) == len(story.writes), clinic.writes
    for write, expected in zip(clinic.writes, story.writes, strict=True):
        verb, _, end = expected.partition(" ")
        assert write.partition(" ")[0] == verb
        assert write.lower().endswith(end.removeprefix("…").lower()), write
    told = " ".join((*plan.advice, *(decision.reasons if decision else ()), diagnosis.summary))
    for words in story.says:
        assert words.lower() in told.lower(), told
    assert told.strip()


def must_pull(story: Story, clinic: Clinic) -> None:
    """The platform pulls once more: that, and not our word, says whether it is healed."""
    expected = story.ends == "healed" if story.works is None else story.works
    pulled = clinic.pull(clinic.find(story.workload))
    assert pulled["ok"] is expected, pulled


def short(write: str) -> str:
    """`PATCH registries/contosoimages` of a write's method and path."""
    verb, _, path = write.partition(" ")
    return f"{verb} {'/'.join(path.split('/')[-2:])}"
