"""
Secrets are planted everywhere the product looks, and then looked for everywhere it speaks.

Canaries: app settings, registry passwords, container app secrets, tokens and signed addresses in
log lines, alert texts and Azure's own error messages.
"""

import json
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared import signals
from shared.errors import HealError
from shared.model.views import incident_view
from shared.pipeline import diagnose, heal, reject, rollback, scan, sweep
from shared.pipeline.telling import tell
from tests.cli.terminal import terminal
from tests.clinic import GENEROUS, Clinic
from tests.receivers import Post
from tests.simulator import estates
from tests.simulator.estates import credentials_cases

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiJjYW5hcnktdG9rZW4ifQ.Y2FuYXJ5LXNpZ25hdHVyZQ"
CANARIES = (
    "canary-setting-value",
    "canary-registry-password",
    "canary-app-secret",
    "canary-in-url",
    "canary-sas-signature",
    "canary-said-password",
    "Y2FuYXJ5LXNpZ25hdHVyZQ",
    "Y2FuYXJ5LXRva2VuIn0",
)
TALKATIVE = (
    "denied: client with IP '20.50.2.11' is not allowed access, refer https://aka.ms/acr/firewall; "
    f"Authorization: Bearer {TOKEN}; "
    "GET https://contoso.blob.core.windows.net/layer?sv=1&sig=canary-sas-signature&se=2; "
    'auth {"username":"contoso","password":"canary-said-password"} '
    "https://contoso:canary-in-url@contosoimages.azurecr.io/v2/shop/web"
)


def planted(scenario: dict[str, Any]) -> dict[str, Any]:
    """The estate with canaries in every place that may hold a secret."""
    for item in scenario["resources"]:
        if item["type"] in ("Microsoft.Web/sites", "Microsoft.Web/sites/slots"):
            scenario["appSettings"].setdefault(item["id"], {}).update(
                {
                    "DB_CONNECTION": "Server=x;Password=canary-setting-value",
                    "DOCKER_REGISTRY_SERVER_URL": "https://contoso:canary-in-url@x.azurecr.io",
                    "DOCKER_REGISTRY_SERVER_USERNAME": "contosoimages",
                    "DOCKER_REGISTRY_SERVER_PASSWORD": "canary-registry-password",
                    "API_KEY": "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/"
                    "canary-setting-value)",
                }
            )
        if str(item["type"]).endswith("/registries"):
            scenario["passwords"][item["id"]] = ["canary-registry-password"] * 2
        if str(item["type"]).endswith("containerApps"):
            scenario["secrets"][item["id"]] = {"registry": "canary-app-secret"}
    return scenario


ESTATES = {
    "blocked": estates.blocked_web_app,
    "credentials": estates.rotated_password,
    "container-app": estates.container_app_403,
    "lost-role": estates.lost_role,
}


