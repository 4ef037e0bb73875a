"""What the documents promise names tests, and those tests are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
THREATS = {
    "forged alert",
    "replayed event",
    "log injection",
    "confused deputy",
    "poisoned policy",
    "stolen function key",
    "healed by loop",
    "token exfiltration through a URL in a payload",
    "secrets in logs",
    "cross-tenant",
    "path and id injection",
    "KQL injection",
    "shared egress",
}


def rows() -> list[list[str]]:
    text = (ROOT / "docs" / "SECURITY.md").read_text(encoding="utf-8")
    table = text.split("<!-- threats -->")[1].split("<!-- /threats -->")[0].strip()
    lines = [line.strip().strip("|").split(" | ") for line in table.splitlines()]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def test_every_threat_has_an_attack_a_defence_and_a_test() -> None:
    told = rows()

    assert {row[0] for row in told} >= THREATS
    for row in told:
        assert len(row) == 4, row[0]
        assert all(row), row[0]
        assert _NAMED.search(row[3]), row[0]
        assert _NAMED.sub("", row[3]).strip() == "", row[0]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_test_a_document_names_is_there(document: Path) -> None:
    named = _NAMED.findall(document.read_text(encoding="utf-8"))

    missing = [f"{file}::{name}" for file, name in named if not _is_there(ROOT / file, name)]

    assert missing == []


def _is_there(file: Path, name: str) -> bool:
    return file.is_file() and f"\ndef {name}(" in file.read_text(encoding="utf-8")


def test_the_readme_leads_there() -> None:
    assert "docs/SECURITY.md" in (ROOT / "README.md").read_text(encoding="utf-8")
