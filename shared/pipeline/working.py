"""
Working: one worker's hold on one incident, and how it tells what happens.

In:  the Medic, the incident's Azure, and what earlier deliveries had already sent.
Out: the incident, stored one moment later.
"""

import itertools
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared import audit
from shared.clients.azure import Azure
from shared.clients.remembered import Memory
from shared.errors import BudgetSpent, Throttled, TransientError
from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.model.incident import Calls, Incident
from shared.model.plan import Verification
from shared.model.signal import Signal, SignalKind
from shared.model.words import UNSOLVED_STATES, Result, State
from shared.pipeline.company import Company
from shared.pipeline.holding import holding
from shared.store.interface import RecordKind

#: Deliveries without an answer from Azure after which a person is told; the queue's own limit.
_ATTEMPTS = 5
#: When the sweep tries again what no message does: the queue's next delivery comes before.
_NEXT_ATTEMPT, _LONGEST_PAUSE = timedelta(minutes=2), timedelta(minutes=10)
_UNDER_WAY = frozenset({State.RECEIVED, State.DIAGNOSING, State.APPLYING})
#: So long it is tried to find out what became of a change that was announced.
_ANNOUNCED = timedelta(hours=1)
#: The stage under which an incident waits because Azure asked for a pause.
_THROTTLED = "throttled"
#: What an incident goes through again after each of them.
_ON_THE_WAY = frozenset({"evidence", "diagnosis", "gate"})
#: In each stretch of this length since the first pause, an incident has its calls anew.
_ANEW = timedelta(minutes=15)
#: Each further pause of one incident is at least so much longer, up to a limit: seconds.
_LONGER, _LONGEST = 15.0, 300.0
#: Whoever cannot be looked at for so long because of pauses is a person's.
_GIVEN_UP = timedelta(hours=24)
#: Different plans carried out for one incident; after that a person has to look.
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Work:
    """One worker's hold on one incident."""

    medic: Medic
    holder: str
    azure: Azure
    before: Calls  # what earlier deliveries had already sent
    unfinished: int = 0  # of those, sent by tries of the same treatment that came to no end
    shown: str | None = None  # the only plan that may be carried out; None: any the gate allows
    company: Company | None = None  # what is allowed joins it, to be carried out together

    @property
    def calls(self) -> Calls:
        return self.before + self.azure.calls

    @classmethod
    def on(
        cls,
        incident: Incident,
        medic: Medic,
        holder: str,
        *,
        shown: str | None = None,
        company: Company | None = None,
        memory: Memory | None = None,
    ) -> "Work":
        """Take up the incident where the last try left it."""
        spent, pauses = incident.unfinished, _pauses(incident)
        if pauses and _stretch(pauses, medic.now()) > _stretch(pauses, pauses[-1]):
            spent = 0
        azure = medic.azure(memory, spent=spent)
        return cls(medic, holder, azure, incident.azure_calls, spent, shown, company)

    def unended(self, incident: Incident) -> int:
        """Calls since the last stage that came to its end, by this try and by those before it."""
        now, then = self.calls, incident.azure_calls
        return incident.unfinished + now.reads + now.writes - then.reads - then.writes

    def note(self, incident: Incident, stage: str, text: str, **changes: Any) -> Incident:
        return audit.note(
            incident,
            stage,
            text,
            store=self.medic.store,
            now=self.medic.now(),
            azure_calls=self.calls,
            **{"unfinished": 0, **changes},
        )

    def holding(
        self, incident: Incident, targets: Iterable[ResourceId]
    ) -> AbstractContextManager[None]:
        """Keep everybody else from the targets, and write only while they and the incident are
        this worker's."""
        return holding(
            targets, incident=incident.id, holder=self.holder, azure=self.azure, medic=self.medic
        )

    def carried_out(self, incident: Incident) -> frozenset[str]:
        """The digests of the plans this incident has seen carried out, or at least begun."""
        return frozenset(
            record.plan
            for record in self.medic.store.records(incident.id)
            if record.kind is RecordKind.INTENT and record.stage == "intent" and record.plan
        )

    def announced(self, incident: Incident) -> bool:
        """Whether this very plan was announced and only pauses came since: its writes were counted
        then, and the announcement stands."""
        since = itertools.takewhile(lambda one: one.stage != "intent", incident.timeline[::-1])
        stages = {moment.stage for moment in since}
        if _THROTTLED not in stages or not stages <= {_THROTTLED, *_ON_THE_WAY}:
            return False
        records = self.medic.store.records(incident.id)
        plans = [one.plan for one in records if one.kind is RecordKind.INTENT]
        return incident.plan is not None and plans[-1:] == [incident.plan.digest]

    def count_the_attempt(self, incident: Incident, error: TransientError) -> Incident:
        """Remember that Azure gave no answer; after the last attempt a person is told.

        What was announced is not left to itself: for an hour it is tried to find out what became of
        it.
        """
        now, tries = self.medic.now(), _tries(incident)
        tried = len(tries) + 1
        announced = incident.state is State.APPLYING
        if tried >= _ATTEMPTS and not (announced and now - tries[0] < _ANNOUNCED):
            text = f"given up after {tried} attempts: {error}"
            return self.note(incident, "retry", text, state=State.FAILED, verification=None)
        text = (
            f"attempt {tried}: {error}" if announced else f"attempt {tried} of {_ATTEMPTS}: {error}"
        )
        changes: dict[str, Any] = {"unfinished": self.unended(incident)}
        if incident.state in _UNDER_WAY:  # else it is at its end, and only saying so failed
            due = now + min(_NEXT_ATTEMPT * max(tried - _ATTEMPTS, 1), _LONGEST_PAUSE)
            changes["verification"] = Verification(
                result=Result.PENDING, proof=text, checked=now, due=due
            )
        return self.note(incident, "retry", text, **changes)

    def cut_short(self, incident: Incident) -> bool:
        """Whether pauses ended the tries before this one, so that calls were spent in vain."""
        return self.unfinished > 0 and bool(_pauses(incident))

    def rest(self, incident: Incident, why: Throttled | BudgetSpent) -> Incident:
        """Azure wants a pause: the state stays, and the sweep goes on when it is over.

        No delivery is used up and nothing is given up for it; only after a day a person is told.
        """
        now, before = self.medic.now(), _pauses(incident)
        if before and now - before[0] >= _GIVEN_UP:
            text = f"given up after a day of pauses: {why}"
            return self.note(incident, "retry", text, state=State.FAILED, verification=None)
        due = now + timedelta(seconds=min(_LONGER * len(before), _LONGEST))
        if isinstance(why, Throttled):
            due = max(due, now + timedelta(seconds=why.delay))
            text = str(why)
        else:
            text = "Azure's pauses cut the tries short, and the policy's calls are used up"
            due = max(due, before[0] + _ANEW * (_stretch(before, now) + 1))
        text = f"{text}; goes on at {due:%H:%M:%S} UTC"
        resting = Verification(result=Result.PENDING, proof=text, checked=now, due=due)
        sent = self.unended(incident)
        return self.note(incident, _THROTTLED, text, verification=resting, unfinished=sent)


