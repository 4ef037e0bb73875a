"""Our own messages, and the same after a journey through logs, files and issue trackers."""

import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.classification import classify
from shared.model.words import Cause


class Message(NamedTuple):
    cause: Cause
    text: str
    registry: str | None
    repository: str | None
    reference: str | None
    client_ip: str | None


def _read(line: str) -> Message:
    row = json.loads(line)
    names = (row.get(name) for name in ("registry", "repository", "reference", "client_ip"))
    return Message(Cause(row["cause"]), row["text"], *names)


_FILE = Path(__file__).with_name("messages.jsonl")
MESSAGES = [_read(line) for line in _FILE.read_text(encoding="utf-8").splitlines()]


def _dotnet(text: str) -> str:
    """System.Text.Json escapes what HTML could misread."""
    escaped = json.dumps(text).replace('\\"', "\\u0022")
    for char in "'+&<>":
        escaped = escaped.replace(char, f"\\u{ord(char):04X}")
    return escaped


JOURNEYS: dict[str, Callable[[str], str]] = {
    "a row of JSON": lambda text: json.dumps({"Log_s": text, "Type_s": "Warning"}),
    "JSON within JSON": lambda text: json.dumps(json.dumps({"Message": text})),
    "JSON three deep": lambda text: json.dumps(json.dumps(json.dumps({"Message": text}))),
    "a .NET serializer": _dotnet,
    "a CSV export": lambda text: '"2026-01-01T00:00:00Z","' + text.replace('"', '""') + '"',
    "a terminal": lambda text: f"\x1b[31m{text}\x1b[0m",
    "a quotation": lambda text: "> " + text.replace("\n", "\n> "),
    "emphasis": lambda text: f"**{text}**",
    "hard wrapping": lambda text: "\n".join(
        textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)
    ),
    "a log prefix": lambda text: f"2026-02-02T10:10:10.000Z ERROR - {text}",
    "other lines around it": lambda text: f"Starting up.\n{text}\nGoodbye.",
}


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_every_message_is_read_as_it_was_meant(message: Message) -> None:
    reading = classify(message.text)

    assert reading.cause is message.cause
    assert (reading.registry, reading.repository, reading.reference, reading.client_ip) == (
        message.registry,
        message.repository,
        message.reference,
        message.client_ip,
    )


def test_every_cause_and_as_many_look_alikes_as_failures_are_among_them() -> None:
    causes = [message.cause for message in MESSAGES]

    assert set(causes) == set(Cause)
    assert causes.count(Cause.NOT_A_PULL_FAILURE) >= len(causes) * 2 / 5


#: A fragment is only a fragment while nothing surrounds it.
_FRAGMENTS = {"unauthorized-fragment", "certificate-fragment", "manifest-fragment"}


@pytest.mark.parametrize("journey", JOURNEYS)
def test_no_journey_changes_what_a_message_says(journey: str) -> None:
    changed = []
    for message in MESSAGES:
        if classify(message.text).signature in _FRAGMENTS:
            continue
        if classify(JOURNEYS[journey](message.text)).cause is not message.cause:
            changed.append(message.text)

    assert changed == []
