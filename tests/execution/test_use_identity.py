"""use-identity through real SDK clients: what it writes, what it leaves, how it is taken back."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared import execution
from shared.errors import Conflict, PermissionMissing, Unreachable
from shared.model.plan import Outcome
from shared.pipeline.looking import look
from shared.remediations.use_identity import Drifted
from tests.clinic import Clinic
from tests.simulator.estates import credentials_cases as cases

PATCH = {"method": "PATCH", "path": "/config/web"}


class Ward:
    """A site that is not told to use its identity, and the step that tells it."""

    def __init__(self, scenario: dict[str, Any], name: str, place: Path) -> None:
        self.clinic = Clinic(scenario, place)
        self.id = self.clinic.find(name)
        self.clinic.pull(self.id)
        seen = look(self.clinic.signal(self.id), azure=self.clinic.azure(), medic=self.clinic.medic)
        (self.step,) = seen.plan.steps

    def apply(self) -> Outcome:
        return execution.apply(self.step, azure=self.clinic.azure())

    def undo(self, outcome: Outcome) -> Outcome:
        return execution.undo(outcome, azure=self.clinic.azure())

    @property
    def site(self) -> dict[str, Any]:
        found: dict[str, Any] = self.clinic.simulator.world.resources.get(self.id.text)
        return found

    @property
    def sign_in(self) -> tuple[bool, str | None]:
        config = self.clinic.simulator.world.resources.get(f"{self.id}/config/web")
        assert config is not None
        held = config["properties"]
        return held["acrUseManagedIdentityCreds"], held.get("acrUserManagedIdentityID")

    def change(self, **properties: Any) -> None:
        """Somebody else changes the configuration."""
        path = f"{self.id}/config/web?api-version=2025-05-01"
        body = json.dumps({"properties": properties}).encode()
        assert self.clinic.simulator.change("PATCH", path, body).status == 200

    def fault(self, **said: Any) -> None:
        self.clinic.simulator.faults.add(said)


@pytest.fixture
def shop(tmp_path: Path) -> Ward:
    return Ward(cases.idle_identity(), "shop", tmp_path)


@pytest.fixture
def two(tmp_path: Path) -> Ward:
    return Ward(cases.idle_identity(users=2, able=(1,)), "shop", tmp_path)


def test_the_flag_is_set_and_the_next_pull_works(shop: Ward) -> None:
    outcome = shop.apply()

    assert outcome.changed
    assert not outcome.failed
    assert shop.sign_in == (True, None)
    assert shop.clinic.pull(shop.id)["ok"]
    assert shop.clinic.writes == [f"PATCH {shop.id}/config/web"]


def test_a_user_identity_is_named_by_its_client_id(two: Ward) -> None:
    two.apply()

    client = two.step.after["acrUserManagedIdentityID"]
    assert two.sign_in == (True, client)
    assert any(
        item["clientId"] == client
        for item in two.site["identity"]["userAssignedIdentities"].values()
    )
    assert two.clinic.pull(two.id)["ok"]
    assert two.clinic.writes == [f"PATCH {two.id}/config/web"]


def test_a_slot_has_a_flag_of_its_own(tmp_path: Path) -> None:
    staging = Ward(cases.idle_slot(), "staging", tmp_path)

    staging.apply()

    assert staging.sign_in[0]
    assert staging.clinic.writes == [f"PATCH {staging.id}/config/web"]


def test_twice_equals_once(shop: Ward) -> None:
    shop.apply()

    again = shop.apply()

    assert not again.changed
    assert not again.failed
    assert len(shop.clinic.writes) == 1


def test_a_site_that_signs_in_otherwise_by_now_is_left_alone(two: Ward) -> None:
    two.change(acrUserManagedIdentityID="11111111-2222-3333-4444-555555555555")

    outcome = two.apply()

    assert outcome.failed
    assert "signs in in another way now" in outcome.detail
    assert two.clinic.writes == []


def test_an_identity_that_was_detached_meanwhile_is_not_used(two: Ward) -> None:
    two.site["identity"] = {"type": "None"}

    outcome = two.apply()

    assert outcome.failed
    assert "not attached" in outcome.detail
    assert two.clinic.writes == []


def test_an_identity_that_was_made_anew_meanwhile_is_not_used(shop: Ward) -> None:
    shop.site["identity"]["principalId"] = "99999999-0000-0000-0000-000000000000"

    outcome = shop.apply()

    assert outcome.failed
    assert "made anew" in outcome.detail
    assert shop.clinic.writes == []


@pytest.mark.parametrize("drop", ["after", "before"])
def test_a_cut_line_is_settled_by_reading_back(shop: Ward, drop: str) -> None:
    shop.fault(match=PATCH, times=1, drop=drop)

    if drop == "before":
        with pytest.raises(Unreachable):
            shop.apply()
    else:
        assert shop.apply().changed

    assert shop.sign_in[0] is (drop == "after")


def test_a_refusal_says_so_and_changes_nothing(shop: Ward) -> None:
    body = {"error": {"code": "AuthorizationFailed", "message": "no"}}
    shop.fault(match=PATCH, times=1, status=403, body=body)

    with pytest.raises(PermissionMissing):
        shop.apply()

    assert not shop.sign_in[0]
    assert shop.clinic.writes == []


def test_an_interrupted_step_is_found_in_place(two: Ward) -> None:
    azure = two.clinic.azure()
    assert execution.settle(two.step, azure=azure) is None
    two.apply()

    settled = execution.settle(two.step, azure=azure)

    assert settled is not None
    assert settled.before["acrUseManagedIdentityCreds"] is False
    assert len(two.clinic.writes) == 1


def test_taking_it_back_restores_exactly_what_was_there(two: Ward) -> None:
    outcome = two.apply()

    undone = two.undo(outcome)

    assert undone.changed
    assert not undone.failed
    assert two.sign_in == (False, "")
    assert two.clinic.writes == [f"PATCH {two.id}/config/web"] * 2


def test_it_is_not_taken_back_once_somebody_changed_it(two: Ward) -> None:
    outcome = two.apply()
    two.change(acrUserManagedIdentityID="11111111-2222-3333-4444-555555555555")

    with pytest.raises(Drifted) as refused:
        two.undo(outcome)

    assert isinstance(refused.value, Conflict)
    assert set(refused.value.details) == {"written", "now", "before", "difference"}
    assert len(two.clinic.writes) == 1


def test_taking_it_back_twice_changes_nothing_more(shop: Ward) -> None:
    outcome = shop.apply()
    shop.undo(outcome)

    assert not shop.undo(outcome).changed
    assert len(shop.clinic.writes) == 2
