"""
Resources against Azure's own types.

In:  a resource as a deployment would make it.
Out: what Azure does not know about it, or misses: types, API versions, properties, values.

`types.json` has every type that `infra/` uses, out of what Microsoft publishes for Bicep
(github.com/Azure/bicep-types-az, August 2026). A property is a word for its type, a list of the
values it may have, or an object: `!` marks what is required, `~` what Azure alone writes, `*` any
other name, `[]` the items of a list, and `by` names the property that chooses among `of`. `found`
is a type of which only id and name are used.
"""

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bicep.deploying import Deployed
from tests.bicep.expressions import Later

_PLAIN: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "bool": bool,
    "int": int,
    "any": object,
}


@functools.cache
def known() -> dict[str, Any]:
    types: dict[str, Any] = json.loads(Path(__file__).with_name("types.json").read_text("utf-8"))
    return types


def mistakes(resource: Deployed) -> Iterator[str]:
    """What is wrong with a resource, each with the place in its file."""
    name = f"{resource.kind}@{resource.version}"
    spec = known().get(name)
    if spec is None:
        versions = [one.split("@")[1] for one in known() if one.startswith(f"{resource.kind}@")]
        why = f"there is {', '.join(versions)}" if versions else "no such type is known"
        yield f"{resource.origin}: {name}: {why}; types.json tells what is"
        return
    if spec == "found":
        if not resource.existing or resource.asked:
            yield f"{resource.origin}: {name} is only known as something that is there already"
        return
    for path in resource.asked:
        if not _is_there(path.split("."), spec):
            yield f"{resource.origin}: {name} has no {path} that could be read"
    if not resource.existing:
        for why in _compared(resource.body, spec, resource.kind):
            yield f"{resource.origin}: {why}"


def _is_there(path: list[str], spec: Any) -> bool:
    for name in path:
        if not isinstance(spec, dict) or "by" in spec:
            return spec == "any"
        spec = {key.rstrip("!~"): inner for key, inner in spec.items()}.get(name)
    return spec is not None


def _compared(value: Any, spec: Any, where: str) -> Iterator[str]:
    if isinstance(value, Later) or spec == "any":
        return
    if isinstance(spec, str):
        if not isinstance(value, _PLAIN[spec]) or (spec == "int" and isinstance(value, bool)):
            yield f"{where} is {value!r}, not a {spec}"
    elif isinstance(spec, list):
        if value not in spec:
            yield f"{where} is {value!r}, not one of {', '.join(map(repr, spec))}"
    elif "[]" in spec:
        if not isinstance(value, list):
            yield f"{where} is {value!r}, not a list"
            return
        for place, item in enumerate(value):
            yield from _compared(item, spec["[]"], f"{where}[{place}]")
    elif not isinstance(value, dict):
        yield f"{where} is {value!r}, not an object"
    elif "by" in spec:
        yield from _chosen(value, spec, where)
    else:
        yield from _object(value, spec, where)


def _chosen(value: dict[str, Any], spec: Mapping[str, Any], where: str) -> Iterator[str]:
    by = value.get(spec["by"])
    if by not in spec["of"]:
        yield f"{where}.{spec['by']} is {by!r}, not one of {', '.join(spec['of'])}"
        return
    yield from _object(value, spec["base"] | spec["of"][by], where)


def _object(value: dict[str, Any], spec: Mapping[str, Any], where: str) -> Iterator[str]:
    names = {name.rstrip("!~"): inner for name, inner in spec.items()}
    for name in spec:
        if name.endswith("!") and name[:-1] not in value:
            yield f"{where} lacks {name[:-1]}"
    for name, inner in value.items():
        if f"{name}~" in spec:
            yield f"{where}.{name} is written by Azure alone"
        elif name in names or "*" in names:
            yield from _compared(inner, names.get(name, names.get("*")), f"{where}.{name}")
        else:
            near = [one for one in names if one.lower() == name.lower()]
            hint = f"; did you mean {near[0]}?" if near else ""
            yield f"{where} has no property {name}{hint}"
