"""What the documents promise names tests, and those tests are there."""

from pathlib import Path

import pytest

from tests import documents

GROUPS = [
    "State that survives",
    "Many at once",
    "Before a pull fails",
    "Gates",
    "Undo",
    "Security",
    "Bad weather",
    "Not promised",
]


def test_every_promise_is_a_sentence_of_its_own_with_its_tests() -> None:
    _, *parts = documents.text("docs/guarantees.md").split("\n## ")

    assert [part.partition("\n")[0] for part in parts] == GROUPS
    for part in parts[:-1]:
        assert documents.rows(part), part
    told = [row for part in parts for row in documents.rows(part)]
    assert len({row[0] for row in told}) == len(told)
    for row in told:
        assert len(row) == 2, row[0]
        assert row[0]
        assert documents.names_tests_alone(row[1]), row[0]


@pytest.mark.parametrize("document", documents.DOCUMENTS, ids=lambda one: one.name)
def test_every_test_a_document_names_is_there(document: Path) -> None:
    assert documents.missing(document.read_text(encoding="utf-8")) == []


def test_a_test_that_is_not_there_is_missed() -> None:
    gone = "`tests/test_guarantees.py::test_nobody_wrote`, `tests/nowhere.py::test_a_test`"

    assert documents.missing(gone) == [
        "tests/test_guarantees.py::test_nobody_wrote",
        "tests/nowhere.py::test_a_test",
    ]


@pytest.mark.parametrize("document", ["SECURITY", "guarantees", "notifications", "findings"])
def test_the_readme_leads_there(document: str) -> None:
    assert f"(docs/{document}.md)" in documents.text("README.md")
