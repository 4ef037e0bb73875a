"""Telling people: through the real library, to receivers on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.model.ids import ResourceId
from shared.model.words import State
from shared.pipeline import reject, rollback
from shared.pipeline.telling import tell
from tests.clinic import GENEROUS, Clinic
from tests.receivers import Post, mailbox
from tests.simulator import estates

APPROVE = GENEROUS.replace("mode: auto", "mode: approve")
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"
TEAMS = (
    "https://prod-12.westeurope.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/"
    "triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0"
    "&sig=KODuebWbDGYFr0z0eu-6Rj8aUKz7108W3wrNJZxFE5A"
)
PAGES = "events.pagerduty.com"
PAGER = "pagerduty://IntKey0123456789@ApiKey99999"


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """The receivers, and a process that reaches every https host through them."""
    with Post.opened(tmp_path) as post:
        for name, value in post.env.items():
            monkeypatch.setenv(name, value)
        yield post


def blocked() -> dict[str, Any]:
    return {**estates.blocked_web_app(), "retry": [45]}


def many_apps(number: int) -> dict[str, Any]:
    """So many web apps of one registry that knows none of them."""
    estate = estates.Estate(retry=[45])
    acr = estate.registry("contosoimages", deny=True, allow=estates.OFFICE)
    image = estate.image(acr, "shop/web", "4.2.1")
    for one in range(number):
        site = estate.site(f"shop{one}", image=image, outbound=estates.OUTBOUND)
        estate.assign(site["identity"]["principalId"], estates.ACR_PULL, acr["id"])
    return estate.scenario()


def hook(post: Post) -> str:
    return f"http://{post.place}/hook?code=s3cr3t-code"


def broken(post: Post, place: Path, *channels: str, policy: str = APPROVE) -> Clinic:
    """A clinic whose shop cannot pull, with these channels, or the plain webhook."""
    clinic = Clinic(blocked(), place, policy=policy, notify=channels or (hook(post),))
    clinic.pull(clinic.find("shop"))
    return clinic


def test_a_held_plan_is_told_once_whatever_is_delivered_again(post: Post, tmp_path: Path) -> None:
    clinic = broken(post, tmp_path)
    incident = clinic.heal(clinic.find("shop"))

    tell(medic=clinic.medic)
    for number in range(3):
        clinic.advance(120)
        clinic.heal(clinic.find("shop"), id=f"again-{number}")
        tell(medic=clinic.medic)

    (letter,) = post.letters
    assert letter.path == "/hook?code=s3cr3t-code"
    assert letter.json["title"] == "shop waits for your decision: firewall-sync"
    assert letter.json["message"].endswith(
        f"Approve or reject: https://medic.example/api/console#{incident.id}"
    )
    assert letter.json["type"] == "warning"
    assert letter.json["incident"] == incident.id


def test_every_turn_that_matters_to_a_person_is_told_and_no_other(
    post: Post, tmp_path: Path
) -> None:
    clinic = broken(post, tmp_path, policy=GENEROUS)

    incident = clinic.heal(clinic.find("shop"))
    tell(medic=clinic.medic)
    assert post.letters == []  # it is being verified, and nobody has to do anything
    clinic.sweep_until_done(incident)
    tell(medic=clinic.medic)
    rollback(incident.id, "not on a Friday", "ada", medic=clinic.medic)
    tell(medic=clinic.medic)

    titles = [letter.json["title"] for letter in post.letters]
    assert titles == ["shop is healed", "shop: what was changed for it was taken back"]


def test_what_a_person_decided_meanwhile_is_not_asked_any_more(post: Post, tmp_path: Path) -> None:
    clinic = broken(post, tmp_path)
    incident = clinic.heal(clinic.find("shop"))

    reject(incident.id, "we are moving it", "ada", medic=clinic.medic)
    tell(medic=clinic.medic)

    assert clinic.load(incident.id).state is State.REJECTED
    assert post.letters == []


#: What a person has to know to say yes: what, why, before and after, risk.
_PLAN = (
    "shop waits for your decision: firewall-sync",
    "The firewall of contosoimages.azurecr.io does not admit any of the 4 addresses",
    "Let shop in: add 20.50.2.11, 20.50.2.27, 20.50.2.64, 20.50.3.140",
    "beside the 1 rule it has",
    "Risk: 4 addresses of the hosting platform are shared with other customers' apps",
)


def test_each_service_gets_the_whole_of_a_held_plan_in_its_own_form(
    post: Post, tmp_path: Path
) -> None:
    clinic = broken(post, tmp_path, SLACK, TEAMS, PAGER, hook(post))
    incident = clinic.heal(clinic.find("shop"))

    tell(medic=clinic.medic)

    said = {letter.host: letter for letter in post.letters}
    pages = {"hooks.slack.com", "prod-12.westeurope.logic.azure.com", post.place}
    assert set(said) == pages | {PAGES}
    link = f"https://medic.example/api/console#{incident.id}"
    for host, letter in said.items():
        text = json.dumps(letter.json, ensure_ascii=False)
        assert all(part in text for part in (*_PLAN, f"Approve or reject: {link}")), host
        assert "github" not in text  # no picture from anywhere
        if host in pages:
            assert "20.61.99.0/28" in text  # the rule that is there, and stays
            assert "added      20.50.2.11" in text
    called = said[PAGES].json
    assert (called["event_action"], called["dedup_key"]) == ("trigger", incident.id)
    assert len(called["payload"]["summary"]) <= 1024
    assert called["links"] == [{"href": link}]


def test_a_pager_is_called_for_what_needs_a_person_and_called_off_when_it_is_over(
    post: Post, tmp_path: Path
) -> None:
    from shared.pipeline import approve, heal

    clinic = broken(post, tmp_path, PAGER)
    incident = clinic.heal(clinic.find("shop"))
    tell(medic=clinic.medic)
    assert incident.plan is not None
    approve(incident.id, incident.plan.digest, "ada", medic=clinic.medic)
    heal(clinic.signal(incident.resource), medic=clinic.medic)
    clinic.sweep_until_done(incident)
    tell(medic=clinic.medic)
    rollback(incident.id, "not on a Friday", "ada", medic=clinic.medic)
    tell(medic=clinic.medic)

    calls = [(one.json["event_action"], one.json["dedup_key"]) for one in post.letters]
    assert calls == [("trigger", incident.id), ("resolve", incident.id)]


def test_mail_arrives_with_every_line(post: Post, tmp_path: Path) -> None:
    with mailbox() as (box, port):
        address = f"mailto://127.0.0.1:{port}?from=medic@contoso.example&to=a@x.example,b@x.example"
        clinic = broken(post, tmp_path, address)
        incident = clinic.heal(clinic.find("shop"))

        tell(medic=clinic.medic)

    assert {mail["To"] for mail in box.mails} == {"a@x.example", "b@x.example"}
    mail = box.mails[0]
    assert mail["Subject"] == "shop waits for your decision: firewall-sync"
    plain = mail.get_body(("plain", "html")).get_content()
    assert "added      20.50.2.11" in plain
    assert all(part in f"{mail['Subject']} {plain}" for part in _PLAN)
    assert f"https://medic.example/api/console#{incident.id}" in plain


def test_a_storm_at_one_registry_is_one_message(post: Post, tmp_path: Path) -> None:
    scenario = many_apps(5)
    clinic = Clinic(scenario, tmp_path, policy=APPROVE, notify=(hook(post),))
    for number, app in enumerate(estates.workloads_of(scenario)):
        clinic.pull(ResourceId.parse(app))
        clinic.heal(ResourceId.parse(app), id=f"signal-{number}")

    tell(medic=clinic.medic)
    tell(medic=clinic.medic)

    (letter,) = post.letters
    assert letter.json["title"] == "5 apps at contosoimages: 5 wait for your decision"


def test_a_refused_message_is_sent_again_and_only_where_it_was_refused(
    post: Post, tmp_path: Path
) -> None:
    clinic = broken(post, tmp_path, hook(post), SLACK)
    clinic.heal(clinic.find("shop"))
    post.refused.add("hooks.slack.com")

    tell(medic=clinic.medic)
    assert [one.host for one in post.letters].count(post.place) == 1
    tell(medic=clinic.medic)  # not before its time
    post.refused.clear()
    clinic.advance(61)
    tell(medic=clinic.medic)
    clinic.advance(3600)
    tell(medic=clinic.medic)

    hosts = [one.host for one in post.letters]
    assert hosts.count(post.place) == 1
    assert hosts.count("hooks.slack.com") == 2


def test_a_channel_that_took_it_and_did_not_answer_is_not_told_twice(
    post: Post, tmp_path: Path
) -> None:
    clinic = broken(post, tmp_path, f"json://{post.place}/hook?rto=1")
    clinic.heal(clinic.find("shop"))
    post.answer = 0

    tell(medic=clinic.medic)
    clinic.advance(3600)
    tell(medic=clinic.medic)

    assert len(post.letters) == 1
    (channel,) = clinic.medic.store.outbox.channels()
    assert channel.error is not None


def test_a_dead_channel_is_told_of_without_its_secrets_and_heals_go_on(
    post: Post, tmp_path: Path
) -> None:
    dead = "json://medic:hunter2secret@127.0.0.1:9/hooks/TOKEN123456?-sig=SIGNATURE123"
    clinic = broken(post, tmp_path, dead, hook(post), policy=GENEROUS)

    incident = clinic.sweep_until_done(clinic.heal(clinic.find("shop")))
    tell(medic=clinic.medic)

    assert incident.state is State.HEALED
    assert [one.json["title"] for one in post.letters] == ["shop is healed"]
    fared = {one.name: one.error for one in clinic.medic.store.outbox.channels()}
    first, second = clinic.medic.channels
    assert fared[second.name] is None
    said = f"{first.label}: {fared[first.name]}"
    assert "Connection error" in said
    for secret in ("hunter2secret", "TOKEN123456", "SIGNATURE123"):
        assert secret not in said


def test_an_address_no_service_has_is_a_bad_setting_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    clinic = Clinic(blocked(), tmp_path, notify=("nosuch://secret-token-1",))
    clinic.pull(clinic.find("shop"))

    clinic.heal(clinic.find("shop"))

    (problem,) = clinic.medic.policy_problems
    assert problem.startswith("MEDIC_NOTIFY entry 1 (nosuch) is not an address any notification")
    assert "secret-token-1" not in problem
    assert clinic.writes == []


def test_a_breaker_that_trips_is_told_once_and_again_after_a_reset(
    post: Post, tmp_path: Path
) -> None:
    clinic = Clinic(blocked(), tmp_path, notify=(hook(post),))
    registry = clinic.id("contosoimages").key

    for _ in range(2):
        clinic.medic.store.trip(registry, because="3 fixes failed", now=clinic.medic.now())
        tell(medic=clinic.medic)
    clinic.medic.store.reset(registry, now=clinic.medic.now())
    clinic.advance(60)
    clinic.medic.store.trip(registry, because="3 fixes failed", now=clinic.medic.now())
    tell(medic=clinic.medic)

    titles = [letter.json["title"] for letter in post.letters]
    assert titles == ["Pull Medic stopped itself at contosoimages: its fixes do not help"] * 2


def test_old_news_is_dropped_when_somebody_listens_again(post: Post, tmp_path: Path) -> None:
    clinic = broken(post, tmp_path)
    clinic.heal(clinic.find("shop"))

    clinic.advance(2 * 86_400)
    tell(medic=clinic.medic)

    assert post.letters == []
