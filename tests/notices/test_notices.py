"""What a person reads at night: whose turn it is, why, and where to go on."""

from pathlib import Path
from typing import Any

import pytest

from shared import notices
from shared.errors import Conflict
from shared.model.incident import Incident
from shared.model.words import State
from shared.notices import Tone
from shared.pipeline import approve, rollback
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates
from tests.simulator.estates import access_cases

PAGE = "https://medic.example/api/console"
OBSERVE = GENEROUS.replace("mode: auto", "mode: observe")
APPROVE = GENEROUS.replace("mode: auto", "mode: approve")


def treated(scenario: dict[str, Any], place: Path, policy: str = GENEROUS) -> tuple[Clinic, Any]:
    clinic = Clinic({**scenario, "retry": [45]}, place, policy=policy)
    workload = clinic.find(estates.workloads_of(scenario)[0].rsplit("/", 1)[-1])
    clinic.pull(workload)
    return clinic, clinic.sweep_until_done(clinic.heal(workload))


def told(incident: Incident) -> notices.Notice:
    return notices.single(incident, console=PAGE)


def test_a_held_plan_says_what_why_before_after_risk_and_where_to_approve(tmp_path: Path) -> None:
    _, incident = treated(estates.blocked_web_app(), tmp_path, APPROVE)

    notice = told(incident)

    assert notice.tone is Tone.DECIDE
    assert notice.title == "shop waits for your decision: firewall-sync"
    assert "The web app shop (resource group web-shop) cannot pull" in notice.text
    assert "Why: The firewall of contosoimages.azurecr.io does not admit" in notice.text
    assert "\n             20.61.99.0/28\n  added      20.50.2.11\n" in notice.text
    assert "Risk: 4 addresses of the hosting platform are shared" in notice.text
    assert notice.text.endswith(f"Approve or reject: {PAGE}#{incident.id}")
    assert notice.brief.endswith(f"Approve or reject: {PAGE}#{incident.id}")
    assert len(notice.brief) <= 900


@pytest.mark.parametrize(
    ("scenario", "policy"),
    [
        (estates.blocked_web_app(), APPROVE),
        (estates.blocked_web_app(), OBSERVE),
        (access_cases.lost(by="platform-team@contoso.example"), GENEROUS),
        (access_cases.never(), GENEROUS),
        (access_cases.locked(), GENEROUS),
    ],
    ids=["approve", "observe", "a person removed it", "no proof", "locked"],
)
def test_a_message_asks_for_a_yes_only_where_a_yes_is_enough(
    scenario: dict[str, Any], policy: str, tmp_path: Path
) -> None:
    clinic, incident = treated(scenario, tmp_path, policy)
    assert incident.state is State.HELD

    try:
        approve(incident.id, incident.plan.digest, "ada", medic=clinic.medic)
        enough = True
    except Conflict:
        enough = False

    assert ("Approve or reject:" in told(incident).text) is enough
    assert (told(incident).tone is Tone.DECIDE) is enough


def test_what_was_healed_is_told_with_the_proof_and_how_long_it_took(tmp_path: Path) -> None:
    _, incident = treated(estates.blocked_web_app(), tmp_path)

    notice = told(incident)

    assert (notice.tone, notice.title) == (Tone.GOOD, "shop is healed")
    assert "What was changed: firewall-sync: added 20.50.2.11" in notice.text
    assert "Proof: The platform pulled the image" in notice.text
    assert "It took 1 minute from the first signal." in notice.text


def test_advice_keeps_its_commands_whole(tmp_path: Path) -> None:
    _, incident = treated(estates.container_app_403(), tmp_path)

    notice = told(incident)

    assert notice.title == "basket needs you: public-access-disabled"
    assert "What to do:" in notice.text
    ids = [word for word in notice.text.split() if "/providers/" in word]
    assert ids
    assert all(word.strip("'\"").startswith("/subscriptions/") for word in ids)
    assert "\n" not in notice.brief.split("\n\n")[0]


def test_what_was_taken_back_is_told_with_who_and_why(tmp_path: Path) -> None:
    clinic, incident = treated(estates.blocked_web_app(), tmp_path)
    taken = rollback(incident.id, "not on a Friday", "ada", medic=clinic.medic)

    notice = told(taken)

    assert (notice.tone, notice.title) == (
        Tone.NOTE,
        "shop: what was changed for it was taken back",
    )
    assert "Its pulls may fail again." in notice.text


def test_without_a_page_the_commands_are_named(tmp_path: Path) -> None:
    _, incident = treated(estates.blocked_web_app(), tmp_path, APPROVE)

    text = notices.single(incident, console=None).text

    assert text.endswith(f"Approve or reject: medic approve {incident.id}")


def test_a_storm_is_one_message_that_names_the_first_and_counts_the_rest(tmp_path: Path) -> None:
    _, one = treated(estates.blocked_web_app(), tmp_path, APPROVE)
    from dataclasses import replace

    many = [
        replace(one, id=f"inc-{number}", state=State.HELD if number % 2 else State.HEALED)
        for number in range(40)
    ]

    notice = notices.digest(many, one.registry, console=PAGE)

    title = "40 apps at contosoimages: 20 wait for your decision, 20 healed"
    assert (notice.tone, notice.title) == (Tone.DECIDE, title)
    assert "Why: firewall-missing-egress (40)" in notice.text
    assert notice.text.count(f"{PAGE}#inc-") == 12
    assert "… and 28 more" in notice.text
    assert len(notice.text) < 3500


def test_a_long_story_is_cut_in_the_middle_and_never_loses_its_link(tmp_path: Path) -> None:
    from dataclasses import replace

    _, incident = treated(estates.blocked_web_app(), tmp_path, APPROVE)
    endless = replace(incident, diagnosis=replace(incident.diagnosis, summary="so " * 5000))

    notice = told(endless)

    assert len(notice.text) <= 3500
    assert notice.text.endswith(f"Approve or reject: {PAGE}#{incident.id}")
    assert len(notice.brief) <= 900
    assert notice.brief.endswith(f"#{incident.id}")


def test_a_tripped_breaker_says_where_why_and_that_a_person_resets_it() -> None:
    notice = notices.tripped("/subscriptions/x/registries/contoso", "3 fixes failed", console=PAGE)

    assert notice.title == "Pull Medic stopped itself at contoso: its fixes do not help"
    assert notice.text.startswith("3 fixes failed.\n\n")
    assert PAGE in notice.text


def test_the_page_shows_a_message_as_it_is_sent(tmp_path: Path) -> None:
    _, incident = treated(estates.blocked_web_app(), tmp_path, APPROVE)
    notice = told(incident)
    sample = f"```text\n{notice.title}\n\n{notice.text}\n```"

    page = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text(encoding="utf-8")

    assert f"<!-- sample -->\n{sample}\n<!-- /sample -->" in page
