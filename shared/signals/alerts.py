"""
Alerts: the common alert schema, as an action group posts it.

In:  the request body.
Out: an Intake; or BadInput saying which field is wrong, or what to switch on in Azure.

Understood are log search alerts ("Log Alerts V2") and activity log alerts; Azure Monitor documents
both in "Common alert schema". Search results are never part of a V2 alert, so an alert that names
no workload becomes a SEARCH: our own queries find out. Its links and its query are not even read.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from shared.errors import BadInput
from shared.model.ids import ResourceId
from shared.model.signal import Signal, SignalKind
from shared.signals import activity
from shared.signals.intake import (
    LONGEST_TEXT,
    WORKSPACE,
    Ignored,
    Intake,
    convert,
    decode,
    happened,
    ignored,
    instant,
    name,
    resource,
    workload,
)

#: Azure opens one alert per combination of dimensions, so a payload names a handful of workloads.
_MOST_TARGETS = 100
_LONGEST_WINDOW = timedelta(hours=24)
#: Dimensions that carry a line the platform wrote: its columns in the tables this product reads.
_MESSAGES = frozenset({"message", "log", "log_s", "resultdescription", "msg"})
#: Dimensions that call a container app or job by name: their rows carry no resource id.
_NAMES = frozenset({"containerappname", "containerappname_s", "jobname", "jobname_s"})
_LONGEST_NAME, _MOST_NAMES = 100, 20

_SWITCH_ON = (
    "switch on 'Enable the common alert schema' for this action in the action group "
    "(useCommonAlertSchema: true)"
)
_UPGRADE = (
    "this is the older log alert form (SearchResults); create the rule anew as a log search alert "
    "(scheduledQueryRules, API 2021-08-01 or newer)"
)


class _Dimension(Struct):
    name: str | None = None
    value: str | float | bool | None = None


class _Criterion(Struct):
    dimensions: list[_Dimension | None] | None = None


class _Condition(Struct):
    allOf: list[_Criterion | None] | None = None
    windowStartTime: str | None = None
    windowEndTime: str | None = None


class _Context(activity.Row):
    condition: _Condition | None = None
    SearchResults: Any = None
    SearchQuery: Any = None


class _Essentials(Struct):
    alertId: str | None = None
    originAlertId: str | None = None
    alertRule: str | None = None
    monitorCondition: str | None = None
    monitoringService: str | None = None
    alertTargetIDs: list[str | None] | None = None
    configurationItems: list[str | None] | None = None
    firedDateTime: str | None = None


class _Data(Struct):
    essentials: _Essentials
    alertContext: _Context | None = None


class _Alert(Struct):
    data: _Data


def from_alert(body: bytes, *, now: datetime, own_principals: Collection[str] = ()) -> Intake:
    """The signals in one alert. `own_principals` are this service's object or client ids: an
    activity log alert about its own change is ignored. `now` is in UTC."""
    raw = decode(body, "the alert")
    alert = convert(_common(raw), _Alert, "the alert")
    essentials, context = alert.data.essentials, alert.data.alertContext or _Context()
    resolved = _resolved(essentials)
    service = (essentials.monitoringService or "").lower()
    if context.SearchResults is not None or context.SearchQuery is not None:
        raise BadInput(_UPGRADE)
    if service.startswith("log alerts v2"):
        return _from_log(essentials, context, resolved, now)
    if service.startswith(("log analytics", "application insights", "log alerts")):
        raise BadInput(_UPGRADE)
    if service.startswith("activity log - administrative"):
        return _from_activity(essentials, context, resolved, now, own_principals)
    said = repr((essentials.monitoringService or "")[:60])
    return ignored(f"alerts of the monitoring service {said} say nothing of image pulls")


def _common(raw: Any) -> Any:
    """The alert with its fields spelt as documented, or BadInput when it is of another schema."""
    if not isinstance(raw, dict):
        raise BadInput(f"the alert is a JSON object, not {type(raw).__name__}; {_SWITCH_ON}")
    alert = _respelt(raw, 0)
    schema = alert.get("schemaId")
    if not isinstance(schema, str) or schema.lower() != "azuremonitorcommonalertschema":
        said = "missing" if schema is None else repr(str(schema)[:60])
        raise BadInput(
            f"schemaId is {said}, expected 'azureMonitorCommonAlertSchema'; {_SWITCH_ON}"
        )
    return alert


_SPELLING = {
    field.lower(): field
    for shape in (_Alert, _Data, _Essentials, _Context, _Condition, _Criterion, _Dimension)
    for field in (*shape.__struct_fields__, "schemaId")
}
#: The deepest field read is data.alertContext.condition.allOf[].dimensions[].value.
_DEEPEST = 8


def _respelt(value: Any, depth: int) -> Any:
    """Senders differ in the case of field names; give those we read their documented spelling."""
    if depth > _DEEPEST:
        return value
    if isinstance(value, dict):
        return {_SPELLING.get(k.lower(), k): _respelt(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_respelt(item, depth + 1) for item in value]
    return value


def _resolved(essentials: _Essentials) -> bool:
    condition = (essentials.monitorCondition or "Fired").strip().lower()
    if condition not in ("fired", "resolved"):
        said = repr(condition[:60])
        raise BadInput(f"$.data.essentials.monitorCondition is {said}, expected Fired or Resolved")
    return condition == "resolved"


def _from_log(essentials: _Essentials, context: _Context, resolved: bool, now: datetime) -> Intake:
    dimensions = list(_dimensions(context))
    named = [str(one.value) for one in dimensions if str(one.value).lstrip().startswith("/")]
    named += _texts(essentials.configurationItems)
    scope = _texts(essentials.alertTargetIDs)
    workloads, strangers = _sorted_out([*named, *scope])
    workspaces = {found: None for text in scope if (found := resource(text)) is not None}
    workspaces = {found: None for found in workspaces if found.type == WORKSPACE}
    dropped = list(strangers)
    if workloads:
        targets, kind = workloads, SignalKind.FAILURE
    else:
        targets, kind = list(workspaces), SignalKind.SEARCH
    if resolved and kind is SignalKind.SEARCH:
        return ignored("resolved, but the alert names no workload; verification closes incidents")
    if not targets and not dropped:
        dropped.append(Ignored(reason="the alert names neither a workload nor a workspace"))
    if len(targets) > _MOST_TARGETS:
        more = f"names {len(targets)} workloads; the first {_MOST_TARGETS} are followed"
        dropped.append(Ignored(reason=f"the alert {more}, the sweep finds the others"))
    names = [str(one.value)[:_LONGEST_NAME] for one in dimensions if _is_name(one)]
    text = next((str(one.value) for one in dimensions if _is_message(one)), "")[:LONGEST_TEXT]
    signals = tuple(
        Signal(
            id=_id(essentials, resolved, target),
            kind=SignalKind.RESOLVED if resolved else kind,
            source="log-alert",
            resource=target,
            at=happened(essentials.firedDateTime, now),
            text=text,
            window=_window(context.condition, now),
            names=tuple(names[:_MOST_NAMES]) if kind is SignalKind.SEARCH else (),
        )
        for target in targets[:_MOST_TARGETS]
    )
    return Intake(accepted=signals, ignored=tuple(dropped))


def _from_activity(
    essentials: _Essentials,
    context: _Context,
    resolved: bool,
    now: datetime,
    own_principals: Collection[str],
) -> Intake:
    if resolved:
        return ignored("an activity log alert that is resolved says nothing of image pulls")
    scope = _texts(essentials.alertTargetIDs)
    judged = activity.judge(context, fallback=scope, own_principals=own_principals)
    if isinstance(judged, Ignored):
        return Intake(ignored=(judged,))
    signal = Signal(
        id=_id(essentials, resolved, judged.resource),
        kind=judged.kind,
        source="activity-alert",
        resource=judged.resource,
        at=happened(essentials.firedDateTime, now),
        text=judged.text,
        operation=judged.operation,
    )
    return Intake(accepted=(signal,))


def _dimensions(context: _Context) -> Iterator[_Dimension]:
    for criterion in (context.condition and context.condition.allOf) or ():
        for dimension in (criterion and criterion.dimensions) or ():
            if dimension is not None and dimension.name and dimension.value is not None:
                yield dimension


def _is_message(dimension: _Dimension) -> bool:
    return (dimension.name or "").lower() in _MESSAGES


def _is_name(dimension: _Dimension) -> bool:
    return (dimension.name or "").lower() in _NAMES and bool(dimension.value)


def _texts(values: list[str | None] | None) -> list[str]:
    return [value for value in values or () if value]


def _sorted_out(texts: list[str]) -> tuple[list[ResourceId], list[Ignored]]:
    """The workloads among these texts, each once, and what is not one. A workspace is neither."""
    workloads: dict[ResourceId, None] = {}
    strangers: dict[str, Ignored] = {}
    for text in texts:
        found = resource(text)
        if found is None:
            shown = text[:200]
            strangers[shown] = Ignored(reason="not the id of a resource", resource=shown)
        elif (pulls := workload(found)) is not None:
            workloads[pulls] = None
        elif found.type != WORKSPACE:
            strangers[found.key] = Ignored(
                reason=f"{found.type} pulls no images for this service to heal",
                resource=found.text,
            )
    return list(workloads), list(strangers.values())[:_MOST_TARGETS]


def _window(condition: _Condition | None, now: datetime) -> tuple[datetime, datetime] | None:
    """The alert's own window, never longer than a day and never in the future; None if unsaid."""
    start = instant(condition and condition.windowStartTime)
    end = instant(condition and condition.windowEndTime)
    if start is None or end is None:
        return None
    end = min(end, now)
    if end - start > _LONGEST_WINDOW:
        start = end - _LONGEST_WINDOW
    return (start, end) if start < end else None


def _id(essentials: _Essentials, resolved: bool, target: ResourceId) -> str:
    instance = essentials.alertId or essentials.originAlertId
    if not instance:
        instance = f"{essentials.alertRule}|{essentials.firedDateTime}"
    return name("alert", instance, "resolved" if resolved else "fired", target.key)
