"""Plans that repair a sign-in: what they announce, what they refuse, what they never show."""

import json
from typing import Any

import pytest

from shared.model.credentials import Credentials, Token
from shared.model.evidence import Attached, Evidence, Instance, PullAuth, PullMode, Unread
from shared.model.ids import ResourceId
from shared.model.plan import AS_READ, SECRET, Diagnosis, Step
from shared.model.words import Cause, FindingName, Host, RemedyName
from shared.planning import credentials, use_identity
from shared.planning.advice import advise
from shared.planning.firewall import Refusal
from tests.diagnosis import given

PLACE = "DOCKER_REGISTRY_SERVER_PASSWORD"
SLOT = given.SHOP.child("slots", "staging")
JOB = ResourceId.parse(str(given.BASKET).replace("containerApps", "jobs"))
FAILED = Instance(name="basket--1", state="Failed", details="health Unhealthy")
AUTH = PullAuth(
    mode=PullMode.CREDENTIALS,
    username="contoso",
    server="https://contoso.azurecr.io",
    secret=PLACE,
)
STALE = Credentials(place=PLACE, matches=False, slot_sticky=False)


def stale(found: Any = STALE, auth: PullAuth = AUTH, **members: Any) -> Evidence:
    return given.evidence(
        **{
            "workload": given.workload(auth=auth),
            "access": None,
            "registry": given.registry(admin_enabled=True),
            "credentials": found,
        }
        | members
    )


def app(**members: Any) -> Evidence:
    basket = given.basket(
        **{"auth": AUTH, "instances": (FAILED,), "revision": "basket--1", "location": "West Europe"}
        | members
    )
    return stale(Credentials(place="acr", matches=False), workload=basket)


def made(seen: Evidence) -> tuple[Step, ...]:
    steps = credentials.steps(seen)
    assert not isinstance(steps, Refusal), steps.because
    return steps


def refused(seen: Evidence) -> str:
    answer = credentials.steps(seen)
    assert isinstance(answer, Refusal)
    return answer.because


def test_a_site_gets_one_put_of_all_its_settings_with_one_secret() -> None:
    (step,) = made(stale())

    (write,) = step.requests
    assert write.method == "PUT"
    assert write.url.startswith(f"{given.SHOP}/config/appsettings?api-version=")
    assert write.body is not None
    assert set(write.body["properties"]) == {PLACE, AS_READ}
    assert write.body["properties"][PLACE] == SECRET


def test_a_slot_asks_for_a_slots_permissions() -> None:
    (step,) = made(stale(workload=given.workload(id=SLOT, auth=AUTH, host=Host.SLOT)))

    assert set(step.permissions) == {
        "Microsoft.ContainerRegistry/registries/listCredentials/action",
        "Microsoft.Web/sites/slots/config/list/action",
        "Microsoft.Web/sites/slots/config/write",
    }


def test_a_container_app_is_restarted_behind_the_change() -> None:
    first, second = made(app())

    assert first.remedy is RemedyName.CREDENTIAL_RESYNC
    assert first.requests[0].body == {
        "location": "West Europe",
        "properties": {
            "configuration": {
                "secrets": [{"name": "acr", "value": SECRET}, {AS_READ: "every other secret"}]
            }
        },
    }
    assert second.remedy is RemedyName.RESTART
    assert second.target.name == "basket--1"


def test_a_container_app_that_runs_is_not_restarted() -> None:
    up = Instance(name="basket--1", state="Running", details="health Healthy")

    (step,) = made(app(instances=(up,)))

    assert step.remedy is RemedyName.CREDENTIAL_RESYNC


def test_a_job_is_changed_and_never_started() -> None:
    (step,) = made(app(id=JOB, host=Host.JOB, instances=()))

    assert step.target == JOB
    assert len(step.requests) == 1
    body = step.requests[0].body
    assert body is not None
    assert AS_READ in body["properties"]["configuration"]
    assert "location" not in body


REFUSED: dict[str, Evidence] = {
    "could not be read": stale(Unread("403")),
    "not shown to be wrong": stale(Credentials(place=PLACE, matches=True)),
    "cannot be compared": stale(Credentials(place="", matches=Unread("hidden"))),
    "comes from kv/secrets/acr": stale(
        Credentials(place=PLACE, vault="kv/secrets/acr", vault_status="Resolved")
    ),
    "comes from a Key Vault": stale(
        auth=PullAuth(mode=PullMode.CREDENTIALS, username="contoso", vaulted=(PLACE,))
    ),
    "no password is stored": stale(Credentials(place=PLACE, matches=False, stored=False)),
    "also signs in to fabrikam.azurecr.io": stale(
        Credentials(place=PLACE, matches=False, shared_by=("fabrikam.azurecr.io",))
    ),
    "admin user is not on": stale(registry=given.registry(admin_enabled=False)),
    "ci is not the registry's admin user": stale(
        auth=PullAuth(mode=PullMode.CREDENTIALS, username="ci")
    ),
    "are for https://fabrikam.azurecr.io": stale(
        auth=PullAuth(
            mode=PullMode.CREDENTIALS, username="contoso", server="https://fabrikam.azurecr.io"
        )
    ),
}


@pytest.mark.parametrize("words", REFUSED)
def test_where_a_password_would_be_wrong_none_is_planned(words: str) -> None:
    assert words in refused(REFUSED[words])


