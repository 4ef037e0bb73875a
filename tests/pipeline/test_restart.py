"""The cause is gone and the host has given up: the platform's own try first, then ours, once."""

from pathlib import Path
from typing import Any

import pytest

from shared.errors import Conflict, TransientError
from shared.model.incident import Incident
from shared.model.words import FindingName, State
from shared.pipeline import rollback, sweep
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates, platform

ENDS = {State.CLOSED, State.HEALED, State.EXPLAINED, State.FAILED, State.UNVERIFIED, State.HELD}


class Ward:
    """One workload whose platform gave up while the registry kept it out."""

    def __init__(self, scenario: dict[str, Any], place: Path, kind: str, **more: Any) -> None:
        self.clinic = Clinic({**scenario, "retry": more.pop("retry", [30])}, place, **more)
        self.workload = self.clinic.only(kind)

    def admit(self, *addresses: str) -> None:
        """Somebody lets the workload in."""
        registry = self.clinic.simulator.world.resources.get(self.clinic.id("contosoimages").text)
        assert registry is not None
        rules = registry["properties"]["networkRuleSet"]["ipRules"]
        rules += [{"action": "Allow", "value": value} for value in addresses]

    def shut_out(self) -> None:
        """Somebody takes every rule away."""
        registry = self.clinic.simulator.world.resources.get(self.clinic.id("contosoimages").text)
        assert registry is not None
        registry["properties"]["networkRuleSet"]["ipRules"].clear()

    def block(self) -> None:
        """The site fails until the platform blocks it."""
        self.clinic.pull(self.workload)
        self.clinic.advance(140)

    def forget(self) -> None:
        """The platform never comes back to it by itself."""
        platform.trial_of(self.clinic.simulator.world, self.workload.text).turn += 1

    def sweep_to_the_end(self, incident: Incident, minutes: int = 60) -> Incident:
        for _ in range(minutes):
            self.clinic.advance(60)
            sweep(medic=self.clinic.medic)
            incident = self.clinic.load(incident.id)
            if incident.state in ENDS:
                break
        return incident

    def posts(self, *verbs: str) -> list[str]:
        return [f"POST {self.workload}/{verb}" for verb in verbs]

    def state(self) -> str:
        site = self.clinic.simulator.world.resources.get(self.workload.text)
        assert site is not None
        return str(site["properties"]["state"])


@pytest.fixture
def blocked(tmp_path: Path) -> Ward:
    ward = Ward(estates.blocked_web_app(), tmp_path, "sites")
    ward.block()
    ward.admit(*estates.OUTBOUND)
    return ward


@pytest.fixture
def forgotten(blocked: Ward) -> Ward:
    blocked.forget()
    return blocked


def test_a_blocked_site_is_left_to_the_platform_as_long_as_it_may_come_back_by_itself(
    blocked: Ward,
) -> None:
    incident = blocked.clinic.heal(blocked.workload)
    assert incident.state is State.RECEIVED
    assert incident.diagnosis is not None
    assert incident.diagnosis.finding is FindingName.NOT_RETRYING

    ended = blocked.sweep_to_the_end(incident)

    assert ended.state is State.CLOSED
    assert blocked.clinic.pull(blocked.workload)["ok"]
    assert blocked.clinic.writes == []


def test_a_site_still_blocked_after_the_time_it_named_is_stopped_and_started(
    forgotten: Ward,
) -> None:
    incident = forgotten.clinic.heal(forgotten.workload)
    ended = forgotten.sweep_to_the_end(incident)

    assert ended.state is State.HEALED
    assert "platform" in ended.timeline[3].text
    assert forgotten.state() == "Running"
    assert forgotten.clinic.writes == forgotten.posts("stop", "start")


def test_a_slot_is_stopped_and_started_alone(tmp_path: Path) -> None:
    ward = Ward(estates.blocked_slot(), tmp_path, "slots")
    ward.block()
    ward.admit("20.50.9.17", "20.50.9.18")
    ward.forget()

    ended = ward.sweep_to_the_end(ward.clinic.heal(ward.workload))

    assert ended.state is State.HEALED
    assert ward.clinic.writes == ward.posts("stop", "start")


