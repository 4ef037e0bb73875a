"""
Watching: every write Azure accepts is judged at the moment it is accepted, not only at the end.

In:  the requests of the machines as they pass, and the acts of others.
Out: complaints; none when all is well. Also what the end is compared with: the state as others left
     it, and who wrote what.

A write is judged against the state just before it. Only where others changed the same resource
between our last look at it and our write (nobody can see that, since these resources have no etag),
it is judged against the state of that look.
"""

import copy
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.model.incident import Incident
from shared.model.words import State
from tests.chaos import records
from tests.chaos.turns import Job
from tests.estates import allowed, consented
from tests.estates.building import SECRETS, Built
from tests.estates.treating import Case, Failure, failures, photograph
from tests.simulator.wire import Request
from tests.simulator.world import Resource

if TYPE_CHECKING:
    from tests.chaos.stage import Stage

Photo = dict[str, Resource]


@dataclass
class Act:
    """What somebody else did: when, and how everything was before and after."""

    name: str
    at: int
    job: int
    before: Photo
    after: Photo


@dataclass
class Accepted:
    """One write of ours that Azure accepted."""

    text: str  # "PATCH /subscriptions/…"
    path: str
    at: int
    told: Mapping[str, int]  # how many records each incident had then


@dataclass
class Watch:
    """Whoever looks on."""

    stage: "Stage"
    built: Built
    complaints: list[str] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    writes: list[Accepted] = field(default_factory=list)
    raced: bool = False  # others and we wrote at the same moment, unseen by either
    _looks: dict[tuple[int, str], int] = field(default_factory=dict)  # by job and resource

    @contextmanager
    def over(self, request: Request, writes: bool) -> Iterator[None]:
        """One request of ours passes."""
        job, place = self.stage.turns.current, root(request.path)
        assert job is not None
        before = photograph(self.stage.simulator.world) if writes else {}
        count = len(self.stage.simulator.writes)
        try:
            yield
        finally:
            new = self.stage.simulator.writes[count:]
            for text in new:
                self._judge(text, job, before)
            self._looks[job.number, place] = self.stage.sent

    @contextmanager
    def acting(self, name: str) -> Iterator[None]:
        """Somebody else does something."""
        world, job = self.stage.simulator.world, self.stage.turns.current
        before = photograph(world)
        yield
        number = job.number if job else 0
        self.acts.append(Act(name, self.stage.sent, number, before, photograph(world)))

    def saved(self, incident: Incident) -> None:
        """An incident was stored. What it says of healing is held against the platform."""
        if incident.state is not State.HEALED or incident.timeline[-1].stage == "signal":
            return
        wrote = self.writes[-1].at if self.writes else 0
        if any(act.at >= wrote and _did(act) for act in self.acts):
            return  # what the last pull showed, somebody may have changed since
        still = failures(self.stage.simulator.world, self.built.workload["id"])
        if still:
            self.complaints.append(f"it says healed, and the next pull fails at {still}")

    def _judge(self, text: str, job: Job, before: Photo) -> None:
        """A write was accepted just now."""
        path, world = text.partition(" ")[2], self.stage.simulator.world
        base, after = self._as_looked_at(job, path.lower(), before), photograph(world)
        if job.dry:
            self.complaints.append(f"the dry run wrote {text}")
        said = allowed.complaints(case(self.built, base, after))
        if base is not before:  # what a write replaces whole is as it was looked at, the rest as is
            said = tuple(set(said) & {*allowed.complaints(case(self.built, before, after))})
        self.complaints += [f"{text}: {one}" for one in said]
        self.complaints += self._against_a_person(text, job)
        announced = records.announced(self.stage.store)
        if text.lower() not in announced:
            self.complaints.append(f"{text} was sent before it was announced")
        told = records.counts(self.stage.store)
        self.writes.append(Accepted(text, path, self.stage.sent, told))

    def _against_a_person(self, text: str, job: Job) -> Iterator[str]:
        """What a person took away or ruled out is not done by whoever looks afterwards."""
        known = {act.name for act in self.acts if act.job < job.number and _did(act)}
        if "role taken" in known and "/roleAssignments/" in text and not self.built.blueprint.pair:
            yield f"{text}: a person had taken the role away"
        if "opted out" in known:
            yield f"{text}: the registry had opted out"

    def _as_looked_at(self, job: Job, path: str, before: Photo) -> Photo:
        """The state the writer had seen: of what it writes, as at its last look."""
        seen = self._looks.get((job.number, root(path)), 0)
        unseen = [act for act in self.acts if act.at > seen and _did(act, path)]
        if not unseen:
            return before
        self.raced = True
        then, base, owner = unseen[0].before, dict(before), root(path)
        base.pop(path, None)
        if path in then:
            base[path] = then[path]
        table = _table(path)
        if table and owner in then[table]:
            base[table] = {**base[table], owner: then[table][owner]}
        return base


def _did(act: Act, path: str | None = None) -> bool:
    """Whether the act changed anything, or just this, or the settings and secrets of it."""
    moved = [id for id in {*act.before, *act.after} if act.before.get(id) != act.after.get(id)]
    return any(path is None or id in (path, _table(path)) for id in moved)


def _table(path: str) -> str:
    """What a write of this path replaces whole, beside the resource."""
    if path.endswith("/config/appsettings"):
        return "appSettings"
    return "secrets" if "/microsoft.app/" in path else ""


def root(path: str) -> str:
    """The whole resource a path is about: a link's zone, a setting's site; a slot for itself."""
    parts = path.lower().rstrip("/").split("/")
    return "/".join(parts[:11] if "/slots/" in path.lower() else parts[:9])


def case(built: Built, before: Photo, after: Photo) -> Case:
    """Two photographs as the oracle of changes wants them; it knows of no way back, so what we let
    in and took away again is left out of both."""
    return Case(
        blueprint=built.blueprint,
        built=built,
        workload=built.workload["id"],
        before=_without_taken_back(built, before, after),
        failing=(Failure("", ""),),
        seen=True,
        incident=None,  # type: ignore[arg-type]
        after=after,
    )


def _without_taken_back(built: Built, before: Photo, after: Photo) -> Photo:
    id = built.registry["id"].lower()
    then, now = before.get(id), after.get(id)
    if then is None or now is None:
        return before
    ours = {*consented.own_addresses(built)} - {*_ip_rules(built.registry)}
    stay = [one for one in _ip_rules(then) if one not in ours or one in _ip_rules(now)]
    kept = copy.deepcopy(then)
    if stay != _ip_rules(then):
        rules = [{"action": "Allow", "value": value} for value in stay]
        kept["properties"]["networkRuleSet"]["ipRules"] = rules
    return {**before, id: kept}


def _ip_rules(registry: Any) -> list[str]:
    rules = registry["properties"].get("networkRuleSet") or {}
    return [str(rule["value"]) for rule in rules.get("ipRules") or ()]


class Ears(logging.Handler):
    """Hears every log line of every library, and complains of a secret in one."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.complaints: list[str] = []
        self._plain = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        said = self._plain.format(record) + str(record.__dict__)
        for secret in SECRETS:
            if secret in said:
                self.complaints.append(f"a line of {record.name} holds {secret!r}: {said[:300]}")
