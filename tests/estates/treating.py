"""
The product at work on one estate, and a record of everything that can be held against it.

In:  a Blueprint.
Out: a Case: what the platform's pulls did before and after, the state of Azure before and after,
     the incident, every write.

The pulls are the simulated platform's; nothing is judged here.
"""

import copy
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from shared.errors import HealError
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.views import incident_view
from shared.model.words import OPEN_STATES, RemedyName, State
from shared.pipeline import again, approve, diagnose, heal, rollback, sweep
from shared.store.interface import RecordKind
from tests.clinic import Clinic
from tests.estates.blueprint import Blueprint
from tests.estates.building import Built, build
from tests.simulator import lagging, platform, pull, workloads
from tests.simulator.services import resourcegraph
from tests.simulator.world import Resource, World

#: Sweeps after which an incident that still waits is one that loops.
SWEEPS = 60
#: The platform's own pulls before the product hears of it: once for every address it may leave by.
ROUNDS = 4
_UNDER_WAY = OPEN_STATES - {State.HELD}


@dataclass(frozen=True, order=True)
class Failure:
    """Where a pull failed, and why; see `tests/simulator/pull.py`."""

    stage: str
    why: str


@dataclass(kw_only=True)
class Case:
    """One estate, treated."""

    blueprint: Blueprint
    built: Built
    workload: str
    before: dict[str, Resource]
    failing: tuple[Failure, ...]  # before, in the order the pulls met them
    seen: bool  # the platform's own last pull failed, and it said so
    rehearsed: list[str] = field(default_factory=list)  # writes of the dry run
    incident: Incident
    shown: str = ""  # everything the product says about it, as JSON
    after: dict[str, Resource] = field(default_factory=dict)
    still: tuple[Failure, ...] = ()  # failing afterwards
    writes: list[str] = field(default_factory=list)  # "PATCH /subscriptions/…", all of them
    announced: list[tuple[str, str]] = field(default_factory=list)  # method and url, from the audit
    again: list[str] = field(default_factory=list)  # those of the same signal, heard once more
    taken_back: dict[str, Resource] | None = None  # everything after a rollback
    kept: str = ""  # why the rollback was refused
    most_calls: int = 0  # requests of the busiest single execution: a heal, or one sweep of it

    @property
    def findings(self) -> tuple[str, ...]:
        told = self.incident.diagnosis
        return (told.finding.value, *(one.value for one in told.also)) if told else ()


def treat(blueprint: Blueprint, *, rehearse: bool = False, repeat: bool = False) -> Case:
    """Let the product hear of the workload, and let time pass until nothing moves any more."""
    with tempfile.TemporaryDirectory() as place:
        return _treat(blueprint, Path(place), rehearse=rehearse, repeat=repeat)


def _treat(blueprint: Blueprint, place: Path, *, rehearse: bool, repeat: bool) -> Case:
    built = build(blueprint)
    clinic = Clinic(built.estate.scenario(), place, policy=policy_of(built))
    world, id = clinic.simulator.world, str(built.workload["id"])
    if blueprint.page:
        resourcegraph.paged(world, blueprint.page)
    if blueprint.index_lag:
        index_what_was(world, blueprint)
    pulled = platform.pull(world, id)
    clinic.advance(blueprint.late)
    text = said(pulled) if blueprint.text else ""
    before, failing = photograph(world), failures(world, id)
    rehearsed = _rehearse(clinic, id, text) if rehearse else []
    calls = [0]
    incident = _until_it_rests(clinic, clinic.heal(ResourceId.parse(id), text), calls)
    case = Case(
        blueprint=blueprint,
        built=built,
        workload=id,
        before=before,
        failing=failing,
        seen=not pulled["ok"],
        rehearsed=rehearsed,
        incident=incident,
        after=photograph(world),
        still=failures(world, id),
        writes=clinic.writes,
        most_calls=max(later - sooner for sooner, later in pairwise(calls)),
    )
    if repeat:
        case.again = _once_more(clinic, id, text)
        _take_back(clinic, case)
    case.shown = _shown(clinic, incident)
    case.announced = _announced(clinic, incident.id)
    return case


def index_what_was(world: World, blueprint: Blueprint) -> None:
    """The faults came a moment ago: Resource Graph still shows the estate without them, or with
    those that were repaired since."""
    former = build(blueprint.but(faults=blueprint.ghosts)).estate.resources
    shown = {str(one["id"]).lower(): one for one in former}
    present = {str(one["id"]).lower(): one for one in world.resources}
    for id in sorted(shown.keys() | present.keys()):
        if shown.get(id) != present.get(id):
            lagging.changed(world, id, shown.get(id))