def test_a_site_of_which_one_instance_serves_is_not_stopped(forgotten: Ward) -> None:
    status = forgotten.clinic.simulator.world.resources.get(f"{forgotten.workload}/siteStatus")
    assert status is not None
    status["properties"].append({**status["properties"][0], "instanceId": "b", "state": "Started"})

    ended = forgotten.sweep_to_the_end(forgotten.clinic.heal(forgotten.workload))

    assert ended.state is State.EXPLAINED
    assert ended.plan is not None
    assert "still runs on 1 of 2 instances" in ended.plan.advice[0]
    assert forgotten.clinic.writes == []


def test_a_site_somebody_stopped_meanwhile_is_not_started(forgotten: Ward) -> None:
    incident = forgotten.clinic.heal(forgotten.workload)
    forgotten.clinic.simulator.change(
        "POST", f"{forgotten.workload}/stop?api-version=2025-05-01", b""
    )

    ended = forgotten.sweep_to_the_end(incident)

    assert forgotten.state() == "Stopped"
    assert ended.state is not State.HEALED
    assert forgotten.clinic.writes == []


# --- between stop and start


def due(ward: Ward) -> Incident:
    """The incident, at the moment it may act."""
    incident = ward.clinic.heal(ward.workload)
    ward.clinic.advance(1100)
    return incident


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "before"}, {"drop": "after"}])
def test_a_start_that_fails_for_a_moment_is_repeated_at_once(
    fault: dict[str, Any], forgotten: Ward
) -> None:
    incident = due(forgotten)
    forgotten.clinic.simulator.faults.add({"match": {"path": "/start$"}, "times": 2, **fault})

    ended = forgotten.sweep_to_the_end(incident)

    assert ended.state is State.HEALED
    assert forgotten.state() == "Running"


def test_a_start_that_azure_does_not_answer_is_made_up_for_by_the_sweep(forgotten: Ward) -> None:
    incident = due(forgotten)
    forgotten.clinic.simulator.faults.add({"match": {"path": "/start$"}, "times": 5, "status": 503})
    with pytest.raises(TransientError, match="WAS STOPPED BY THIS SERVICE"):
        forgotten.clinic.heal(forgotten.workload)
    assert forgotten.state() == "Stopped"
    assert "az webapp start" in forgotten.clinic.load(incident.id).timeline[-1].text

    ended = forgotten.sweep_to_the_end(incident)

    assert ended.state is State.HEALED
    assert forgotten.state() == "Running"
    assert forgotten.clinic.writes == forgotten.posts("stop", "start")


def test_a_start_that_azure_refuses_is_shouted_about(forgotten: Ward) -> None:
    incident = due(forgotten)
    forgotten.clinic.simulator.faults.add({"match": {"path": "/start$"}, "times": 9, "status": 403})

    ended = forgotten.sweep_to_the_end(incident)

    assert ended.state is State.FAILED
    assert "WAS STOPPED BY THIS SERVICE" in ended.outcome[-1].detail
    assert "az webapp start" in ended.timeline[-1].text
    assert ended.outcome[-1].changed


def test_a_stop_that_azure_refuses_leaves_everything_as_it_was(forgotten: Ward) -> None:
    incident = due(forgotten)
    forgotten.clinic.simulator.faults.add({"match": {"path": "/stop$"}, "times": 9, "status": 403})

    ended = forgotten.sweep_to_the_end(incident)

    assert ended.state is State.FAILED
    assert forgotten.state() == "Running"
    assert forgotten.clinic.writes == []


def test_a_restart_leaves_nothing_that_could_be_rolled_back(forgotten: Ward) -> None:
    ended = forgotten.sweep_to_the_end(forgotten.clinic.heal(forgotten.workload))

    with pytest.raises(Conflict, match="nothing to take back"):
        rollback(ended.id, "no", "ada", medic=forgotten.clinic.medic)


def test_a_restart_needs_the_policys_word(tmp_path: Path) -> None:
    policy = GENEROUS.replace("remedies:", "remedies:\n  restart: {mode: approve}")
    ward = Ward(estates.blocked_web_app(), tmp_path, "sites", policy=policy)
    ward.block()
    ward.admit(*estates.OUTBOUND)
    ward.forget()

    incident = ward.clinic.heal(ward.workload)

    assert incident.state is State.HELD
    assert ward.clinic.writes == []


# --- container apps


