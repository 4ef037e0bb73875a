"""The runbook says what the product says: every word it quotes is the product's own, and every part
of a health report is explained."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from functions import duty
from tests import documents
from tests.clinic import Clinic
from tests.host import running
from tests.simulator import estates

PAGE = "docs/runbook.md"
_GAP = "\0"  # what the product fills in
QUOTES = sorted(set(re.findall("“([^”]+)”", documents.text(PAGE).replace("\n", " "))))


@pytest.mark.parametrize("quote", QUOTES)
def test_what_the_runbook_quotes_is_what_the_product_says(quote: str) -> None:
    assert _said(re.sub(r"\s+", " ", quote)), quote


def test_words_nobody_says_are_noticed() -> None:
    assert not _said("the breaker is ajar: …")
    assert not _said("the breaker … plan only")


def test_every_part_of_health_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    duty.take_over(Clinic(estates.blocked_web_app(), tmp_path).medic)
    try:
        with running() as host:
            report = requests.get(f"{host.url}/api/health", timeout=30).json()
    finally:
        duty.take_over(None)

    told = {row[0].strip("`") for row in documents.rows(documents.section(PAGE, "Is it well?"))}
    assert told == report.keys() - {"healthy"}


def _said(quote: str) -> bool:
    """Whether one sentence of the product has all parts of the quote, in their order."""
    parts = [re.escape(part.strip()) for part in quote.split("…") if part.strip()]
    wanted = re.compile(".*".join(parts), re.DOTALL)
    return bool(parts) and any(wanted.search(sentence) for sentence in _sentences())


@cache
def _sentences() -> tuple[str, ...]:
    """Every text in the product's source, a gap where it fills something in."""
    files = [
        file for room in ("shared", "functions") for file in (documents.ROOT / room).rglob("*.py")
    ]
    found = (text for file in files for text in _texts(ast.parse(file.read_text("utf-8"))))
    return tuple(re.sub(r"\s+", " ", text) for text in found)


def _texts(tree: ast.AST) -> Iterator[str]:
    """What stands in docstrings is said to nobody."""
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else _GAP for part in node.values)
            yield "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and id(node) not in silent:
            yield str(node.value)
