"""
The workbook's queries, asked of what the product really sends.

Metrics are read by OpenTelemetry's own reader, log lines from the logger; both are laid out as
Application Insights keeps them (tables customMetrics and traces), and the simulated workspace's
query engine carries out the workbook's text.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.clients.metrics import METRICS
from shared.pipeline import sweep
from tests.clients.reader import reading
from tests.clients.stories import APPROVE, blocked, helped_nobody
from tests.infra.ways import INFRA
from tests.simulator import kql
from tests.simulator.kql import Table

NOW = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
_BOOK = json.loads((INFRA / "workbook.json").read_text("utf-8"))
QUERIES = {one["name"]: one["content"] for one in _BOOK["items"] if one["type"] == 3}
_FIELDS = ("incident", "stage", "resource", "registry", "cause", "finding", "remedy", "verdict")
_COLUMNS = {
    "customMetrics": {
        **{"timestamp": "datetime", "name": "string", "value": "real", "valueSum": "real"},
        **{"valueCount": "int", "valueMax": "real", "customDimensions": "dynamic"},
    },
    "traces": {"timestamp": "datetime", "message": "string", "customDimensions": "dynamic"},
}
Rows = Mapping[str, list[dict[str, Any]]]


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """An app that was healed, a plan that waits, and a registry whose breaker tripped."""
    place, lines, log = tmp_path_factory.mktemp("book"), _Lines(), logging.getLogger("shared.audit")
    before = log.level
    log.addHandler(lines)
    log.setLevel(logging.INFO)
    try:
        with reading() as seen:
            _lived_through(place)
            told = seen.metrics()
    finally:
        log.removeHandler(lines)
        log.setLevel(before)
    return {
        "customMetrics": [_point(name, *one) for name, points in told.items() for one in points],
        "traces": [_line(number, record) for number, record in enumerate(lines.records)],
    }


def _lived_through(place: Path) -> None:
    for name in ("healed", "held", "tripped"):
        (place / name).mkdir()
    healed = blocked(place / "healed")
    healed.sweep_until_done(healed.heal(healed.find("shop")))
    held = blocked(place / "held", APPROVE)
    assert held.heal(held.find("shop")).state == "held"
    sweep(medic=helped_nobody(place / "tripped").medic)


def _point(name: str, attributes: dict[str, Any], value: float) -> dict[str, Any]:
    counted = {"value": value, "valueSum": value, "valueCount": 1, "valueMax": value}
    return {"timestamp": NOW, "name": name, "customDimensions": attributes, **counted}


def _line(number: int, record: logging.LogRecord) -> dict[str, Any]:
    said = {name: value for name in _FIELDS if (value := getattr(record, name, None))}
    moment = NOW - timedelta(hours=1) + timedelta(seconds=number)
    return {"timestamp": moment, "message": record.getMessage(), "customDimensions": said}


def ask(name: str, rows: Rows) -> list[dict[str, Any]]:
    text = QUERIES[name]["query"].replace("{TimeRange:grain}", "1h")
    tables = {table: Table.of(_COLUMNS[table], found, table) for table, found in rows.items()}
    return [dict(row) for row in kql.run(text, tables.get, NOW).rows]


def test_every_tile_shows_something_of_what_happened(rows: Rows) -> None:
    empty = [name for name in QUERIES if name != "throttles" and not ask(name, rows)]

    assert empty == []


def test_where_nothing_happened_each_says_so_in_words() -> None:
    for name, content in QUERIES.items():
        assert ask(name, {"customMetrics": [], "traces": []}) == []
        assert content["noDataMessage"].endswith((".", "`")), name


def test_incidents_are_told_by_what_was_found_and_how_they_ended(rows: Rows) -> None:
    (found,) = [row for row in ask("by-finding", rows) if row["Finding"].startswith("firewall")]

    assert found["Healed"] >= 1
    assert found["Incidents"] > found["Healed"]
    assert {"healed", "held"} <= {row["State"] for row in ask("over-time", rows)}


def test_what_was_carried_out_is_told_by_remedy(rows: Rows) -> None:
    (found,) = ask("by-remedy", rows)

    assert found["Remedy"] == "firewall-sync"
    assert found["Steps"] >= found["Incidents"] >= 1


def test_a_plan_that_waits_is_named_with_its_workload(rows: Rows) -> None:
    waiting = ask("held", rows)

    assert "firewall-missing-egress" in {row["Finding"] for row in waiting}
    assert all(row["Workload"].endswith("sites/shop") for row in waiting)
    assert all(row["Remedy"] == "firewall-sync" for row in waiting)


def test_the_way_to_healed_is_in_minutes(rows: Rows) -> None:
    (found,) = ask("time-to-healed", rows)

    assert found["Healed"] == 1
    assert 0 < found["Average"] <= found["Slowest"] < 60


def test_a_tripped_breaker_is_named_and_an_open_way_too(rows: Rows) -> None:
    shown = {row["Registry"]: row["Writes"] for row in ask("breakers", rows)}

    assert shown.pop("all of them") == "may pass"
    assert list(shown.values()) == ["stopped until a person resets it"]
    assert next(iter(shown)).endswith("/registries/contosoimages")
    assert [row["Times"] for row in ask("trips", rows)] == [1]


def test_every_number_the_product_tells_is_shown_and_no_other() -> None:
    shown = {
        name
        for content in QUERIES.values()
        for name in re.findall(r'name == "(medic\.\w+)"', content["query"])
    }

    assert shown == set(METRICS)