@pytest.fixture
def leaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Everything said during a test, gathered at its end and searched."""
    caplog.set_level("DEBUG")
    said: list[str] = []
    yield said
    said += [json.dumps(vars(record), default=str) for record in caplog.records]
    said += [record.getMessage() for record in caplog.records]
    said += [file.read_bytes().decode(errors="replace") for file in tmp_path.rglob("medic.db*")]
    assert len(said) >= 4
    for canary in CANARIES:
        assert [text for text in said if canary in text] == []


@pytest.mark.parametrize("estate", ESTATES)
def test_no_secret_of_the_estate_is_in_any_incident_record_log_line_or_output(
    estate: str, tmp_path: Path, leaks: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = planted(ESTATES[estate]())
    clinic = Clinic({**scenario, "retry": [45]}, tmp_path)
    (workload,) = [clinic.only(kind) for kind in ("sites", "containerapps") if has(clinic, kind)]
    clinic.pull(workload)

    incident = clinic.sweep_until_done(clinic.heal(workload))
    leaks += [json.dumps(incident_view(incident)), repr(incident)]
    leaks += [repr(record) for record in clinic.medic.store.records(incident.id)]
    leaks += [repr(diagnose(workload, None, medic=clinic.medic))]
    leaks += [repr(scan(medic=clinic.medic))]
    with terminal(clinic, capsys) as medic:
        for command in (
            ("diagnose", workload),
            ("diagnose", workload, "--json"),
            ("heal", workload, "--yes"),
            ("incidents", incident.id),
            ("scan",),
            ("policy",),
        ):
            said = medic.say(*command)
            leaks += [said.out, said.err]


def test_no_secret_in_a_text_survives_the_way_to_a_person(
    tmp_path: Path, leaks: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")

    incident = clinic.heal(shop, TALKATIVE)

    leaks += [json.dumps(incident_view(incident)), repr(clinic.load(incident.id))]
    leaks += [repr(record) for record in clinic.medic.store.records(incident.id)]
    dry = diagnose(shop, TALKATIVE, medic=clinic.medic)
    leaks += [json.dumps(incident_view(dry))]
    with terminal(clinic, capsys) as medic:
        for command in (("diagnose", shop, "--message", TALKATIVE), ("incidents", incident.id)):
            said = medic.say(*command)
            leaks += [said.out, said.err]
    assert incident.diagnosis is not None
    assert incident.diagnosis.finding == "firewall-missing-egress"
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_no_secret_in_a_log_line_of_the_workspace_survives(
    tmp_path: Path, leaks: list[str]
) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    for rows in clinic.simulator.world.tables.values():
        for row in rows:
            row.update({k: f"{v} {TALKATIVE}" for k, v in row.items() if k in MESSAGE})

    incident = clinic.heal(shop)

    assert incident.diagnosis is not None
    assert any("log line" in fact.fact for fact in incident.diagnosis.facts)
    leaks += [json.dumps(incident_view(incident)), repr(incident)]
    assert clinic.writes == [f"PATCH {clinic.id('contosoimages')}"]


def test_no_secret_goes_out_with_what_people_are_told_nor_does_where_they_are_told_it(
    tmp_path: Path, leaks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Post.opened(tmp_path) as post:
        for name, value in post.env.items():
            monkeypatch.setenv(name, value)
        hook = f"http://{post.place}/hook?code=canary-sas-signature"
        asking = GENEROUS.replace("mode: auto", "mode: approve")
        scenario = {**estates.blocked_web_app(), "retry": [45]}
        clinic = Clinic(scenario, tmp_path, policy=asking, notify=(hook, hook + "&dead"))
        clinic.pull(clinic.only("sites"))
        incident = clinic.heal(clinic.only("sites"), TALKATIVE)
        post.answer = 500
        tell(medic=clinic.medic)
        post.answer = 200
        reject(incident.id, TALKATIVE, "ada", medic=clinic.medic)
        clinic.advance(600)
        tell(medic=clinic.medic)

    assert len(post.letters) >= 2
    leaks += [letter.content.decode() for letter in post.letters]
    leaks += [repr(clinic.medic.settings), repr(clinic.medic.store.records(incident.id))]
    leaks += [json.dumps(incident_view(clinic.load(incident.id)))]


MESSAGE = ("Message", "ResultDescription", "Log", "Log_s")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_no_secret_in_azures_own_words_survives(
    method: str, status: int, tmp_path: Path, leaks: list[str]
) -> None:
    clinic = Clinic({**estates.blocked_web_app(), "retry": [45]}, tmp_path)
    shop = clinic.only("sites")
    clinic.pull(shop)
    body = {"error": {"code": "Talkative", "message": TALKATIVE}}
    match = {"method": method, "path": "/registries/contosoimages$|/sites/shop$"}
    clinic.simulator.faults.add({"match": match, "status": status, "times": 99, "body": body})
    signal = signals.manual(shop, None, now=clinic.medic.now(), id="one")

    for act in (
        lambda: heal(signal, medic=clinic.medic),
        lambda: diagnose(shop, None, medic=clinic.medic),
        lambda: rollback(
            clinic.medic.store.page().incidents[0].id, "back", "ada", medic=clinic.medic
        ),
        lambda: sweep(medic=clinic.medic),
    ):
        try:
            leaks += [repr(act())]
        except HealError as error:
            leaks += [str(error), repr(error)]
    for incident in clinic.medic.store.page().incidents:
        leaks += [json.dumps(incident_view(incident)), repr(incident)]
    assert clinic.writes == []


def has(clinic: Clinic, kind: str) -> bool:
    return any(
        str(item["type"]).lower().endswith(f"/{kind}") for item in clinic.simulator.world.resources
    )


PAIRED = (
    GENEROUS + "pairs:\n- registry: /subscriptions/*/resourceGroups/platform\n"
    "  workloads: ['/subscriptions/*/resourceGroups/web-shop']\n"
)
#: Each with an old password that is a canary, and the end of the one request that may carry one.
ROTATED = {
    "shop": (credentials_cases.web_app, "/config/appsettings"),
    "staging": (credentials_cases.slot, "/config/appsettings"),
    "basket": (credentials_cases.container_app, "/containerapps/basket"),
    "nightly": (credentials_cases.job, "/jobs/nightly"),
}


@pytest.mark.parametrize("name", ROTATED)
def test_a_password_that_is_handed_over_is_nowhere_but_in_the_one_write(
    name: str, tmp_path: Path, leaks: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    build, end = ROTATED[name]
    clinic = Clinic({**_rotten(build()), "retry": [45]}, tmp_path, policy=PAIRED)
    sent = _overheard(clinic)
    workload = clinic.find(name)
    clinic.pull(workload)

    leaks += [repr(diagnose(workload, None, medic=clinic.medic))]
    incident = clinic.sweep_until_done(clinic.heal(workload))

    assert incident.state == "healed"
    assert clinic.pull(workload)["ok"]
    leaks += [json.dumps(incident_view(incident)), repr(incident)]
    leaks += [repr(record) for record in clinic.medic.store.records(incident.id)]
    with pytest.raises(HealError) as refused:
        rollback(incident.id, "back", "ada", medic=clinic.medic)
    leaks += [str(refused.value), repr(refused.value), repr(vars(refused.value))]
    with terminal(clinic, capsys) as medic:
        for command in (("incidents", incident.id, "--json"), ("rollback", incident.id, "--json")):
            said = medic.say(*command)
            leaks += [said.out, said.err]
    carrying = [line for line, body in sent if any(canary in body for canary in CANARIES)]
    assert {line.partition(" ")[0] for line in carrying} == {clinic.writes[0].partition(" ")[0]}
    assert all(line.partition("?")[0].lower().endswith(end) for line in carrying)
    assert len(carrying) == 1


@pytest.mark.parametrize("status", [400, 409, 429, 503])
@pytest.mark.parametrize("name", ["shop", "basket"])
def test_azure_repeating_the_password_it_was_sent_is_not_quoted(
    name: str, status: int, tmp_path: Path, leaks: list[str]
) -> None:
    build, end = ROTATED[name]
    clinic = Clinic({**_rotten(build()), "retry": [45]}, tmp_path, policy=PAIRED)
    workload = clinic.find(name)
    clinic.pull(workload)
    method = "PUT" if name == "shop" else "PATCH"
    words = "cannot store canary-registry-password beside canary-setting-value"
    body = {"error": {"code": "Talkative", "message": words}}
    match = {"method": method, "path": f"(?i){end}"}
    clinic.simulator.faults.add({"match": match, "status": status, "times": 99, "body": body})

    try:
        leaks += [repr(clinic.heal(workload))]
    except HealError as error:
        leaks += [str(error), repr(error), "".join(traceback.format_exception(error))]
    for incident in clinic.medic.store.page().incidents:
        leaks += [json.dumps(incident_view(incident)), repr(incident)]
    assert clinic.writes == []


def _rotten(scenario: dict[str, Any]) -> dict[str, Any]:
    """Canaries instead of every password, the dead ones and those of others too."""
    for id in scenario["passwords"]:
        scenario["passwords"][id] = ["canary-registry-password", "canary-registry-password-2"]
    for settings in scenario["appSettings"].values():
        settings["DB_CONNECTION"] = "Server=x;Password=canary-setting-value"
        if settings["DOCKER_REGISTRY_SERVER_PASSWORD"] == credentials_cases.OLD:
            settings["DOCKER_REGISTRY_SERVER_PASSWORD"] = "canary-said-password"
    for values in scenario["secrets"].values():
        values.update({"queue-key": "canary-app-secret"})
        values.update({credentials_cases.NAME: "canary-said-password"})
    return scenario


def _overheard(clinic: Clinic) -> list[tuple[str, str]]:
    """Every request of ours as it crossed the wire: method and address, headers and body."""
    handle, sent = clinic.simulator.handle, []

    def witness(request: Any) -> Any:
        whole = f"{request.headers} {request.body!r}"
        sent.append((f"{request.method} {request.url}", whole))
        return handle(request)

    clinic.simulator.handle = witness  # type: ignore[method-assign]
    return sent
