"""
One story played with a process that is killed, and what has to be true afterwards.

In:  a Case: what is broken, what was done before, the work the process dies in, and what whoever
     asked for it does next (the queue delivers again, a person asks again).
Out: how it ended; AssertionError where something was lost, written unannounced or stays held.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.clients.guard import is_read, path_of
from shared.medic import Medic
from shared.model.incident import Incident
from shared.model.words import OPEN_STATES, State
from shared.pipeline import sweep
from shared.pipeline.holding import names
from shared.settings import PolicyText, Settings
from shared.store import Record, RecordKind, Store
from tests.clinic import GENEROUS, Clinic, SimulatedClock
from tests.kill.victim import live
from tests.store.places import break_leases, new_account, reopened

_MOVING = OPEN_STATES - {State.HELD}
#: What remedies change for good; states and times of the platform differ from run to run.
_LASTING = {
    "microsoft.containerregistry/registries",
    "microsoft.authorization/roleassignments",
    "microsoft.network/privatednszones/virtualnetworklinks",
}

Begin = Callable[[Clinic], Callable[[Medic], Any]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """`begin` does what comes before and gives back the work that is interrupted."""

    name: str
    world: Callable[[], dict[str, Any]]
    begin: Begin
    policy: str = GENEROUS

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Ended:
    """How a story ended: what Azure holds, what was written, how the incident rests."""

    resources: Mapping[str, Any]
    writes: tuple[str, ...]
    state: str
    changed: tuple[str, ...]


@dataclass
class Stage:
    """One playing of a case, in a store of its own."""

    case: Case
    place: str
    clinic: Clinic
    unannounced: list[str] = field(default_factory=list)

    def played(self, until: int | None) -> tuple[Ended, int | None]:
        """With one process killed at that boundary, and another that comes after it."""
        work = self.case.begin(self.clinic)
        self._watch()
        passed = live(self.clinic, self.place, self.case.policy, work, until=until)
        if ";" in self.place and passed is None:
            break_leases(self.place)  # a minute passes in the storage account
        work(self.clinic.medic)
        self.clinic.advance(16 * 60)  # by now nothing of the dead holds anybody up
        work(self.clinic.medic)
        incident = self._finished()
        self._nothing_is_held(incident)
        records = self.clinic.medic.store.records(incident.id)
        assert self.unannounced == []
        assert _untold(self.clinic.writes, records) == []
        return self._ended(incident), passed

    def _watch(self) -> None:
        """Every write must have been announced in the store before Azure gets it."""
        handle = self.clinic.simulator.handle

        def watched(request: Any) -> Any:
            if not is_read(request.method, request.url) and not self._announced(request):
                self.unannounced.append(f"{request.method} {request.path}")
            return handle(request)

        self.clinic.simulator.handle = watched  # type: ignore[method-assign]

    def _announced(self, request: Any) -> bool:
        wanted = (request.method, path_of(request.url))
        with_store = reopened(self.place)
        try:
            return any(
                wanted == (write["method"], path_of(write["url"]))
                for record in _all_records(with_store)
                if record.kind is RecordKind.INTENT
                for write in _writes(record.detail)
            )
        finally:
            with_store.close()

    def _finished(self) -> Incident:
        """Time passes and the sweep looks, until nothing moves any more."""
        for _ in range(20):
            self.clinic.advance(301)
            sweep(medic=self.clinic.medic)
            (incident,) = self.clinic.medic.store.page().incidents
            if incident.state not in _MOVING:
                return incident
        raise AssertionError([moment.text for moment in incident.timeline])

    def _nothing_is_held(self, incident: Incident) -> None:
        now, store = self.clinic.medic.now() + timedelta(minutes=16), self.clinic.medic.store
        places = [incident.resource, *(told.target for told in incident.outcome)]
        for name in (f"incident/{incident.id}", *names(places)):
            assert store.lease(name, holder="the next", until=now + timedelta(minutes=1), now=now)

    def _ended(self, incident: Incident) -> Ended:
        resources = {
            str(item["id"]).lower(): _timeless(item)
            for item in self.clinic.simulator.world.resources
            if item.get("type", "").lower() in _LASTING
        }
        changed = sorted(f"{o.remedy} {o.target.name}" for o in incident.outcome if o.changed)
        return Ended(resources, tuple(self.clinic.writes), incident.state.value, tuple(changed))


def stage(case: Case, folder: Path, *, account: bool = False) -> Stage:
    """An empty one, with its store in a file of that folder or in the emulated account."""
    folder.mkdir()
    clinic = Clinic(case.world(), folder, policy=case.policy)
    place = new_account() if account else str(folder / "medic.db")
    if account:
        clinic.medic = Medic(
            Settings(policy=PolicyText(case.policy)),
            connection=clinic.connection,
            store=reopened(place),
            clock=SimulatedClock(clinic.simulator),
        )
    return Stage(case, place, clinic)


def _all_records(store: Store) -> Iterator[Record]:
    for incident in store.page().incidents:
        yield from store.records(incident.id)


def _writes(detail: Any) -> Iterator[Mapping[str, Any]]:
    """What an intent announces: a plan's requests, or those of the one step that takes back."""
    for step in detail["plan"]["steps"] if "plan" in detail else [detail]:
        yield from step["requests"]


def _untold(writes: list[str], records: tuple[Record, ...]) -> list[str]:
    """Writes Azure took that no outcome, told after their intent, speaks of."""
    announced: dict[str, set[str]] = {}
    told: set[str] = set()
    for record in records:
        if record.kind is RecordKind.INTENT:
            for write in _writes(record.detail):
                targets = announced.setdefault(f"{write['method']} {path_of(write['url'])}", set())
                targets.update(_targets(record.detail))
        elif record.kind is RecordKind.OUTCOME and record.detail["changed"]:
            target = str(record.detail["target"]["text"]).lower()
            told |= {write for write, targets in announced.items() if target in targets}
    return [write for write in writes if _spelled(write) not in told]


def _targets(detail: Any) -> set[str]:
    steps = detail["plan"]["steps"] if "plan" in detail else [detail]
    return {str(step["target"]["text"]).lower() for step in steps}


def _spelled(write: str) -> str:
    method, _, path = write.partition(" ")
    return f"{method} {path_of(path)}"


def _timeless(item: dict[str, Any]) -> dict[str, Any]:
    """The resource without the moments of its making and changing."""
    kept = {k: v for k, v in item["properties"].items() if k not in ("createdOn", "updatedOn")}
    return {**item, "systemData": None, "properties": kept}
