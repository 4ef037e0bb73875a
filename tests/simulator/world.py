"""
The state of the simulated Azure: resources, clock, timetable, and what happened so far.

In:  a scenario (contract §5) as parsed JSON.
Out: a World that services read and change; `snapshot()` gives the scenario form back.

No HTTP here, no access control, no opinion on what is right: services keep their own rules.
"""

import copy
import heapq
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Resource = dict[str, Any]


class Clock:
    """UTC. Simulated when a start is given: it moves only by `advance`; else the wall clock, which
    `advance` can put forward."""

    def __init__(self, start: datetime | None = None) -> None:
        self._simulated, self._ahead = start, timedelta()

    @property
    def simulated(self) -> bool:
        return self._simulated is not None

    def now(self) -> datetime:
        return self._simulated or datetime.now(UTC) + self._ahead

    def set(self, moment: datetime) -> None:
        """Forward to a moment; never back."""
        if self._simulated is not None:
            self._simulated = max(self._simulated, moment)
        else:
            self._ahead += max(moment - self.now(), timedelta())


class Resources:
    """Every ARM resource by id, ids compared without case, kept in the order they came."""

    def __init__(self) -> None:
        self._items: dict[str, Resource] = {}
        self._types: dict[str, dict[str, Resource]] = {}

    def get(self, id: str) -> Resource | None:
        return self._items.get(id.lower().rstrip("/"))

    def put(self, resource: Resource) -> Resource:
        key = resource["id"].lower().rstrip("/")
        if (before := self._items.get(key)) is not None and _type(before) != _type(resource):
            self._types[_type(before)].pop(key, None)
        self._items[key] = resource
        self._types.setdefault(_type(resource), {})[key] = resource
        return resource

    def delete(self, id: str) -> Resource | None:
        gone = self._items.pop(key := id.lower().rstrip("/"), None)
        if gone is not None:
            self._types[_type(gone)].pop(key, None)
        return gone

    def of_type(self, type: str, below: str = "") -> Iterator[Resource]:
        """All of one full type ("Microsoft.Web/sites/slots"), optionally below a scope."""
        prefix = below.lower().rstrip("/")
        for key, item in list(self._types.get(type.lower(), {}).items()):
            if not prefix or key == prefix or key.startswith(prefix + "/"):
                yield item

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._items.values()))


def _type(resource: Resource) -> str:
    return str(resource.get("type", "")).lower()


@dataclass
class World:
    """One simulated cloud. Fields named as in the scenario file hold exactly its parts."""

    clock: Clock
    resources: Resources
    cloud: str = "AzureCloud"
    tenant: str = ""
    subscriptions: list[str] = field(default_factory=list)
    healer: dict[str, str] = field(default_factory=dict)  # principalId, clientId; its own address
    app_settings: dict[str, dict[str, str]] = field(default_factory=dict)  # by lower-case site id
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)  # by lower-case app id
    passwords: dict[str, list[str]] = field(default_factory=dict)  # by lower-case registry id
    images: dict[str, Any] = field(default_factory=dict)
    deleted_images: dict[str, Any] = field(default_factory=dict)  # softly: still restorable
    trouble: dict[str, Any] = field(default_factory=dict)  # by login server: {"status", "until"?}
    limits: dict[str, Any] = field(default_factory=dict)  # see limits.py
    egress: dict[str, list[str]] = field(default_factory=dict)  # by lower-case app id
    activity_log: list[Resource] = field(default_factory=list)
    propagation: dict[str, float] = field(default_factory=dict)
    retry: list[float] = field(default_factory=list)
    workspace: str | None = None
    tables: dict[str, list[Resource]] = field(default_factory=dict)  # log rows by table name
    #: What services remember between calls, by service name; not part of the scenario form.
    memory: dict[str, Any] = field(default_factory=dict)
    _timetable: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def load(cls, scenario: dict[str, Any]) -> "World":
        """A world in the state the scenario describes. Raises KeyError/ValueError on a bad one."""
        world = cls(clock=Clock(_moment(scenario.get("clock"))), resources=Resources())
        for item in copy.deepcopy(scenario.get("resources") or []):
            world.resources.put(_complete(item))
        for theirs, ours in _NAMES.items():
            if scenario.get(theirs) is not None:
                setattr(world, ours, copy.deepcopy(scenario[theirs]))
        for table in ("app_settings", "secrets", "passwords", "egress"):
            setattr(world, table, {k.lower(): v for k, v in getattr(world, table).items()})
        return world

    def snapshot(self) -> dict[str, Any]:
        """The whole state in scenario form; loading it again gives an equal world."""
        state = {theirs: copy.deepcopy(getattr(self, ours)) for theirs, ours in _NAMES.items()}
        state["resources"] = copy.deepcopy(list(self.resources))
        state["clock"] = self.clock.now().isoformat() if self.clock.simulated else None
        return state

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Do `action` when the clock reaches `moment`."""
        heapq.heappush(self._timetable, (moment, next(self._order), action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self.at(self.clock.now() + timedelta(seconds=seconds), action)

    def advance(self, seconds: float = 0.0) -> None:
        """Move the clock, doing everything that falls due on the way, in order."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while self._timetable and self._timetable[0][0] <= end:
            moment, _, action = heapq.heappop(self._timetable)
            self.clock.set(moment)
            action()
        self.clock.set(end)

    def log(self, table: str, row: Resource) -> None:
        """A log row arrives in the workspace; without a workspace it is lost, as in Azure."""
        if self.workspace:
            self.tables.setdefault(table, []).append(row)


def _moment(text: str | None) -> datetime | None:
    """A moment of a scenario file; UTC where it names no time zone."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _complete(resource: Resource) -> Resource:
    """What every GET answers and the id already says, for files that leave it out."""
    *scopes, kind = re.split("/providers/", resource["id"].rstrip("/"), flags=re.IGNORECASE)
    if scopes:
        namespace, *pairs = kind.split("/")
    else:  # a subscription or a resource group
        namespace, pairs = "Microsoft.Resources", kind.split("/")[-2:]
    resource.setdefault("type", "/".join([namespace, *pairs[0::2]]))
    slot = resource["type"].lower() == "microsoft.web/sites/slots"
    resource.setdefault("name", "/".join(pairs[1::2]) if slot else pairs[-1])
    properties = resource.setdefault("properties", {})
    if resource["type"].lower() == "microsoft.authorization/roleassignments":
        properties.setdefault("scope", "/providers/".join(scopes) or "/")
    return resource


_NAMES = {
    "cloud": "cloud",
    "tenant": "tenant",
    "subscriptions": "subscriptions",
    "healer": "healer",
    "appSettings": "app_settings",
    "secrets": "secrets",
    "passwords": "passwords",
    "images": "images",
    "deletedImages": "deleted_images",
    "trouble": "trouble",
    "limits": "limits",
    "egress": "egress",
    "activityLog": "activity_log",
    "propagation": "propagation",
    "retry": "retry",
    "workspace": "workspace",
}
