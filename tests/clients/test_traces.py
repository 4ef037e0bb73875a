"""One incident is one trace, whoever looks at it and when."""

from pathlib import Path

from shared import signals
from shared.clients import telemetry
from shared.pipeline import approve, heal, patrol, rollback, take
from tests.clients.reader import Read, links_of, trace_of
from tests.clients.stories import (
    APPROVE,
    TRACE,
    about_basket,
    about_the_registry,
    at_the_door,
    blocked,
    queued,
    stormed,
    sweep_for,
)
from tests.clinic import Clinic
from tests.simulator.estates.storms import storm

#: What every healed incident goes through.
STORY = {"heal", "evidence", "diagnosis", "gate", "execution", "verification", "azure"}


def test_one_incident_is_one_trace_from_the_door_to_the_proof_and_back(
    read: Read, tmp_path: Path
) -> None:
    clinic = blocked(tmp_path, APPROVE)
    take(queued(clinic), medic=clinic.medic)
    (incident,) = clinic.medic.store.page().incidents
    assert incident.plan is not None

    approve(incident.id, incident.plan.digest, "ada", medic=clinic.medic)
    heal(clinic.signal(incident.resource, id="approved"), medic=clinic.medic)
    clinic.sweep_until_done(incident)
    rollback(incident.id, "not on a Friday", "ada", medic=clinic.medic)

    assert read.traces() == {TRACE}
    assert read.names(TRACE) == set(telemetry.SPANS) - {"round", "scout", "search"}


def test_a_second_signal_joins_the_trace_of_the_first_and_is_linked(
    read: Read, tmp_path: Path
) -> None:
    clinic = blocked(tmp_path, APPROVE)
    take(queued(clinic), medic=clinic.medic)
    clinic.advance(120)
    second = f"00-{'ab' * 16}-{'cd' * 8}-01"

    take(queued(clinic, id="signal-2", trace=second), medic=clinic.medic)

    assert read.traces("heal") == {TRACE}
    assert [links_of(one) for one in read.named("heal")] == [set(), {"ab" * 16}]


def test_an_incident_nobody_traced_before_has_a_trace_of_its_own(
    read: Read, tmp_path: Path
) -> None:
    clinic = blocked(tmp_path)

    incident = clinic.sweep_until_done(clinic.heal(clinic.find("shop")))

    assert len(read.traces("heal", "verification", "execution")) == 1
    assert incident.trace is not None
    assert incident.trace[3:35] in read.traces("heal")


def test_nonsense_for_a_trace_is_no_trace(read: Read, tmp_path: Path) -> None:
    clinic = blocked(tmp_path)

    take(queued(clinic, trace="00-zz-1'; drop"), medic=clinic.medic)

    (incident,) = clinic.medic.store.page().incidents
    assert telemetry.carried(incident.trace)


def test_a_message_of_an_earlier_release_has_no_trace_and_one_without_reads_as_before(
    tmp_path: Path,
) -> None:
    clinic = blocked(tmp_path)
    text = signals.dump(clinic.signal(clinic.find("shop")))

    assert "trace" not in text
    assert signals.load(text).trace is None


def test_incidents_looked_at_first_by_a_round_have_each_one_trace_from_alert_to_proof(
    read: Read, tmp_path: Path
) -> None:
    clinic, apps, messages = stormed(tmp_path)

    clinic.deliver(messages)
    sweep_for(clinic, 3)

    healed = clinic.medic.store.page().incidents
    assert {one.state for one in healed} == {"healed"}
    assert [name for name in clinic.writes if name.startswith("PATCH")] == [clinic.writes[0]]
    assert {one.resource: one.trace and one.trace[3:35] for one in healed} == {
        app: f"{number:032x}" for number, app in enumerate(apps, start=1)
    }
    first, *others = (f"{number:032x}" for number in range(1, 7))
    assert read.names(first) == STORY | {"round"}
    assert all(read.names(trace) == STORY for trace in others)
    assert read.traces(*STORY - {"azure"}) == {first, *others}


def test_a_round_and_what_it_looks_at_and_writes_are_linked(read: Read, tmp_path: Path) -> None:
    clinic, _, messages = stormed(tmp_path)

    clinic.deliver(messages)

    first, *others = (f"{number:032x}" for number in range(1, 7))
    linked = {trace_of(one): links_of(one) for one in read.named("heal")}
    assert linked == {first: set()} | {trace: {first} for trace in others}
    leader, *rest = sorted(read.named("execution"), key=lambda one: -len(one.links))
    assert links_of(leader) == {first, *others} - {trace_of(leader)}
    assert all(links_of(one) == {trace_of(leader)} for one in rest)
    assert len(rest) == 5


def test_an_incident_looked_at_first_by_the_sweep_has_one_trace_from_alert_to_proof(
    read: Read, tmp_path: Path
) -> None:
    clinic = blocked(tmp_path)
    lost = at_the_door(clinic, clinic.signal(clinic.find("shop")), TRACE)

    sweep_for(clinic, 5)

    (incident,) = clinic.medic.store.page().incidents
    assert (len(lost), incident.state) == (1, "healed")
    assert read.traces() == {TRACE}
    assert read.names(TRACE) == STORY


def test_what_an_alert_about_a_workspace_leads_to_goes_on_with_its_trace(
    read: Read, tmp_path: Path
) -> None:
    clinic, alert = about_basket(tmp_path)

    clinic.deliver(at_the_door(clinic, alert, TRACE))
    sweep_for(clinic, 3)

    followed = clinic.medic.store.page().incidents
    assert {one.resource.name: one.state for one in followed} == {
        "basket": "explained",
        "shop": "healed",
    }
    assert read.traces() == {TRACE}
    assert read.names(TRACE) == STORY | {"search"}


def test_what_a_change_leads_to_goes_on_with_the_trace_of_its_event(
    read: Read, tmp_path: Path
) -> None:
    clinic = blocked(tmp_path)

    clinic.deliver(at_the_door(clinic, about_the_registry(clinic), TRACE))

    (incident,) = clinic.medic.store.page().incidents
    assert incident.resource == clinic.find("shop")
    assert read.traces() == {TRACE}
    assert read.names(TRACE) >= {"scout", "heal", "diagnosis", "gate"}


def test_what_a_patrol_finds_has_each_a_trace_of_its_own_linked_to_the_patrol(
    read: Read, tmp_path: Path
) -> None:
    clinic = Clinic(storm(apps=3, registries=1), tmp_path)

    patrol(medic=clinic.medic)

    found = clinic.medic.store.page().incidents
    (scouted,) = read.named("scout")
    assert len(found) == 3
    traces = {one.trace and one.trace[3:35] for one in found}
    assert len(traces - {None, trace_of(scouted)}) == 3
    assert all(links_of(one) == {trace_of(scouted)} for one in read.named("heal"))
    assert read.traces("heal") == traces
