"""
Incidents and records as JSON text, and back.

In:  an Incident or a Record, or text that once was one.
Out: text in ASCII, or the noun equal to the one written; ValueError for text that is neither.

Loaded only by those who read or change incidents: the alert door writes the first, empty body of
an incident without it (`rows.first_incident` keeps the same form). Pure.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from shared.model.incident import Heard, Incident
from shared.store.interface import Record

_Noun = TypeVar("_Noun")


def write_incident(incident: Incident) -> str:
    """The incident without its signals, which the store keeps apart."""
    return _write(replace(incident, signals=()))


def read_incident(body: str, *, version: int, signals: tuple[Heard, ...]) -> Incident:
    return replace(_read(body, Incident), version=version, signals=signals)


def write_record(record: Record) -> str:
    return _write(record)


def read_record(body: str) -> Record:
    return _read(body, Record)


def _write(noun: object) -> str:
    # json, not msgspec.json: texts from logs may hold lone surrogates, which only json escapes.
    return json.dumps(msgspec.to_builtins(noun, enc_hook=_plain))


def _read(body: str, noun: type[_Noun]) -> _Noun:
    return msgspec.convert(json.loads(body), noun)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value")
