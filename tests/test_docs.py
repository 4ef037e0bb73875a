"""
The README and the documents, held against the product: what they name is there, what there is they
name, and their examples work. That their commands do: `test_docs_commands.py`.
"""

import json
import re
import shlex
from collections import deque
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from functions.cli import commands
from shared import policy, settings
from tests import documents
from tests.documents import README, ROOT, Fence, Prose

PAGES = pytest.mark.parametrize("page", documents.PAGES, ids=documents.name)
FENCES = [fence for page in documents.PAGES for fence in documents.fences(page)]
#: What a fenced block may be written in; shells by one name, so that none escapes its test.
LANGUAGES = {"sh", "yaml", "json", "text", "mermaid", "kusto", "bicep"}
_COMMAND = re.compile(r"^\s*(\$ )?(medic|make|az|azd|func|curl|python3?|pip|git) ", re.MULTILINE)
_PLACE = re.compile(r"(shared|functions|tests|infra|docs|\.ci)/[\w./*-]*")
_ENVIRONMENT = re.compile(r"""environ(?:\.get)?[(\[]"([A-Z]\w+)""")


def _of(language: str) -> list[Fence]:
    return [fence for fence in FENCES if fence.language == language]


def test_every_block_says_what_it_is_and_is_it() -> None:
    assert [str(fence) for fence in FENCES if fence.language not in LANGUAGES] == []
    for fence in _of("json"):
        json.loads(fence.text)


def test_no_command_hides_where_no_test_looks() -> None:
    """A command stands in a `sh` block, which is executed, or marked with what it needs."""
    plain = [fence for fence in FENCES if fence.language == "text"]

    assert [str(fence) for fence in plain if _COMMAND.search(fence.text)] == []


@pytest.mark.parametrize("fence", _of("yaml"), ids=str)
def test_every_policy_is_one_the_product_takes(fence: Fence) -> None:
    assert policy.load(fence.text).version == 1


@PAGES
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in Prose(page).links:
        if "://" in link:
            assert link.startswith("https://"), link
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in Prose(target).anchors, link


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b`, c\n\n## A b c\n[x](no.md) [y](#a-b-c-1) `[z](code.md)`\n")

    assert Prose(page).links == ["no.md", "#a-b-c-1"]
    assert Prose(page).anchors == {"a-b-c", "a-b-c-1"}


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = {README}, deque([README])
    while waiting:
        page = waiting.popleft()
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in Prose(page).links}
        for target in targets - reached:
            if target.suffix == ".md" and target.is_file():
                reached.add(target)
                waiting.append(target)

    assert set(documents.PAGES) <= reached


@PAGES
def test_every_file_that_is_named_is_there(page: Path) -> None:
    for code in Prose(page).code:
        if _PLACE.fullmatch(code):
            assert list(ROOT.glob(code.rstrip("/"))), code


@PAGES
def test_every_setting_that_is_named_is_one(page: Path) -> None:
    named = set(re.findall(r"MEDIC_[A-Z_]+\b", page.read_text(encoding="utf-8")))

    assert named <= _settings()


def test_every_setting_is_explained_in_the_readme() -> None:
    told = {row[0].strip("`") for row in documents.rows(documents.text("README.md"))}

    assert _settings() <= told


def test_whatever_else_the_product_reads_from_its_environment_is_named() -> None:
    """What the platform sets (WEBSITE_…) is its own affair; what a person has to set is told."""
    source = [file.read_text(encoding="utf-8") for file in _product()]
    read = {name for text in source for name in _ENVIRONMENT.findall(text)}
    pages = "\n".join(page.read_text(encoding="utf-8") for page in documents.PAGES)

    assert read
    assert [one for one in read if one not in pages and not one.startswith("WEBSITE_")] == []


@PAGES
def test_every_route_that_is_named_is_one(page: Path) -> None:
    doors = "\n".join(file.read_text("utf-8") for file in (ROOT / "functions").glob("*.py"))
    routes = [re.sub(r"\{\w+\}", "[^/]+", one) for one in re.findall(r'route="([^"]+)"', doors)]
    named = re.findall(r"/api/([\w/{}$-]*\w\}?)", page.read_text(encoding="utf-8"))

    assert routes
    for route in named:
        assert any(re.fullmatch(one, route) for one in routes), route


@PAGES
def test_every_command_that_is_named_in_passing_exists(page: Path) -> None:
    for code in Prose(page).code:
        match code.split():
            case ["medic", str(verb), *words] if verb.isalpha() and verb.islower():
                _check(verb, [word for word in words if word.startswith("--")])
            case ["make", str(target)] if target.isalpha():
                assert target in _targets(), code
            case ["python", "-m", str(module), *_]:
                assert find_spec(module), code


@pytest.mark.parametrize("fence", _of("sh"), ids=str)
def test_every_medic_command_exists(fence: Fence) -> None:
    for line in fence.text.splitlines():
        match shlex.split(line, comments=True):
            case ["medic", str(verb), *words]:
                _check(verb, [word for word in words if word.startswith("--")])
            case ["make", str(target), *_]:
                assert target in _targets(), line


def test_the_readme_names_every_verb() -> None:
    readme = documents.text("README.md")

    assert [verb for verb in commands.medic.commands if f"medic {verb}" not in readme] == []


def _check(verb: str, options: list[str]) -> None:
    command = commands.medic.commands[verb]
    known = {
        text for one in command.params if isinstance(one, click.Option) for text in one.opts
    } | {"--help"}
    assert set(options) <= known, f"medic {verb} {options}"


def _settings() -> set[str]:
    return {f"MEDIC_{name.upper()}" for name in settings._READERS}


@cache
def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", documents.text("Makefile"), re.MULTILINE))


def _product() -> list[Path]:
    return [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
