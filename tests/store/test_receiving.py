"""Signals find their incident: once, together, and without waking anything heavy."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from shared.model.incident import Heard
from shared.model.words import State
from shared.store import SqliteStore, Store
from tests.store.makers import NOW, signal, site


def test_a_first_signal_opens_an_incident(store: Store) -> None:
    received = store.receive(signal(), now=NOW)

    opened = store.load(received.incident)
    assert received.new
    assert not received.duplicate
    assert opened is not None
    assert (opened.state, opened.resource, opened.opened) == (State.RECEIVED, site(), NOW)
    assert opened.signals == (
        Heard(id="alert-1", source="log-alert", at=NOW - timedelta(minutes=1), text="denied"),
    )
    assert opened.timeline[0].stage == "received"


def test_an_incident_keeps_the_trace_of_the_signal_that_opened_it(store: Store) -> None:
    first, later = (f"00-{digit * 32}-{digit * 16}-01" for digit in "ab")

    store.receive(signal("one", trace=first), now=NOW)
    store.receive(signal("two", trace=later), now=NOW)
    store.receive(signal("untraced", site("basket")), now=NOW)

    kept = {one.resource.name: one.trace for one in store.page().incidents}
    assert kept == {"shop": first, "basket": None}


def test_an_incidents_id_is_readable_and_made_from_its_first_signal(store: Store) -> None:
    received = store.receive(signal(), now=NOW)

    assert received.incident.startswith("inc-20261122-")
    assert len(received.incident) == 25
    other = SqliteStore(":memory:")
    assert other.receive(signal(), now=NOW).incident == received.incident
    other.close()


def test_further_signals_of_the_workload_join_its_open_incident(store: Store) -> None:
    first = store.receive(signal("a"), now=NOW)

    shouting = type(site())(site().text.upper())
    second = store.receive(signal("b", shouting), now=NOW)

    joined = store.load(first.incident)
    assert (second.incident, second.new, second.duplicate) == (first.incident, False, False)
    assert joined is not None
    assert [heard.id for heard in joined.signals] == ["a", "b"]


def test_joining_does_not_disturb_a_worker_that_holds_the_incident(store: Store) -> None:
    held = store.load(store.receive(signal("a"), now=NOW).incident)
    assert held is not None

    store.receive(signal("b"), now=NOW)
    saved = store.save(held.at("diagnosing", "looking", NOW, state=State.DIAGNOSING))

    kept = store.load(saved.id)
    assert kept is not None
    assert [heard.id for heard in kept.signals] == ["a", "b"]
    assert kept.state is State.DIAGNOSING


def test_the_same_signal_again_is_a_duplicate_even_after_its_incident_closed(
    store: Store,
) -> None:
    first = store.receive(signal(), now=NOW)
    opened = store.load(first.incident)
    assert opened is not None
    store.save(replace(opened, state=State.HEALED))

    again = store.receive(signal(), now=NOW + timedelta(days=2))

    assert (again.incident, again.new, again.duplicate) == (first.incident, False, True)


def test_a_new_signal_after_the_incident_closed_opens_another(store: Store) -> None:
    first = store.receive(signal("a"), now=NOW)
    opened = store.load(first.incident)
    assert opened is not None
    store.save(replace(opened, state=State.HEALED))

    second = store.receive(signal("b"), now=NOW)

    assert second.new
    assert second.incident != first.incident
    assert store.find_open(site()) == second.incident


def test_one_alert_about_two_workloads_is_two_incidents(store: Store) -> None:
    shop = store.receive(signal("a", site("shop")), now=NOW)
    blog = store.receive(signal("a", site("blog")), now=NOW)

    assert blog.new
    assert shop.incident != blog.incident


def test_text_no_database_could_hold_is_made_holdable(store: Store) -> None:
    received = store.receive(signal("a\ud800", text="x\x00\ud83d" + "y" * 9000), now=NOW)

    kept = store.load(received.incident)
    assert kept is not None
    assert kept.signals[0].text.startswith("x\x00?yyy")
    assert len(kept.signals[0].text) == 4000
    assert store.receive(signal("a\ud800"), now=NOW).duplicate


ALERT_DOOR = """
import sys
from datetime import UTC, datetime
from shared.model.ids import ResourceId
from shared.model.signal import Signal, SignalKind
from shared.store import SqliteStore
now = datetime(2026, 11, 22, tzinfo=UTC)
shop = ResourceId(sys.argv[2])
store = SqliteStore(sys.argv[1])
store.receive(
    Signal(id="a", kind=SignalKind.FAILURE, source="log-alert", resource=shop, at=now), now=now
)
store.close()
print(*{"pydantic", "yaml", "msgspec", "azure", "shared.model.incident"} & set(sys.modules))
"""


def test_receiving_loads_nothing_heavy(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", ALERT_DOOR, str(tmp_path / "medic.db"), str(site())],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stdout.strip()) == (0, ""), run.stderr
