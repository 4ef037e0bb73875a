"""
The built-in functions of Bicep that `infra/` uses, as "Bicep functions" (Microsoft Learn) has them.

In:  where files are loaded from, and where the deployment goes.
Out: each function by its name.

Names made by `uniqueString` and `guid` are not Azure's, but as stable.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.bicep.expressions import Later
from tests.bicep.syntax import BicepError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a deployment goes: a subscription, or a group in it."""

    subscription: str
    group: str = ""

    @property
    def id(self) -> str:
        within = f"/resourceGroups/{self.group}" if self.group else ""
        return f"/subscriptions/{self.subscription}{within}"

    def __getitem__(self, name: str) -> str:
        known = {"id": self.id, "name": self.group, "subscriptionId": self.subscription}
        return known[name]


def functions(folder: Path, here: Place, loads: Mapping[str, str]) -> dict[str, Callable[..., Any]]:
    """Every function, for a file in `folder` that is deployed to `here`. `loads`: texts that are
    loaded instead of the files of these names."""

    def load(path: str) -> str:
        return loads[path] if path in loads else _load(folder / path)

    return _PURE | {
        "loadTextContent": load,
        "loadJsonContent": lambda path: json.loads(load(path)),
        "loadYamlContent": lambda path: yaml.safe_load(load(path)),
        "subscription": lambda id=here.subscription: Place(id),
        "resourceGroup": lambda *names: _group(here, *names),
        "subscriptionResourceId": lambda kind, name: (
            f"{Place(here.subscription).id}/providers/{kind}/{name}"
        ),
        "environment": lambda: {"name": "AzureCloud"},
    }


def _group(here: Place, *names: str) -> Place:
    if not names:
        return here
    return Place(*names) if len(names) == 2 else Place(here.subscription, names[0])


def _load(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BicepError(f"there is no file {path.name} to load") from None


def _unique(*parts: str) -> str:
    digest = hashlib.sha256("|".join(parts).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]


def _fail(message: str) -> Any:
    raise BicepError(message)


def _flatten(lists: list[list[Any]]) -> list[Any]:
    return [item for one in lists for item in one]


def _to_object(items: list[Any], key: Any, value: Any = lambda item: item) -> dict[str, Any]:
    return {key(item): value(item) for item in items}


_PURE: dict[str, Callable[..., Any]] = {
    "concat": lambda *lists: _flatten(list(lists)),
    "contains": lambda where, what: what in where,
    "empty": lambda value: not value,
    "fail": _fail,
    "filter": lambda items, good: [item for item in items if good(item)],
    "first": lambda items: items[0] if items else None,
    "flatten": _flatten,
    "guid": lambda *parts: str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(parts))),
    "join": lambda items, between: between.join(map(str, items)),
    "last": lambda items: items[-1] if items else None,
    "length": len,
    "listKeys": lambda id, _version: {"default": Later(f"<key of {id}>")},
    "map": lambda items, what: [what(item) for item in items],
    "objectKeys": lambda value: sorted(value),
    "split": lambda text, at: text.split(at),
    "string": lambda value: value if isinstance(value, str) else json.dumps(value, default=str),
    "toLower": lambda text: text.lower(),
    "toObject": _to_object,
    "trim": lambda text: text.strip(),
    "union": lambda first, *more: _union(first, *more),
    "uniqueString": _unique,
}


def _union(first: Any, *more: Any) -> Any:
    """Objects within objects are joined, too; anything else is replaced."""
    if not isinstance(first, dict):
        return list(dict.fromkeys(item for one in (first, *more) for item in one))
    joined = dict(first)
    for one in more:
        for key, value in one.items():
            both = isinstance(value, dict) and isinstance(joined.get(key), dict)
            joined[key] = _union(joined[key], value) if both else value
    return joined
