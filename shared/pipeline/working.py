"""
Working: one worker's hold on one incident, and how it tells what happens.

In:  the Medic, the incident's Azure, and what earlier deliveries had already sent.
Out: the incident, stored one moment later.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from shared import audit
from shared.clients.azure import Azure
from shared.errors import TransientError
from shared.medic import Medic
from shared.model.ids import ResourceId
from shared.model.incident import Calls, Incident
from shared.model.signal import Signal, SignalKind
from shared.model.words import UNSOLVED_STATES, State
from shared.pipeline.company import Company
from shared.pipeline.holding import holding
from shared.store.interface import RecordKind

#: Deliveries without an answer from Azure after which a person is told; the queue's own limit.
_ATTEMPTS = 5
#: Different plans carried out for one incident; after that a person has to look.
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Work:
    """One worker's hold on one incident."""

    medic: Medic
    holder: str
    azure: Azure
    before: Calls  # what earlier deliveries had already sent
    shown: str | None = None  # the only plan that may be carried out; None: any the gate allows
    company: Company | None = None  # what is allowed joins it, to be carried out together

    @property
    def calls(self) -> Calls:
        return self.before + self.azure.calls

    def note(self, incident: Incident, stage: str, text: str, **changes: Any) -> Incident:
        return audit.note(
            incident,
            stage,
            text,
            store=self.medic.store,
            now=self.medic.now(),
            azure_calls=self.calls,
            **changes,
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

    def count_the_attempt(self, incident: Incident, error: TransientError) -> None:
        """Remember that Azure gave no answer; after the last attempt a person is told."""
        tried = sum(moment.stage == "retry" for moment in incident.timeline) + 1
        if tried < _ATTEMPTS:
            self.note(incident, "retry", f"attempt {tried} of {_ATTEMPTS}: {error}")
            return
        text = f"given up after {tried} attempts: {error}"
        self.note(incident, "retry", text, state=State.FAILED)


def repeated(incident: Incident, *, medic: Medic) -> Signal:
    """The incident's own first signal once more: nobody took it, or a worker that never finished.
    One at rest is looked at as things stand now, whatever was said then."""
    first = incident.signals[0] if incident.signals else None
    at_rest = incident.state in UNSOLVED_STATES | {State.HELD}
    return Signal(
        id=first.id if first else f"sweep-{incident.id}",
        kind=SignalKind.FAILURE,
        source="sweep",
        resource=incident.resource,
        at=medic.now(),
        text=first.text if first and not at_rest else "",
    )
