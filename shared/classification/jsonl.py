"""
JSON Lines: the body of `medic classify`.

In:  lines of bytes, each `{"id": any, "text": str, "platform"?: str}`.
Out: one object a line, same order: the Reading with its `id`, or `{"id": null, "error": …}`.

Pure. No line stops the rest: whatever is wrong with one is said in its own answer.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from shared.classification.classifier import classify


class BadLine(ValueError):
    """This line cannot be classified. The message says why."""


def classify_lines(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Answer each line in turn; nothing is read ahead, so a pipe streams."""
    for line in lines:
        try:
            yield _answer(_parse(line))
        except BadLine as bad:
            yield {"id": None, "error": str(bad)}


def _parse(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"), parse_constant=_not_json)
    except UnicodeDecodeError as error:
        raise BadLine(f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise BadLine("nested too deeply to read") from error
    except ValueError as error:
        raise BadLine(f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise BadLine(f"expected an object with id and text, not {_kind(row)}")
    if not isinstance(row.get("text"), str):
        found = _kind(row["text"]) if "text" in row else "nothing"
        raise BadLine(f"text must be a string, found {found}")
    if not isinstance(row.get("platform"), str | None):
        raise BadLine(f"platform must be a string, found {_kind(row['platform'])}")
    return row


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    identifier = row.get("id")
    if isinstance(identifier, list | dict):
        _must_print(identifier)
    reading = classify(row["text"], row.get("platform"))
    return {
        "id": identifier,
        "cause": reading.cause.value,
        "registry": reading.registry,
        "repository": reading.repository,
        "reference": reading.reference,
        "client_ip": reading.client_ip,
        "signature": reading.signature,
    }


def _must_print(identifier: list[Any] | dict[str, Any]) -> None:
    """Reading and printing have different depth limits; an id must survive both."""
    try:
        json.dumps(identifier)
    except RecursionError as error:
        raise BadLine("the id is nested too deeply to print") from error


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