def test_unknown_stickiness_is_a_doubt_and_a_swap_is_a_risk() -> None:
    unknown = Credentials(place=PLACE, matches=False, slot_sticky=Unread("not readable: 403"))

    (doubtful,) = made(stale(unknown))
    (moving,) = made(stale())

    assert "stays with its slot is not readable: 403" in doubtful.doubts[0]
    assert moving.doubts == ()
    assert "moves with a slot swap" in moving.risk


def test_code_never_holds_the_password() -> None:
    (step,) = made(stale())

    text = credentials.infrastructure_change(step)

    assert "listCredentials().passwords[0].value" in text
    assert "name: 'contoso'" in text


SYSTEM = Attached(principal="one", pulls=True)
USER = Attached(principal="two", client="cc", id="/subscriptions/x/ids/two", pulls=True)
OTHER = Attached(principal="three", client="dd", id="/subscriptions/x/ids/three", pulls=True)


def idle(*found: Attached, **members: Any) -> Evidence:
    auth = members.pop("auth", PullAuth(mode=PullMode.ANONYMOUS))
    workload = given.workload(**{"auth": auth} | members)
    return given.evidence(workload=workload, access=None, idle=found)


def use(seen: Evidence) -> Step:
    step = use_identity.step(seen)
    assert isinstance(step, Step), step.because
    return step


def test_the_system_identity_needs_only_the_flag() -> None:
    step = use(idle(USER, SYSTEM))

    (write,) = step.requests
    assert write.method == "PATCH"
    assert write.body == {"properties": {"acrUseManagedIdentityCreds": True}}
    assert step.after["principal"] == "one"


def test_a_user_identity_is_named_by_its_client_id_never_its_resource_id() -> None:
    step = use(idle(Attached(principal="no", pulls=False), USER))

    assert step.requests[0].body == {
        "properties": {"acrUseManagedIdentityCreds": True, "acrUserManagedIdentityID": "cc"}
    }


def test_the_identity_the_site_names_already_is_taken_first() -> None:
    auth = PullAuth(mode=PullMode.ANONYMOUS, named="CC")

    assert use(idle(SYSTEM, USER, auth=auth)).after["principal"] == "two"


def test_a_client_id_that_stands_there_is_taken_out_for_the_system_identity() -> None:
    auth = PullAuth(mode=PullMode.ANONYMOUS, named="gone")

    step = use(idle(SYSTEM, auth=auth))

    assert step.before["acrUserManagedIdentityID"] == "gone"
    assert step.requests[0].body == {
        "properties": {"acrUseManagedIdentityCreds": True, "acrUserManagedIdentityID": ""}
    }


NOT_USED: dict[str, Evidence] = {
    "several identities may pull": idle(USER, OTHER),
    "shown to have pull permission": idle(Attached(principal="one", pulls=None)),
    "list of registries": given.evidence(workload=given.basket(), idle=(SYSTEM,)),
    "sidecar container": idle(SYSTEM, auth=PullAuth(mode=PullMode.ANONYMOUS, sidecar=True)),
    "could not be read": idle(SYSTEM, auth=Unread("403")),
}


@pytest.mark.parametrize("words", NOT_USED)
def test_what_a_person_has_to_choose_is_not_chosen(words: str) -> None:
    answer = use_identity.step(NOT_USED[words])

    assert isinstance(answer, Refusal)
    assert words in answer.because


def test_images_of_another_registry_are_a_doubt() -> None:
    other = given.IMAGE.__class__(
        container="b",
        text="fabrikam.azurecr.io/x:1",
        host="fabrikam.azurecr.io",
        repository="x",
        reference="1",
        acr=True,
    )

    step = use(idle(SYSTEM, images=(given.IMAGE, other)))

    assert "also pulls from fabrikam.azurecr.io" in step.doubts[0]


def test_code_keeps_the_identity() -> None:
    text = use_identity.infrastructure_change(use(idle(USER)))

    assert "acrUseManagedIdentityCreds: true" in text
    assert "acrUserManagedIdentityID: 'cc'" in text
    assert "container_registry_use_managed_identity = true" in text


def test_plans_are_json() -> None:
    for step in (*made(stale()), *made(app()), use(idle(USER))):
        json.dumps([step.before, step.after, [write.body for write in step.requests]])


TOKENS: dict[str, tuple[Token | None, str]] = {
    "not known": (None, "az acr token show"),
    "gone": (Token(name="ci-token", exists=False), "az acr token list"),
    "disabled": (Token(name="ci-token", enabled=False), "az acr token update"),
    "for others": (
        Token(name="ci-token", enabled=True, scope_map="ci scope", reads=False),
        "--name 'ci scope' --add-repository shop content/read",
    ),
    "expired": (
        Token(name="ci-token", enabled=True, expired=given.NOW),
        "az acr token credential generate",
    ),
    "in order": (Token(name="ci-token", enabled=True, reads=True), "is another one now"),
}


@pytest.mark.parametrize("what", TOKENS)
def test_a_token_is_advised_on_by_what_is_the_matter_with_it(what: str) -> None:
    token, words = TOKENS[what]
    auth = PullAuth(mode=PullMode.CREDENTIALS, username="ci-token", secret=PLACE)
    seen = stale(Credentials(place=PLACE, token=token), auth)
    diagnosis = Diagnosis(
        cause=Cause.UNAUTHORIZED, finding=FindingName.CREDENTIALS_NOT_ADMIN, summary="?"
    )

    text = advise(diagnosis.finding, diagnosis, seen)

    assert words in text
    assert "ci-token" in text