def policy_of(built: Built) -> str:
    """Every remedy as the blueprint's mode says; a pair where it has one."""
    blueprint = built.blueprint
    pairs = [{"registry": built.registry["id"], "workloads": [built.workload["id"]]}]
    return json.dumps(
        {
            "version": 1,
            "mode": blueprint.mode,
            "remedies": {
                **{name.value: {"mode": blueprint.mode} for name in RemedyName},
                "firewall-sync": {
                    "mode": blueprint.mode,
                    "shared_egress": "allow",
                    "azure_firewall": "allow" if blueprint.shared_firewall else "hold",
                },
            },
            "pairs": pairs if blueprint.pair else [],
            "wait": {"verify_first": "0s"},
        }
    )


def failures(world: World, id: str) -> tuple[Failure, ...]:
    """What the next pulls would fail with, each once; nothing of the world is moved by asking."""
    workload = workloads.find(world, id)
    assert workload is not None
    turns = copy.deepcopy(world.memory.get("pull", {}))
    met = [
        Failure(one.stage or "", one.why)
        for _ in range(ROUNDS)
        for one in pull.attempt(world, workload)
        if not one.ok
    ]
    world.memory["pull"] = turns
    return tuple(dict.fromkeys(met))


def photograph(world: World) -> dict[str, Resource]:
    """Everything there is, by id, with what is kept beside the resources."""
    state = world.snapshot()
    photo = {str(item["id"]).lower(): item for item in state["resources"]}
    for part in ("appSettings", "secrets", "passwords", "images", "egress"):
        photo[part] = state[part]
    return photo


def said(pulled: dict[str, Any]) -> str:
    """What the platform's newest error row says."""
    for entry in reversed(pulled["logs"]):
        row = entry["row"]
        text = str(row.get("Message") or row.get("Log_s") or row.get("Log") or "")
        if text and not pulled["ok"]:
            return text
    return ""


def _rehearse(clinic: Clinic, id: str, text: str) -> list[str]:
    diagnose(ResourceId.parse(id), text or None, medic=clinic.medic)
    return clinic.writes


def _until_it_rests(clinic: Clinic, incident: Incident, calls: list[int]) -> Incident:
    """Sweep whenever something is due; approve what waits for a person, once."""
    for _ in range(SWEEPS):
        calls.append(incident.azure_calls.reads + incident.azure_calls.writes)
        if incident.state is State.HELD and clinic.medic.policy and not incident.approved:
            if not _approved(clinic, incident, calls):
                break
        elif incident.state not in _UNDER_WAY and not _due(incident):
            break
        else:
            due = incident.verification.due if incident.verification else None
            wait = (due - clinic.medic.now()) if due else timedelta(seconds=60)
            clinic.advance(max(60.0, wait.total_seconds()))
            sweep(medic=clinic.medic)
        incident = clinic.load(incident.id)
    return incident


def _due(incident: Incident) -> bool:
    """Whether somebody will look at it again: a job between its runs is waited for."""
    return incident.verification is not None and incident.verification.due is not None


def _approved(clinic: Clinic, incident: Incident, calls: list[int]) -> bool:
    """A person says yes where that is what is missing."""
    plan, decision = incident.plan, incident.decision
    if plan is None or decision is None or set(decision.rules) != {"somebody-decided"}:
        return False
    try:
        told = approve(incident.id, plan.digest, "operator", medic=clinic.medic)
    except HealError:
        return False
    calls.append(told.azure_calls.reads + told.azure_calls.writes)
    heal(again(told, medic=clinic.medic), medic=clinic.medic)
    return True


def _once_more(clinic: Clinic, id: str, text: str) -> list[str]:
    """The same failure told again a while later."""
    so_far = len(clinic.writes)
    clinic.advance(120)
    incident = clinic.heal(ResourceId.parse(id), text, id="signal-2")
    _until_it_rests(clinic, incident, [])
    return clinic.writes[so_far:]


def _take_back(clinic: Clinic, case: Case) -> None:
    """A person wants what was written undone."""
    if not case.writes or case.again or case.incident.state in _UNDER_WAY:
        return
    try:
        told = rollback(case.incident.id, "a test", "operator", medic=clinic.medic)
        case.kept = told.timeline[-1].text if "any more" in told.timeline[-1].text else ""
    except HealError as refusal:
        case.kept = str(refusal)
    case.taken_back = photograph(clinic.simulator.world)


def _announced(clinic: Clinic, id: str) -> list[tuple[str, str]]:
    """The requests of every intent the audit holds."""
    intents = [one for one in clinic.medic.store.records(id) if one.kind is RecordKind.INTENT]
    return [each for one in intents for each in _requests(one.detail)]


def _requests(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if "method" in value and "url" in value:
            yield value["method"], value["url"]
        for inner in value.values():
            yield from _requests(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _requests(inner)


def _shown(clinic: Clinic, incident: Incident) -> str:
    records = [repr(record) for record in clinic.medic.store.records(incident.id)]
    return json.dumps([incident_view(incident), records])
