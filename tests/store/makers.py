"""Signals, incidents and records for the store's tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.model.ids import ResourceId
from shared.model.incident import Incident
from shared.model.signal import Signal, SignalKind
from shared.model.words import State
from shared.store import Record, RecordKind

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SUB = "11111111-1111-1111-1111-111111111111"
REGISTRY = ResourceId.parse(
    f"/subscriptions/{SUB}/resourceGroups/acr/providers/Microsoft.ContainerRegistry/registries/one"
)


def site(name: str = "shop", group: str = "web") -> ResourceId:
    return ResourceId.parse(
        f"/subscriptions/{SUB}/resourceGroups/{group}/providers/Microsoft.Web/sites/{name}"
    )


def signal(id: str = "alert-1", resource: ResourceId | None = None, **changes: Any) -> Signal:
    made = Signal(
        id=id,
        kind=SignalKind.FAILURE,
        source="log-alert",
        resource=resource or site(),
        at=NOW - timedelta(minutes=1),
        text="denied",
    )
    return replace(made, **changes)


def incident(id: str = "inc-1", **changes: Any) -> Incident:
    made = Incident(id=id, state=State.RECEIVED, resource=site(), opened=NOW, updated=NOW)
    return replace(made, **changes)


def record(**changes: Any) -> Record:
    made = Record(
        incident="inc-1", at=NOW, kind=RecordKind.CHANGE, stage="received", text="came in"
    )
    return replace(made, **changes)
