"""Approvals end, and count for what the person saw; the strictest policy on the way wins."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Conflict
from shared.medic import Medic
from shared.model.words import State
from shared.pipeline import again, approve, heal, sweep
from shared.settings import PolicyFile, PolicyText, Settings
from shared.store import Record, RecordKind, SqliteStore
from tests.clinic import GENEROUS, Clinic
from tests.pipeline.test_deciding import APPROVE, add_rule, blocked, held


def colleague(clinic: Clinic, policy: str | Path) -> Medic:
    """Another instance of the app with another policy: the same Azure, store and clock."""
    source = PolicyFile(policy) if isinstance(policy, Path) else PolicyText(policy)
    return Medic(
        Settings(policy=source),
        connection=clinic.connection,
        store=clinic.medic.store,
        clock=clinic.medic._clock,
    )


def test_an_approval_not_carried_out_in_time_holds_again_and_says_so(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=f"{APPROVE}approval: {{expires: 1h}}\n")
    incident, digest = held(clinic)
    approved = approve(incident.id, digest, "ada", medic=clinic.medic)
    clinic.advance(3600)

    late = heal(again(approved, medic=clinic.medic), medic=clinic.medic)
    before = list(clinic.writes)
    approve(incident.id, digest, "grace", medic=clinic.medic)
    done = heal(again(approved, medic=clinic.medic), medic=clinic.medic)

    assert late is not None
    assert late.state is State.HELD
    assert "the approval of 2026-08-03 09:00 UTC no longer counts" in late.timeline[-1].text
    assert before == []
    assert done is not None
    assert done.state is State.VERIFYING
    assert (done.approved_by, done.approved_at) == ("grace", clinic.medic.now())


def test_a_clock_that_was_put_back_does_not_prolong_an_approval(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident, digest = held(clinic)
    approved = approve(incident.id, digest, "ada", medic=clinic.medic)
    later = replace(approved, approved_at=clinic.medic.now() + timedelta(days=300))
    clinic.medic.store.save(later)

    again_held = heal(again(approved, medic=clinic.medic), medic=clinic.medic)

    assert again_held is not None
    assert again_held.state is State.HELD
    assert clinic.writes == []


def test_a_world_that_changed_is_told_three_ways(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident, digest = held(clinic)
    add_rule(clinic, "20.61.77.1")

    with pytest.raises(Conflict, match=r"made for not there, now there is there") as refused:
        approve(incident.id, digest, "ada", medic=clinic.medic)

    details: Any = getattr(refused.value, "details", None)
    rows = {row["what"].rpartition(" ")[2]: row for row in details["difference"]}
    assert details["plan"]["shown"] == digest
    assert details["plan"]["now"] == _digest(clinic, incident.id)
    assert rows["20.61.77.1"]["made_for"] == "not there"
    assert rows["20.61.77.1"]["there"] == rows["20.61.77.1"]["would_be"] == "there"
    assert rows["20.50.2.11"]["there"] == "not there"
    assert rows["20.50.2.11"]["would_be"] == "there"
    approve(incident.id, details["plan"]["now"], "ada", medic=clinic.medic)


def test_a_plan_that_nothing_needs_any_more_is_told_and_closed(tmp_path: Path) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident, digest = held(clinic)
    add_rule(clinic, "20.50.2.0/24", "20.50.3.0/24")
    clinic.advance(60)

    with pytest.raises(Conflict, match="nothing is to be done any more"):
        approve(incident.id, digest, "ada", medic=clinic.medic)
    clinic.advance(60)
    sweep(medic=clinic.medic)

    assert clinic.load(incident.id).state is State.CLOSED
    assert clinic.writes == []


def test_a_policy_that_changed_since_is_told_by_its_keys_and_can_be_approved_then(
    tmp_path: Path,
) -> None:
    clinic = Clinic(blocked(), tmp_path, policy=APPROVE)
    incident, digest = held(clinic)
    changed = APPROVE + "limits: {writes_per_day: 9}\nbacklog: act\n"
    other = colleague(clinic, changed)

    with pytest.raises(Conflict, match=r"limits\.writes_per_day was 50 and is 9") as refused:
        approve(incident.id, digest, "ada", medic=other)

    details: Any = getattr(refused.value, "details", None)
    assert details["policy"]["changed"] == [
        {"key": "limits.writes_per_day", "was": 50, "now": 9},
        {"key": "backlog", "was": "hold", "now": "act"},
    ]
    assert approve(incident.id, digest, "ada", medic=other).state is State.RECEIVED


def test_what_an_approval_alone_does_not_lift_is_told_by_its_rules(tmp_path: Path) -> None:
    policy = APPROVE.replace("shared_egress: allow", "shared_egress: hold")
    clinic = Clinic(blocked(), tmp_path, policy=policy)
    incident, digest = held(clinic)

    with pytest.raises(Conflict) as refused:
        approve(incident.id, digest, "ada", medic=clinic.medic)

    details: Any = getattr(refused.value, "details", None)
    assert details["decision"]["rules"] == ["sharing-allowed"]


def _digest(clinic: Clinic, id: str) -> str:
    plan = clinic.load(id).plan
    assert plan is not None
    return plan.digest


@pytest.mark.parametrize(
    ("first", "then", "rule"),
    [
        (GENEROUS, APPROVE, "somebody-decided"),
        (APPROVE, GENEROUS, "somebody-decided"),
        (GENEROUS, "version: 2", "policy"),
        (GENEROUS, GENEROUS.replace("allow", "hold"), "sharing-allowed"),
    ],
)
def test_a_policy_that_changes_between_plan_and_write_is_obeyed_where_it_is_stricter(
    first: str, then: str, rule: str, tmp_path: Path
) -> None:
    clinic, file = Clinic(blocked(), tmp_path), tmp_path / "policy.yaml"
    medic = colleague(clinic, file)
    file.write_text(first)
    assert medic.policy is not None
    file.write_text(then)
    clinic.pull(clinic.only("sites"))

    incident = heal(clinic.signal(clinic.only("sites")), medic=medic)

    assert incident is not None
    assert incident.state is State.HELD
    assert incident.decision is not None
    assert incident.decision.rules == (rule,)
    assert clinic.writes == []


class Shared(SqliteStore):
    """A store in which another app's heal is announced just when the registry is ours to write."""

    meanwhile: Record | None = None

    def lease(self, name: str, **how: Any) -> bool:
        taken = super().lease(name, **how)
        if self.meanwhile and name.startswith("registry/"):
            self.record(self.meanwhile)
            self.meanwhile = None
        return taken


def test_a_limit_that_others_use_up_between_plan_and_write_holds(tmp_path: Path) -> None:
    """The gate had allowed it: without the other app it is written."""
    store = Shared(tmp_path / "medic.db")
    clinic = Clinic(blocked(), tmp_path, store=store)
    clinic.pull(clinic.only("sites"))
    store.meanwhile = Record(
        incident="inc-other",
        at=clinic.medic.now(),
        kind=RecordKind.INTENT,
        stage="intent",
        text="another app",
        registry=clinic.id("contosoimages").text,
        writes=4,
    )

    incident = clinic.heal(clinic.only("sites"))

    assert store.meanwhile is None
    assert incident.state is State.HELD
    assert incident.decision is not None
    assert incident.decision.rules == ("within-limits",)
    assert clinic.writes == []