def given_up(place: Path, minutes: float, **more: Any) -> Ward:
    """A revision that failed its pull `minutes` ago; then the way was opened."""
    ward = Ward(estates.blocked_container_app(nat=True), place, "containerapps", retry=[], **more)
    ward.clinic.pull(ward.workload)
    view = revision(ward)
    view["properties"]["runningState"] = "Failed"
    ward.admit(estates.cases.NAT)
    ward.clinic.advance(minutes * 60)
    return ward


def revision(ward: Ward) -> dict[str, Any]:
    world = ward.clinic.simulator.world
    found = list(world.resources.of_type("Microsoft.App/containerApps/revisions"))
    assert len(found) == 1
    return found[0]


def test_a_failed_revision_that_nobody_pulls_for_is_restarted(tmp_path: Path) -> None:
    ward = given_up(tmp_path, 20)

    ended = ward.sweep_to_the_end(ward.clinic.heal(ward.workload))

    assert ended.state is State.HEALED
    assert ward.clinic.writes == [f"POST {revision(ward)['id']}/restart"]


def test_a_revision_tried_lately_is_given_its_quarter_of_an_hour(tmp_path: Path) -> None:
    ward = given_up(tmp_path, 5)

    incident = ward.clinic.heal(ward.workload)
    ward.clinic.advance(300)
    sweep(medic=ward.clinic.medic)
    assert ward.clinic.writes == []
    ended = ward.sweep_to_the_end(incident)

    assert ended.state is State.HEALED
    assert ward.clinic.writes == [f"POST {revision(ward)['id']}/restart"]


def test_a_text_that_brings_no_rows_with_it_does_not_hide_when_the_platform_last_tried(
    tmp_path: Path,
) -> None:
    ward = given_up(tmp_path, 90)
    text = "Container pull image failed with unauthorized error."

    ended = ward.sweep_to_the_end(ward.clinic.heal(ward.workload, text))

    assert ended.state is State.HEALED


def test_without_logs_nobody_knows_whether_the_platform_still_tries(tmp_path: Path) -> None:
    ward = given_up(tmp_path, 20)
    ward.clinic.connection.workspaces = ()
    text = "Container pull image failed with unauthorized error."

    incident = ward.clinic.heal(ward.workload, text)

    assert incident.state is State.HELD
    assert incident.decision is not None
    assert "last tried to pull is not known" in incident.decision.reasons[0]
    assert ward.clinic.writes == []


def test_a_revision_that_came_up_meanwhile_is_not_restarted(tmp_path: Path) -> None:
    ward = given_up(tmp_path, 5)
    incident = ward.clinic.heal(ward.workload)
    ward.clinic.pull(ward.workload)

    ended = ward.sweep_to_the_end(incident)

    assert ended.state in (State.CLOSED, State.HEALED)
    assert ward.clinic.writes == []


def test_a_restart_that_does_not_help_is_not_repeated(tmp_path: Path) -> None:
    ward = given_up(tmp_path, 20)
    ward.clinic.simulator.world.secrets.clear()
    acr = ward.clinic.simulator.world.resources.get(ward.clinic.id("contosoimages").text)
    assert acr is not None
    incident = ward.clinic.heal(ward.workload)
    revision(ward)["properties"]["runningState"] = "Failed"  # it fell over again at once
    ward.clinic.simulator.world.tables.clear()  # and nothing of that is in the logs

    ended = ward.sweep_to_the_end(incident)

    assert ended.state is not State.HEALED
    assert len(ward.clinic.writes) == 1


def test_a_revision_that_falls_over_again_the_same_day_is_a_persons(tmp_path: Path) -> None:
    ward = given_up(tmp_path, 20)
    assert ward.sweep_to_the_end(ward.clinic.heal(ward.workload)).state is State.HEALED
    ward.shut_out()
    ward.clinic.pull(ward.workload)
    revision(ward)["properties"]["runningState"] = "Failed"
    ward.admit(estates.cases.NAT)
    ward.clinic.advance(1200)

    again = ward.clinic.heal(ward.workload, id="signal-2")

    assert again.state is State.HELD
    assert again.decision is not None
    assert "why it falls over" in again.decision.reasons[0]
    assert ward.clinic.writes == [f"POST {revision(ward)['id']}/restart"]


def test_a_job_is_never_started(tmp_path: Path) -> None:
    ward = Ward(estates.failing_job(), tmp_path, "jobs")
    ward.clinic.pull(ward.workload)

    ended = ward.sweep_to_the_end(ward.clinic.heal(ward.workload))

    assert ended.state is not State.HEALED
    assert ward.clinic.writes == []
