"""The numbers an operator asks for, and that each of them is documented as it is told."""

import re
from pathlib import Path

from shared.clients import telemetry
from shared.clients.metrics import METRICS
from shared.pipeline import approve, heal, reset_breaker, rollback, sweep, take
from tests.clients.reader import Read
from tests.clients.stories import (
    APPROVE,
    TRACE,
    about_basket,
    about_the_registry,
    at_the_door,
    blocked,
    helped_nobody,
    queued,
    stormed,
)

PAGE = Path(__file__).parents[2] / "docs" / "telemetry.md"


def test_the_numbers_an_operator_asks_for_are_counted(read: Read, tmp_path: Path) -> None:
    clinic = blocked(tmp_path)
    clinic.simulator.faults.add(
        {
            "match": {"path": "/sites/shop"},
            "times": 1,
            "status": 429,
            "headers": {"Retry-After": "1"},
        }
    )

    incident = clinic.sweep_until_done(clinic.heal(clinic.find("shop")))

    took = (incident.updated - incident.opened).total_seconds()
    finding = {"finding": "firewall-missing-egress"}
    metrics = read.metrics()
    assert metrics.pop("medic.throttles") == [({"host": "management.azure.com"}, 1)]
    assert metrics == {
        "medic.writes": [({"type": "microsoft.containerregistry/registries"}, 1)],
        "medic.incidents": [({**finding, "state": "healed"}, 1)],
        "medic.time_to_healed": [(finding, took)],
        "medic.breaker": [({"registry": "*"}, 0)],
    }


def test_a_tripped_breaker_is_counted_once_and_shown_by_every_sweep_until_it_is_reset(
    read: Read, tmp_path: Path
) -> None:
    clinic = helped_nobody(tmp_path)
    registry = clinic.only("registries").key
    before = read.metrics()

    sweep(medic=clinic.medic)
    still = read.metrics()
    reset_breaker(registry, "the other one was told", "ada", medic=clinic.medic)
    sweep(medic=clinic.medic)
    after = read.metrics()

    tripped = [({"registry": "*"}, 0), ({"registry": registry}, 1)]
    assert before["medic.breaker"] == still["medic.breaker"] == tripped
    assert before["medic.breaker_trips"] == [({"registry": registry}, 1)]
    assert after["medic.breaker"] == [({"registry": "*"}, 0)]


def test_who_does_not_sweep_says_nothing_about_breakers(read: Read, tmp_path: Path) -> None:
    clinic = helped_nobody(tmp_path)
    read.metrics()
    reset_breaker(clinic.only("registries").key, "done elsewhere", "ada", medic=clinic.medic)

    assert "medic.breaker" not in read.metrics()


def _rows(heading: str) -> dict[str, str]:
    """Each name in the page's table below that heading, and what it says about it."""
    page = PAGE.read_text(encoding="utf-8")
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([a-z_.]+)` \| (.*) \|$", section, re.MULTILINE))


def test_what_is_told_is_what_the_page_says(read: Read, tmp_path: Path) -> None:
    clinic = blocked(tmp_path / "person", APPROVE)
    clinic.simulator.faults.add({"match": {"path": "/sites/shop"}, "times": 1, "status": 429})
    take(queued(clinic), medic=clinic.medic)
    (incident,) = clinic.medic.store.page().incidents
    incident = clinic.sweep_until_done(incident)
    assert incident.plan is not None
    approve(incident.id, incident.plan.digest, "ada", medic=clinic.medic)
    heal(clinic.signal(incident.resource, id="approved"), medic=clinic.medic)
    clinic.sweep_until_done(incident)
    rollback(incident.id, "not on a Friday", "ada", medic=clinic.medic)
    helped_nobody(tmp_path / "breaker")
    clinic, _, messages = stormed(tmp_path / "round")
    clinic.deliver(messages)
    clinic, alert = about_basket(tmp_path / "search")
    clinic.deliver(at_the_door(clinic, alert, TRACE))
    clinic = blocked(tmp_path / "change")
    take(about_the_registry(clinic), medic=clinic.medic)

    spans, metrics = _rows("Traces"), _rows("Metrics")
    told = read.metrics()
    assert {one.name for one in read.spans} == set(spans)
    assert set(told) == set(metrics)
    for name, points in told.items():
        for attributes, _ in points:
            assert set(attributes) <= set(re.findall(r"`(\w+)`", metrics[name])), name
    attributes = {name for one in read.spans for name in one.attributes}
    page = PAGE.read_text(encoding="utf-8")
    said = page.partition("\nAttributes: ")[2].partition("No query string")[0]
    assert attributes <= set(re.findall(r"`([a-z_.]+)`", said))


def test_the_page_says_of_each_name_what_the_code_says() -> None:
    assert (_rows("Traces"), _rows("Metrics")) == (telemetry.SPANS, METRICS)
