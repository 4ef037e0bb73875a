"""
Playing one script: messages, sweeps and people, minute by minute, until nothing moves any more.

In:  a Script.
Out: a Played: what was complained of, how every incident rests, and what happened on the way.

Sweeps come every minute, on any machine; people approve what waits for them.
"""

import logging
import random
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.errors import HealError, WriteForbidden
from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.words import OPEN_STATES, State
from shared.pipeline import again, approve, diagnose, sweep
from tests.chaos import invariants
from tests.chaos.mail import REDELIVERY, Mail, Message
from tests.chaos.script import Script
from tests.chaos.stage import Stage
from tests.chaos.turns import Job
from tests.chaos.watching import Ears
from tests.estates import treating
from tests.estates.building import build
from tests.simulator import platform
from tests.simulator.services import resourcegraph

#: Minutes in which things go wrong; after that they must calm down by themselves.
STORMY = 12
#: Sweeps after which an incident that still waits is one that loops.
SWEEPS = 60
_UNDER_WAY = OPEN_STATES - {State.HELD}


@dataclass(kw_only=True)
class Played:
    """One run, over."""

    script: Script
    complaints: list[str] = field(default_factory=list)
    incidents: tuple[Incident, ...] = ()
    writes: tuple[str, ...] = ()
    struck: tuple[str, ...] = ()
    raced: bool = False
    sent: int = 0
    poisoned: int = 0

    @property
    def ending(self) -> str:
        """How the incidents rest, and how much was written."""
        states = ", ".join(incident.state.value for incident in self.incidents)
        return f"{states or 'nothing'} after {len(self.writes)} writes"

    def lines(self) -> list[str]:
        """The whole run in a few lines, for whoever has to look into it."""
        told = [*self.script.lines(), f"struck {self.struck}", f"writes {self.writes}"]
        for incident in self.incidents:
            told.append(f"{incident.id} {incident.state}")
            told += [f"  {one.at:%H:%M:%S} {one.stage}: {one.text}" for one in incident.timeline]
        return told + [f"COMPLAINT {one}" for one in self.complaints]


def play(script: Script) -> Played:
    """The whole run."""
    with tempfile.TemporaryDirectory(dir=_memory()) as place, _listening() as ears:
        run = Run(script, Path(place))
        try:
            played = run.play()
        finally:
            run.stage.close()
    played.complaints += ears.complaints
    return played


