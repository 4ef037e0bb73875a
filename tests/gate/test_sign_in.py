"""The gate and sign-ins: who may be handed a password, who may be used, what consents."""

from dataclasses import replace
from typing import Any

import pytest

from shared.model.credentials import Credentials
from shared.model.evidence import Attached, Evidence, PullAuth, PullMode, Unread
from shared.model.plan import Decision
from shared.model.words import RemedyName, Verdict
from tests.gate.cases import (
    CONTOSO,
    GENEROUS,
    PRINCIPAL,
    SHOP,
    evidence,
    judge,
    other_step,
    registry,
    workload,
)

PAIRED = GENEROUS + f'pairs: [{{registry: "{CONTOSO}", workloads: ["{SHOP}"]}}]'
AUTH = PullAuth(
    mode=PullMode.CREDENTIALS, username="contoso", server="https://contoso.azurecr.io", secret="P"
)
RESYNC = other_step(RemedyName.CREDENTIAL_RESYNC, SHOP, after={"registry": str(CONTOSO)})
USE = other_step(RemedyName.USE_IDENTITY, SHOP, after={"principal": PRINCIPAL})


def stale(auth: PullAuth = AUTH, **changes: Any) -> Evidence:
    made = evidence(
        workload=workload(auth=auth),
        access=None,
        registry=registry(admin_enabled=True),
        credentials=Credentials(place="P", matches=False),
    )
    return replace(made, **changes)


def resync(seen: Evidence, **options: Any) -> Decision:
    return judge(options.pop("step", RESYNC), seen=seen, rules=PAIRED, **options)


def test_a_dead_admin_password_is_replaced_where_a_pair_consents() -> None:
    assert resync(stale()).verdict is Verdict.ALLOW


def test_a_dead_password_alone_proves_nothing() -> None:
    decision = judge(RESYNC, seen=stale())

    assert decision.verdict is Verdict.HOLD
    assert decision.rules == ("owner-consents",)


HELD: dict[str, Evidence] = {
    "matching": stale(credentials=Credentials(place="P", matches=True)),
    "not compared": stale(credentials=Credentials(place="P")),
    "unread": stale(credentials=Unread("403")),
    "not read": stale(credentials=None),
    "in a vault": stale(credentials=Credentials(place="P", matches=False, vault="kv")),
    "nothing stored": stale(credentials=Credentials(place="P", matches=False, stored=False)),
    "a reference": stale(replace(AUTH, vaulted=("P",))),
    "admin off": stale(registry=registry(admin_enabled=False)),
    "admin unknown": stale(registry=registry(admin_enabled=None)),
    "another user": stale(replace(AUTH, username="ci")),
    "user unknown": stale(replace(AUTH, username=None)),
    "for another registry": stale(replace(AUTH, server="https://fabrikam.azurecr.io")),
    "an identity": stale(PullAuth(mode=PullMode.SYSTEM_IDENTITY, principal=PRINCIPAL)),
    "sign-in unread": evidence(workload=workload(auth=Unread("403"))),
}


@pytest.mark.parametrize("seen", HELD.values(), ids=HELD)
def test_the_admin_password_goes_nowhere_else_even_with_a_pair(seen: Evidence) -> None:
    decision = resync(seen)

    assert decision.verdict is Verdict.HOLD
    assert "password-where-it-was" in decision.rules


@pytest.mark.parametrize("named", [f"{CONTOSO}2", "", None, "/subscriptions/x/.."])
def test_a_step_for_another_registrys_password_is_held(named: object) -> None:
    step = other_step(RemedyName.CREDENTIAL_RESYNC, SHOP, after={"registry": named})

    assert "password-where-it-was" in resync(stale(), step=step).rules


def idle(*found: Attached) -> Evidence:
    return evidence(
        workload=workload(auth=PullAuth(mode=PullMode.ANONYMOUS)), access=None, idle=found
    )


def test_an_idle_identity_that_may_pull_is_consent_to_use_it() -> None:
    decision = judge(USE, seen=idle(Attached(principal=PRINCIPAL.upper(), pulls=True)))

    assert decision.verdict is Verdict.ALLOW
    assert "pull permission" in decision.rules


@pytest.mark.parametrize("pulls", [False, None, Unread("403")])
def test_an_identity_not_shown_to_pull_is_not_used_even_with_a_pair(
    pulls: bool | Unread | None,
) -> None:
    seen = idle(Attached(principal=PRINCIPAL, pulls=pulls), Attached(principal="x", pulls=True))

    decision = judge(USE, seen=seen, rules=PAIRED)

    assert decision.verdict is Verdict.HOLD
    assert "identity-may-pull" in decision.rules


def matching(**changes: Any) -> Evidence:
    return replace(stale(credentials=Credentials(place="P", matches=True)), **changes)


def test_credentials_that_match_are_consent_to_let_the_workload_in() -> None:
    decision = judge(seen=matching())

    assert decision.verdict is Verdict.ALLOW
    assert "matching credentials" in decision.rules


@pytest.mark.parametrize(
    "seen",
    [
        stale(),
        matching(registry=registry(admin_enabled=None)),
        matching(workload=workload(auth=replace(AUTH, server="https://fabrikam.azurecr.io"))),
        matching(credentials=Credentials(place="P", matches=Unread("403"))),
    ],
    ids=["dead", "admin user unknown", "for another registry", "not compared"],
)
def test_other_credentials_are_no_consent(seen: Evidence) -> None:
    assert judge(seen=seen).verdict is Verdict.HOLD
