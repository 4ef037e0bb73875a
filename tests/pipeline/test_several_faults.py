"""Several faults at once: planned together, mended one by one with a look in between."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.errors import TransientError
from shared.model.incident import Incident
from shared.model.words import FindingName, RemedyName, State
from shared.pipeline import again, approve, heal, rollback
from shared.pipeline.holding import names
from tests.clinic import GENEROUS, Clinic
from tests.pipeline.test_rounds import to_the_end
from tests.simulator import estates
from tests.simulator.estates import pipeline_cases as cases

PAIR = (
    GENEROUS + "pairs:\n- registry: /subscriptions/*/resourceGroups/platform\n"
    "  workloads: ['/subscriptions/*/resourceGroups/*']\n"
)


def kept_out(place: Path, host: str = "web app") -> Clinic:
    """Behind the firewall there is a dead password."""
    clinic = Clinic({**cases.firewall_and_password(host), "retry": [45]}, place, policy=PAIR)
    clinic.pull(clinic.find("shop"))
    return clinic


def patch(clinic: Clinic) -> str:
    return f"PATCH {clinic.id('contosoimages')}"


def after(clinic: Clinic, method: str, path: str, action: Callable[[], None]) -> None:
    """Do something as soon as such a request was answered."""
    handle = clinic.simulator.handle

    def watched(request: Any) -> Any:
        answer = handle(request)
        if request.method == method and path in request.path:
            action()
        return answer

    clinic.simulator.handle = watched  # type: ignore[method-assign]


def remedies(incident: Incident) -> list[tuple[RemedyName, bool]]:
    return [(one.remedy, one.changed) for one in incident.outcome]


def test_both_faults_are_planned_in_pull_order_and_mended(tmp_path: Path) -> None:
    clinic = kept_out(tmp_path)
    shop = clinic.find("shop")

    incident = clinic.heal(shop)
    ended = to_the_end(clinic, incident)

    assert ended.state is State.HEALED, [one.text for one in ended.timeline]
    assert ended.diagnosis is not None
    assert ended.diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert ended.diagnosis.also == (FindingName.CREDENTIALS_STALE,)
    assert remedies(ended) == [
        (RemedyName.FIREWALL_SYNC, True),
        (RemedyName.CREDENTIAL_RESYNC, True),
    ]
    assert clinic.pull(shop)["ok"]
    assert clinic.writes == [patch(clinic), f"PUT {shop}/config/appsettings"]


def test_a_missing_tag_behind_the_firewall_is_told_once_the_firewall_lets_in(
    tmp_path: Path,
) -> None:
    """The platform tries again so soon that both failures are written within seconds."""
    scenario = estates.blocked_web_app()
    scenario["images"]["contosoimages.azurecr.io"]["shop/web"] = {
        "4.2.0": {"digest": "sha256:" + "1" * 64}
    }
    clinic = Clinic({**scenario, "retry": [2]}, tmp_path, policy=PAIR)
    shop = clinic.find("shop")
    clinic.pull(shop)

    ended = to_the_end(clinic, clinic.heal(shop))

    assert ended.state is State.EXPLAINED, [one.text for one in ended.timeline]
    assert ended.diagnosis is not None
    assert ended.diagnosis.finding is FindingName.TAG_MISSING
    assert "shop/web:4.2.1 does not exist" in ended.diagnosis.summary
    assert not [one.text for one in ended.timeline if "Nothing is wrong" in one.text]
    assert clinic.writes == [patch(clinic)]


def test_a_container_app_needs_a_third_step_and_gets_it(tmp_path: Path) -> None:
    clinic = kept_out(tmp_path, "container app")
    shop = clinic.find("shop")

    ended = to_the_end(clinic, clinic.heal(shop))

    assert ended.state is State.HEALED, [one.text for one in ended.timeline]
    assert [one for one, _ in remedies(ended)] == [
        RemedyName.FIREWALL_SYNC,
        RemedyName.CREDENTIAL_RESYNC,
        RemedyName.RESTART,
    ]
    assert clinic.pull(shop)["ok"]
    assert clinic.writes == [
        patch(clinic),
        f"PATCH {shop}",
        f"POST {shop}/revisions/shop--0000001/restart",
    ]


def test_what_pulls_after_the_first_step_is_left_alone(tmp_path: Path) -> None:
    """Somebody else writes the password in the very moment."""
    clinic = kept_out(tmp_path)
    shop = clinic.find("shop")

    def mended_by_hand() -> None:
        settings = clinic.simulator.world.app_settings[shop.key]
        settings["DOCKER_REGISTRY_SERVER_PASSWORD"] = cases.PASSWORDS[0]
        clinic.advance(1)
        clinic.pull(shop)

    after(clinic, "PATCH", "/registries/", mended_by_hand)
    ended = to_the_end(clinic, clinic.heal(shop))

    assert ended.state is State.HEALED
    assert remedies(ended) == [
        (RemedyName.FIREWALL_SYNC, True),
        (RemedyName.CREDENTIAL_RESYNC, False),
    ]
    assert "not done, because the workload pulls already" in ended.outcome[1].detail
    assert clinic.writes == [patch(clinic)]


def test_a_step_that_azure_refuses_stops_the_rest_and_says_what_stays(tmp_path: Path) -> None:
    clinic = kept_out(tmp_path)
    shop = clinic.find("shop")
    clinic.simulator.faults.add(
        {"match": {"method": "PUT", "path": "/config/appsettings"}, "times": 9, "status": 403}
    )

    ended = to_the_end(clinic, clinic.heal(shop))

    assert ended.state is State.FAILED
    assert "what was changed before stays" in ended.timeline[-1].text
    assert "firewall-sync at contosoimages" in ended.timeline[-1].text
    back = rollback(ended.id, "back", "ada", medic=clinic.medic)
    assert back.state is State.ROLLED_BACK
    assert clinic.writes == [patch(clinic)] * 2


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"status": 503}])
def test_a_second_step_that_gets_no_answer_is_finished_by_the_next_delivery(
    fault: dict[str, Any], tmp_path: Path
) -> None:
    clinic = kept_out(tmp_path)
    shop = clinic.find("shop")
    clinic.simulator.faults.add(
        {"match": {"method": "PUT", "path": "/config/appsettings"}, "times": 1, **fault}
    )

    try:
        incident = clinic.heal(shop)
    except TransientError:
        incident = clinic.heal(shop)
    ended = to_the_end(clinic, incident)

    assert ended.state is State.HEALED, [one.text for one in ended.timeline]
    assert clinic.pull(shop)["ok"]
    assert clinic.writes == [patch(clinic), f"PUT {shop}/config/appsettings"]


def test_an_approval_of_the_whole_is_one_of_its_interrupted_rest(tmp_path: Path) -> None:
    scenario = {**cases.firewall_and_password(), "retry": [45]}
    clinic = Clinic(scenario, tmp_path, policy=PAIR.replace("mode: auto", "mode: approve"))
    shop = clinic.find("shop")
    clinic.pull(shop)
    held = clinic.heal(shop)
    assert held.plan is not None
    approved = approve(held.id, held.plan.digest, "ada", medic=clinic.medic)
    clinic.simulator.faults.add(
        {"match": {"method": "PUT", "path": "/config/appsettings"}, "times": 1, "status": 503}
    )

    queued = again(approved, medic=clinic.medic)
    with pytest.raises(TransientError):
        heal(queued, medic=clinic.medic)
    ended = heal(queued, medic=clinic.medic)
    assert ended is not None
    ended = to_the_end(clinic, ended)

    assert ended.state is State.HEALED, [one.text for one in ended.timeline]
    assert clinic.writes == [patch(clinic), f"PUT {shop}/config/appsettings"]


def test_no_plan_is_begun_while_another_worker_is_at_one_of_its_targets(tmp_path: Path) -> None:
    clinic = kept_out(tmp_path)
    shop = clinic.find("shop")
    now = clinic.medic.now()
    (place,) = names([shop])
    until = now + timedelta(minutes=15)
    clinic.medic.store.lease(place, holder="somebody", until=until, now=now)

    waiting = clinic.heal(shop)

    assert "another change" in waiting.timeline[-1].text
    assert clinic.writes == []
    (free,) = names([clinic.id("contosoimages")])
    assert clinic.medic.store.lease(free, holder="else", until=until, now=now)


def test_no_password_is_in_anything_that_was_kept_of_it(tmp_path: Path) -> None:
    clinic = kept_out(tmp_path)
    ended = to_the_end(clinic, clinic.heal(clinic.find("shop")))

    kept = json.dumps([repr(one) for one in clinic.medic.store.records(ended.id)]) + repr(ended)

    for secret in (*cases.PASSWORDS, "an-older-password"):
        assert secret not in kept