def _memory() -> str | None:
    """Where files cost nothing, if there is such a place."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@contextmanager
def _listening() -> Iterator[Ears]:
    root, ears = logging.getLogger(), Ears()
    level = root.level
    root.addHandler(ears)
    root.setLevel(logging.DEBUG)
    try:
        yield ears
    finally:
        root.setLevel(level)
        root.removeHandler(ears)


class Run:
    """One run under way."""

    def __init__(self, script: Script, place: Path) -> None:
        self.script, self.built = script, build(script.blueprint)
        self.stage = Stage(script, self.built, place)
        self.chance = random.Random(f"order/{script.seed}")
        self.workload = ResourceId.parse(self.built.workload["id"])
        self.played = Played(script=script)
        self.mail = Mail(self.stage, self.played.complaints)
        self.approved: set[str] = set()

    def play(self) -> Played:
        self._set_up()
        text = self._first_failure()
        self.before = treating.photograph(self.stage.simulator.world)
        self.stage.start(self.script.events)
        for minute, id, kind in self.script.deliveries:
            said = text if kind == "failure" else ""
            self.mail.post(self.workload, id, kind, minute=minute, text=said)
        for minute in range(STORMY):
            self._minute(minute, text)
        self.stage.calm()
        self._until_it_rests()
        return self._told()

    def _set_up(self) -> None:
        world, blueprint = self.stage.simulator.world, self.script.blueprint
        if blueprint.page:
            resourcegraph.paged(world, blueprint.page)
        if blueprint.index_lag:
            treating.index_what_was(world, blueprint)

    def _first_failure(self) -> str:
        """The platform pulls, fails, and says so."""
        pulled = platform.pull(self.stage.simulator.world, self.workload.text)
        self.stage.simulator.world.advance(self.script.blueprint.late)
        return treating.said(pulled) if self.script.blueprint.text else ""

    def _minute(self, minute: int, text: str) -> None:
        """What falls into one minute: messages and a sweep, some of it at the same time."""
        for second in (0, REDELIVERY):
            due = self.mail.due(minute * 60 + second)
            self.chance.shuffle(due)
            while due:
                machines = self._machines()
                jobs = [self.mail.delivery(due.pop(), machine) for machine in machines[: len(due)]]
                if not jobs:
                    break
                if len(jobs) < len(machines) and self.chance.random() < 0.4:
                    jobs.append(self._sweep(machines[len(jobs)]))
                self._take(jobs)
            self.stage.simulator.world.advance(REDELIVERY)
        jobs = [
            self._sweep(machine) for machine in self._machines()[: self.chance.choice((1, 1, 2))]
        ]
        if minute in self.script.rehearsals and len(jobs) < len(self.stage.machines):
            free = next(m for m in self._machines() if m not in {job.machine for job in jobs})
            jobs.append(self._rehearsal(free, text))
        self._take(jobs)
        self._decide()

    def _until_it_rests(self) -> None:
        """Nothing goes wrong any more: a bounded number of sweeps later, everything rests."""
        for minute in range(STORMY, STORMY + 8):
            if not self.mail.queue:
                break
            self._minute(minute, "")
        for _ in range(SWEEPS):
            self._decide()
            moving = [one for one in self.incidents() if self.moves(one)]
            if not moving and not self.mail.queue:
                return
            world = self.stage.simulator.world
            dues = [one.verification.due for one in moving if one.verification]
            waits = [(due - world.clock.now()).total_seconds() for due in dues if due]
            world.advance(max(60.0, min(waits, default=60.0)))
            self._take([self._sweep(self._machines()[0])])
            for message in list(self.mail.queue):
                self._take([self.mail.delivery(message, self._machines()[0])])

    def moves(self, incident: Incident) -> bool:
        due = incident.verification is not None and incident.verification.due is not None
        return incident.state in _UNDER_WAY or due

    def _machines(self) -> list[int]:
        return self.chance.sample(range(len(self.stage.machines)), len(self.stage.machines))

    def incidents(self) -> tuple[Incident, ...]:
        return self.stage.store.page(limit=50).incidents

    def _take(self, jobs: list[Job]) -> None:
        self.stage.turns.take(jobs)
        for job in jobs:
            if job.error is not None:
                self._failed(job, job.error)

    def _failed(self, job: Job, error: BaseException) -> None:
        """What a job may fail with is one of the errors the house knows, and never a bug."""
        if isinstance(error, WriteForbidden) or not isinstance(error, HealError):
            where = "".join(traceback.format_exception(error)[-6:])
            self.played.complaints.append(f"{job.name} broke: {error!r}\n{where}")

    def _sweep(self, machine: int) -> Job:
        medic = self.stage.machines[machine]
        return Job("sweep", machine, lambda: sweep(medic=medic))

    def _rehearsal(self, machine: int, text: str) -> Job:
        medic = self.stage.machines[machine]
        return Job(
            "dry run",
            machine,
            lambda: diagnose(self.workload, text or None, medic=medic),
            dry=True,
        )

    def _decide(self) -> None:
        """A person says yes, once, where that is what is missing."""
        for incident in self.incidents():
            plan, decision = incident.plan, incident.decision
            if incident.state is not State.HELD or plan is None or decision is None:
                continue
            if set(decision.rules) != {"somebody-decided"} or plan.digest in self.approved:
                continue
            self.approved.add(plan.digest)
            machine = self._machines()[0]
            medic = self.stage.machines[machine]
            self._take([Job("approval", machine, self._approval(incident.id, plan.digest, medic))])

    def _approval(self, id: str, digest: str, medic: Medic) -> Callable[[], Any]:
        def decide() -> None:
            told = approve(id, digest, "operator", medic=medic)
            self.mail.queue.append(Message(again(told, medic=medic), 0))

        return decide

    def _told(self) -> Played:
        played, stage = self.played, self.stage
        played.incidents = self.incidents()
        played.writes = tuple(f"{one.at}: {one.text}" for one in stage.watch.writes)
        played.struck, played.sent = tuple(stage.struck), stage.sent
        played.raced, played.poisoned = stage.watch.raced, self.mail.poisoned
        played.complaints += stage.watch.complaints
        played.complaints += invariants.broken(self)
        return played
