"""
Everything that can be found wrong with a folder of Bicep files without Azure.

In:  the folder, and the ways its main file is deployed in.
Out: findings, each a sentence with its file.

Each way is carried out on paper, so that what a condition hides in one of them is seen in another;
a resource or module that none of them makes is a finding as well.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bicep import types
from tests.bicep.deploying import deploy
from tests.bicep.syntax import BicepError, Declaration, Node, Source, source, text, walk

_SECRET = re.compile(r"\blist(Keys|Secrets|Credentials|AccountSas|ServiceSas)\b")


def findings(folder: Path, main: str, ways: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with the files below `folder`, of which `main` is deployed."""
    files = [source(path.resolve()) for path in sorted(folder.rglob("*.bicep"))]
    found = [error for file in files for error in file.errors]
    if found:
        return found
    found += [why for file in files for why in _style(file)]
    made: set[str] = set()
    for way in ways:
        try:
            deployment = deploy(folder / main, **way)
        except BicepError as error:
            found.append(str(error))
            continue
        made |= {resource.origin for resource in deployment.made}
        found += [why for resource in deployment.made for why in types.mistakes(resource)]
    found += [f"{one} is never made" for one in _resources(files) if one not in made]
    return list(dict.fromkeys(found))


def _resources(files: Sequence[Source]) -> Iterator[str]:
    for file in files:
        for one in file.declarations:
            if one.what == "resource":
                yield f"{file.path.name}: {one.name}"


def _style(file: Source) -> Iterator[str]:
    """What is declared and never used, or not described, or tells a secret."""
    words = [text(node) for node in walk(file.root) if node.type == "identifier" and _read(node)]
    for one in file.declarations:
        where = f"{file.path.name}: {one.what} {one.name}"
        if one.what in ("param", "output") and "description" not in one.decorators:
            yield f"{where} is not described"
        if one.what in ("param", "var") and one.name not in words:
            yield f"{where} is never used"
        if one.what == "output" and _SECRET.search(text(one.node)):
            yield f"{where} tells a secret to whoever reads deployments"
        yield from _secret_default(one, where)


def _read(name: Node) -> bool:
    """A name that is neither a key nor what a declaration declares."""
    around = name.parent
    declares = around.type.endswith("_declaration") and name == around.named_children[0]
    return not declares and not (around.type == "object_property" and name == around.children[0])


def _secret_default(one: Declaration, where: str) -> Iterator[str]:
    if "secure" in one.decorators and one.value is not None and text(one.value) != "''":
        yield f"{where} is a secret with a default"
