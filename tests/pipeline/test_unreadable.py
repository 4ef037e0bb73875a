"""
Row 25: what cannot be read, makes no sense, or changes under our hands never leads to a wrong fix.

Every story of the matrix is told again with one of its reads spoilt: refused, or answered with
something that is no answer. What is written then is what the story writes, or nothing; each thing
in Azure is as it was or as the story leaves it; and nobody is told that all is well.

A read or two of a few stories by default; `READS=all` spoils every one of all (many minutes).
"""

import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.clients.guard import is_read
from shared.errors import HealError
from shared.model.incident import Incident
from shared.model.words import FindingName, State
from tests.clinic import Clinic
from tests.matrix.rows import STORIES
from tests.matrix.story import Story

_READS = os.environ.get("READS", "1")
_SPOILT: dict[str, dict[str, Any]] = {
    "refused": {"status": 403},
    "gone": {"status": 404},
    "empty": {"status": 200, "body": {}},
    "nonsense": {"status": 200, "body": {"value": "nonsense", "properties": "nonsense"}},
}
#: Of two registries one is not there to consent: what is read of the other may still be mended.
_IN_PARTS = frozenset({"only one of two registries consents"})
#: What the platform keeps about itself changes all the time.
_VIEWS = re.compile(r"/(sitestatus|revisions|replicas|executions|instances)(/|$)", re.IGNORECASE)
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Told:
    """A story told once: how it began, how it ended, and what was read on the way."""

    before: dict[str, str]
    after: dict[str, str]
    writes: list[str]
    reads: list[tuple[str, str]]
    incident: Incident


def _one_of_each() -> list[Story]:
    """The first story of every finding, and of every different set of writes."""
    found: dict[tuple[FindingName, int], Story] = {}
    for story in STORIES:
        if story.variant not in _IN_PARTS:
            found.setdefault((story.finding, len(story.writes)), story)
    chosen = sorted(found.values(), key=str)
    if _READS == "all":
        return chosen
    return [story for number, story in enumerate(chosen) if story.writes or number % 3 == 0]


def _tell(story: Story, place: Path, fault: dict[str, Any] | None = None) -> Told:
    place.mkdir()
    clinic = Clinic(story.world(), place, policy=story.policy)
    workload = clinic.find(story.workload)
    story.fails(clinic, workload)
    before = estate_of(clinic)
    if fault is not None:
        clinic.simulator.faults.add(fault)
    seen = len(clinic.simulator.traffic)
    incident = _healed(clinic, story)
    reads = list(_reads(clinic.simulator.traffic[seen:]))
    told = Told(before, estate_of(clinic), clinic.writes, reads, incident)
    clinic.medic.store.close()
    return told


def _healed(clinic: Clinic, story: Story) -> Incident:
    signal = clinic.signal(clinic.find(story.workload))
    try:
        incident = clinic.heal(clinic.find(story.workload))
    except HealError:
        incident = clinic.load(clinic.medic.receive(signal))
    return clinic.sweep_until_done(incident, minutes=story.minutes)


def estate_of(clinic: Clinic) -> dict[str, str]:
    """Everything in Azure that is not the platform's own view, as text, by id."""
    state = clinic.simulator.world.snapshot()
    found = {
        str(item["id"]).lower(): json.dumps(item, sort_keys=True)
        for item in state["resources"]
        if not _VIEWS.search(str(item["id"]))
    }
    for part in ("appSettings", "secrets", "passwords"):
        for id, values in (state.get(part) or {}).items():
            found[f"{part} {id}".lower()] = json.dumps(values, sort_keys=True)
    return found


def _reads(traffic: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each different read: its method and a regular expression that finds it again."""
    known = set()
    for each in traffic:
        request = each["liveRequest"]
        path = request["url"].split("?")[0].split("/", 3)[-1]
        read = (request["method"], re.escape(path) + r"(\?|$)")
        if is_read(request["method"], request["url"]) and read not in known:
            known.add(read)
            yield read


def _cases(story: Story, reads: list[tuple[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Which reads are spoilt and how: a few, always the same, or all of them."""
    for number, (method, path) in enumerate(reads):
        for kind, spoilt in _SPOILT.items():
            if _READS != "all":
                lot = zlib.crc32(f"{story}{number}{kind}".encode()) % max(1, len(reads) * 4)
                if lot >= int(_READS):
                    continue
            match = {"method": method, "path": path}
            yield f"{kind} {method} {path}", {"match": match, "times": 999, **spoilt}


@pytest.mark.parametrize("story", _one_of_each(), ids=str)
def test_a_read_that_is_spoilt_never_leads_to_a_wrong_fix(story: Story, tmp_path: Path) -> None:
    good = _tell(story, tmp_path / "good")

    for number, (name, fault) in enumerate(_cases(story, good.reads)):
        told = _tell(story, tmp_path / str(number), fault)

        _nothing_wrong_is_done(told, good, name)
        _nobody_is_reassured(told, story, name)


def _nothing_wrong_is_done(told: Told, good: Told, name: str) -> None:
    left = list(good.writes)
    for write in told.writes:
        assert write in left, f"{name}: {write} is none of {good.writes}"
        left.remove(write)
    for id in told.after.keys() | told.before.keys():
        now = told.after.get(id)
        assert now in (told.before.get(id), good.after.get(id)), f"{name}: {id} became {now}"


def _nobody_is_reassured(told: Told, story: Story, name: str) -> None:
    """Closed as healthy only where it is; healed only where the story heals."""
    diagnosis, state = told.incident.diagnosis, told.incident.state
    finding = diagnosis.finding if diagnosis else None
    assert state is not State.HEALED or story.ends == "healed", f"{name}: {state}"
    if story.finding is not FindingName.HEALTHY and not told.writes:
        healthy = finding is FindingName.HEALTHY or state is State.HEALED
        assert not healthy or story.works, f"{name}: {state} {finding}"
    if state is State.EXPLAINED:
        assert told.incident.plan is not None
        assert told.incident.plan.advice, f"{name}: explained without a word"