def rests(incident: Incident, now: datetime) -> bool:
    """Whether it waits for the end of a pause that Azure asked for."""
    seen = incident.verification
    waits = seen is not None and seen.due is not None and now < seen.due
    return waits and bool(incident.timeline) and incident.timeline[-1].stage == _THROTTLED


def _tries(incident: Incident) -> list[datetime]:
    """When attempts failed since it last got on."""
    since = itertools.takewhile(lambda one: one.stage != "outcome", incident.timeline[::-1])
    return [moment.at for moment in since if moment.stage == "retry"][::-1]


def _stretch(pauses: list[datetime], at: datetime) -> int:
    """In which stretch since the first pause a moment lies."""
    return (at - pauses[0]) // _ANEW


def _pauses(incident: Incident) -> list[datetime]:
    """When the pauses came since it last got on."""
    found: list[datetime] = []
    for moment in reversed(incident.timeline):
        if moment.stage not in (_THROTTLED, "intent", "outcome", *_ON_THE_WAY):
            break
        if moment.stage == _THROTTLED:
            found.insert(0, moment.at)
    return found


def repeated(incident: Incident, *, medic: Medic) -> Signal:
    """The incident's own first signal once more: nobody took it, or a worker that never finished.
    One at rest is looked at as things stand now, whatever was said then. Where only a patrol found
    anything, nobody has said yet that a pull fails."""
    first = incident.signals[0] if incident.signals else None
    at_rest = incident.state in UNSOLVED_STATES | {State.HELD}
    return Signal(
        id=first.id if first else f"sweep-{incident.id}",
        kind=SignalKind.FAILURE,
        source="patrol" if {one.source for one in incident.signals} == {"patrol"} else "sweep",
        resource=incident.resource,
        at=medic.now(),
        text=first.text if first and not at_rest else "",
        trace=incident.trace,
    )
