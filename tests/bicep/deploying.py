"""
A deployment, on paper: a file with parameters, and the resources it would make.

In:  a Bicep file, values for its parameters, a subscription and maybe a group.
Out: a Deployment: every resource with its full id and its body, modules followed; its outputs.
Errors: BicepError, for whatever Azure or the compiler would refuse about the file itself.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.bicep.expressions import Later, Names, evaluate, looped, members
from tests.bicep.functions import Place, functions
from tests.bicep.syntax import BicepError, Declaration, Node, Source, nested, source, text

_HOME = Place("11111111-1111-4111-8111-111111111111")
_GROUPS = "Microsoft.Resources/resourceGroups"


@dataclass
class Deployed:
    """A resource as it would be made, or (`existing`) found. Read like a resource symbol: what
    Azure adds to it is a Later."""

    kind: str
    version: str
    id: str
    body: dict[str, Any]
    existing: bool
    origin: str
    children: dict[str, "Deployed"] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)  # what the files read of it, as dotted paths

    def __getitem__(self, name: str) -> Any:
        if name in self.children:
            return self.children[name]
        if name in ("id", "name"):
            return self.id if name == "id" else self.body["name"].rpartition("/")[2]
        return _Part(self.body, self)[name]

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("properties", {})
        return found

    @property
    def place(self) -> Place:
        parts = self.id.split("/")
        return Place(parts[2], parts[4] if len(parts) > 4 else "")


class _Part:
    """A part of what a resource says: what was written, and what Azure adds."""

    def __init__(self, written: Mapping[str, Any], owner: Deployed, path: str = "") -> None:
        self._written = written
        self._owner = owner
        self._path = path

    def __getitem__(self, name: str) -> Any:
        path = f"{self._path}.{name}".lstrip(".")
        said = self._written.get(name)
        if isinstance(said, dict) or name in ("properties", "identity", "primaryEndpoints"):
            return _Part(said or {}, self._owner, path)
        self._owner.asked.add(path)
        return said if isinstance(said, str) else Later(f"<{name} of {self._owner.id}>")


@dataclass
class Deployment:
    """One file, deployed. `made` holds the resources of its modules too."""

    file: Source
    place: Place
    given: Mapping[str, Any]
    made: list[Deployed]
    loads: Mapping[str, str]
    symbols: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def names(self) -> Names:
        """Everything an expression of this file may name; evaluated when it is asked for."""
        found: dict[str, Callable[[], Any]] = {}
        known = functions(self.file.path.parent, self.place, self.loads)
        for name, function in known.items():
            found[name] = found[f"{name}()"] = _constant(function)
        for name, path in self.file.imports.items():
            library = Deployment(source(path), self.place, {}, [], {})
            found[name] = found[f"{name}()"] = library.names[f"{name}()"]
        for one in self.file.declarations:
            if one.what == "func":
                found[one.name] = found[f"{one.name}()"] = self._function(one)
            elif one.what != "output":
                found[one.name] = self._lazily(one)
        return found

    @property
    def outputs(self) -> dict[str, Any]:
        return {
            one.name: self._value(one, self.names)
            for one in self.file.declarations
            if one.what == "output"
        }

    def run(self) -> "Deployment":
        """Evaluate all of it."""
        known = {one.name for one in self.file.declarations if one.what == "param"}
        if strange := set(self.given) - known:
            raise BicepError(f"{self.file.path.name} has no parameter {', '.join(sorted(strange))}")
        for one in self.file.declarations:
            if one.what in ("param", "var", "resource", "module"):
                self.names[one.name]()
        return self

    def _lazily(self, one: Declaration) -> Callable[[], Any]:
        def get() -> Any:
            if one.name not in self.symbols:
                self.symbols[one.name] = self._declared(one)
            return self.symbols[one.name]

        return get

    def _declared(self, one: Declaration) -> Any:
        match one.what:
            case "param":
                return self._parameter(one)
            case "var":
                return self._value(one, self.names)
            case "resource":
                return self._each(one, self._resource)
        return self._each(one, self._module)

    def _parameter(self, one: Declaration) -> Any:
        if one.name in self.given:
            return self.given[one.name]
        if one.value is None:
            raise BicepError(f"{self.file.path.name}: the parameter {one.name} is not given")
        return self._value(one, self.names)

    def _function(self, one: Declaration) -> Callable[[], Any]:
        (parameters,) = [part for part in one.node.named_children if part.type == "parameters"]
        wanted = [text(part.named_children[0]) for part in parameters.named_children]

        def call(*arguments: Any) -> Any:
            given = zip(wanted, arguments, strict=True)
            own = {name: _constant(value) for name, value in given}
            return self._value(one, {**self.names, **own})

        return _constant(call)

    def _value(self, one: Declaration, names: Names) -> Any:
        try:
            return evaluate(one.value, names)
        except BicepError as error:
            raise self._placed(one, error) from error

    def _placed(self, one: Declaration, error: BicepError) -> BicepError:
        name = self.file.path.name
        return error if str(error).startswith(name) else BicepError(f"{name}: {one.name}: {error}")

    def _each(self, one: Declaration, make: Callable[..., Any]) -> Any:
        assert one.value is not None
        try:
            if one.value.type in ("for_statement", "array"):
                loop = one.value
                return [self._if(one, *turn, make) for turn in looped(loop, self.names)]
            return self._if(one, one.value, self.names, make)
        except BicepError as error:
            raise self._placed(one, error) from error

    def _if(self, one: Declaration, body: Node, names: Names, make: Callable[..., Any]) -> Any:
        if body.type == "if_statement":
            condition, body = body.named_children
            if not evaluate(condition, names):
                return None
        return make(one, body, names)

    def _resource(
        self, one: Declaration, body: Node, names: Names, within: Deployed | None = None
    ) -> Deployed:
        kind, _, version = one.kind.partition("@")
        content = evaluate(body, names)
        for meta in ("dependsOn",):
            content.pop(meta, None)
        parent = content.pop("parent", within)
        scope = content.pop("scope", None)
        if within is not None:
            kind, version = f"{within.kind}/{kind}", version or within.version
        id = _id(kind, content["name"], parent, scope, self.place)
        origin = f"{self.file.path.name}: {one.name}"
        made = Deployed(kind, version, id, content, one.existing, origin)
        self.made.append(made)
        for child in nested(body):
            inner = {**names, **{one.name: _constant(made)}}
            made.children[child.name] = self._resource(child, child.value, inner, made)
        return made

    def _module(self, one: Declaration, body: Node, names: Names) -> dict[str, Any]:
        parts = {text(key): value for key, value in members(body)}
        where = evaluate(parts["scope"], names) if "scope" in parts else self.place
        place = where if isinstance(where, Place) else where.place
        given = evaluate(parts["params"], names) if "params" in parts else {}
        file = source((self.file.path.parent / one.kind).resolve())
        if (file.scope == "subscription") == bool(place.group):
            raise BicepError(f"{one.kind} is for a {file.scope} and is deployed elsewhere")
        inner = Deployment(file, place, given, self.made, self.loads).run()
        return {"outputs": inner.outputs, "name": evaluate(parts["name"], names)}


def deploy(
    path: Path, *, group: str = "", loads: Mapping[str, str] | None = None, **given: Any
) -> Deployment:
    """What `path` would make in a subscription, or in a group of it. `loads`: texts instead of the
    files it loads by these names."""
    place = Place(_HOME.subscription, group)
    return Deployment(source(path.resolve()), place, given, [], loads or {}).run()


def made(deployment: Deployment, kind: str = "") -> Iterator[Deployed]:
    """The resources it makes, those of one type."""
    for one in deployment.made:
        if not one.existing and kind.lower() in ("", one.kind.lower()):
            yield one


def _id(kind: str, name: str, parent: Deployed | None, scope: Any, place: Place) -> str:
    if parent is not None:
        return f"{parent.id}/{kind.rpartition('/')[2]}/{name}"
    if kind == _GROUPS:
        return f"{place.id}/resourceGroups/{name}"
    around = scope.id if scope is not None else place.id
    provider, *types = kind.split("/")
    path = "".join(f"/{one}/{part}" for one, part in zip(types, name.split("/"), strict=True))
    return f"{around}/providers/{provider}{path}"


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value
