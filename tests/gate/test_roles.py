"""What a role may be given back on, and what it may be: the Activity Log's proof held against every
way in which it could be somebody else's."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared import gate
from shared.gate import roles
from shared.model.evidence import Access, Evidence, ImageUse, PermissionMode, RoleAssignment, Unread
from shared.model.plan import Decision, Plan, Step
from shared.model.trail import Hand, PastAccess, Trail
from shared.model.words import RemedyName, Verdict
from shared.planning import pull_role
from tests.gate import cases
from tests.gate.cases import CONTOSO, GENEROUS, NOW, PRINCIPAL, SHOP, judge

ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
ACR_PUSH = "8311e382-0749-4cb8-b61a-304f252e45ec"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
REPOSITORY_READER = "b93aa761-3e63-49ed-ac28-beffa264f7ac"
ANOTHER = "44444444-4444-4444-4444-444444444444"
ABAC = PermissionMode.ABAC
IMAGE = ImageUse(
    container="main",
    text="contoso.azurecr.io/shop/web:7",
    host="contoso.azurecr.io",
    repository="shop/web",
    reference="7",
    acr=True,
)
PAIRED = GENEROUS + f'pairs: [{{registry: "{CONTOSO}", workloads: ["{SHOP}"]}}]\n'


def days(count: float) -> Any:
    return NOW - timedelta(days=count)


def past(**changes: Any) -> PastAccess:
    """An AcrPull of the pull identity at the registry that a pipeline removed two days ago."""
    made = PastAccess(
        assignment=f"{CONTOSO}/providers/Microsoft.Authorization/roleAssignments/a".lower(),
        principal=PRINCIPAL,
        role=ACR_PULL,
        scope=CONTOSO.key,
        granted=days(20),
        removed=days(2),
        removed_by=ANOTHER,
        hand=Hand.SERVICE,
    )
    return replace(made, **changes)


def trail(*had: PastAccess, **changes: Any) -> Trail:
    return replace(Trail(since=days(90), past=had), **changes)


def seen(told: Trail | Unread | None, **changes: Any) -> Evidence:
    """The shop, whose identity has no role (any more)."""
    mode = changes.pop("mode", PermissionMode.LEGACY)
    held = changes.pop("held", ())
    made = cases.evidence(
        image=IMAGE,
        workload=cases.workload(images=(IMAGE,)),
        registry=cases.registry(mode=mode, default_allow=True),
        access=Access(principal=PRINCIPAL, assignments=held),
        trail=told,
    )
    return replace(made, **changes)


def planned(evidence: Evidence) -> Step:
    step = pull_role.step(evidence)
    assert isinstance(step, Step), step
    return step


def decide(evidence: Evidence, rules: str = GENEROUS, **more: Any) -> Decision:
    return judge(planned(evidence), seen=evidence, rules=rules, **more)


def test_a_role_is_given_back_on_the_activity_logs_word() -> None:
    decision = decide(seen(trail(past())))

    assert decision.verdict is Verdict.ALLOW, decision.reasons
    assert "activity log" in decision.rules


@pytest.mark.parametrize(
    ("told", "because"),
    [
        (trail(), "knows of no pull role"),
        (Unread("not readable: 403"), "could not be read"),
        (trail(past(removed=days(31))), "proof_days"),
        (trail(past(hand=Hand.PERSON, removed_by="anna@contoso.example")), "anna@contoso"),
        (trail(past(hand=Hand.UNKNOWN, removed_by="")), "somebody unknown"),
        (trail(past(removed=None)), "how it ended was not seen"),
        (trail(past(), repointed=days(1)), "may have been pointed here"),
        (trail(past(), workload_remade=days(9)), "another one of the same name"),
        (trail(past(role=REPOSITORY_READER)), "for repositories only"),
        (trail(past(condition="@Request[x]", covers=None)), "for repositories only"),
        (trail(past(hand=Hand.PERSON), past(removed=days(5))), "removed the role"),
    ],
)
def test_a_role_is_held_where_the_activity_log_does_not_speak_for_it(
    told: Trail | Unread, because: str
) -> None:
    decision = decide(seen(told))

    assert decision.verdict is Verdict.HOLD
    assert "owner-consents" in decision.rules
    assert because in " ".join(decision.reasons)


def test_what_was_changed_before_the_role_was_gone_does_not_speak_against_it() -> None:
    assert decide(seen(trail(past(), repointed=days(3)))).verdict is Verdict.ALLOW


def test_what_a_person_took_away_is_given_back_by_a_person() -> None:
    evidence = seen(trail(past(hand=Hand.PERSON, removed_by="anna@contoso.example")))
    plan = judge(planned(evidence), seen=evidence)
    assert plan.verdict is Verdict.HOLD

    digest = Plan.of((planned(evidence),)).digest

    assert decide(evidence, approved=digest).verdict is Verdict.ALLOW


def test_what_this_service_gave_and_somebody_took_away_again_is_no_accident() -> None:
    step = planned(seen(trail(past())))
    ours = past(assignment=step.requests[0].url.partition("?")[0].lower())
    evidence = seen(trail(ours))

    decision = decide(evidence)

    assert decision.verdict is Verdict.HOLD
    assert "took it away again" in " ".join(decision.reasons)
    digest = Plan.of((planned(evidence),)).digest
    assert decide(evidence, approved=digest).verdict is Verdict.ALLOW


def test_the_policy_may_say_whose_removals_are_made_up_for() -> None:
    by_anna = seen(trail(past(hand=Hand.PERSON, removed_by="anna@contoso.example")))
    pull_role_may = GENEROUS.replace("remedies: {", "remedies: {pull-role: %s, ")

    assert decide(by_anna, pull_role_may % "{removed_by: [person]}").verdict is Verdict.ALLOW
    by_service = seen(trail(past()))
    assert decide(by_service, pull_role_may % "{removed_by: [person]}").verdict is Verdict.HOLD
    listed = pull_role_may % f'{{intentional: ["{ANOTHER.upper()}"]}}'
    assert decide(by_service, listed).verdict is Verdict.HOLD


def test_nothing_is_given_across_tenants_whoever_agrees() -> None:
    foreign = seen(trail(past(), foreign="the workload's tenant is a, the registry's b"))

    decision = decide(foreign, PAIRED)

    assert decision.verdict is Verdict.DENY
    assert "not of one tenant" in decision.reasons[0]


def test_a_pair_consents_where_nothing_is_proven() -> None:
    decision = decide(seen(trail()), PAIRED)

    assert decision.verdict is Verdict.ALLOW
    assert "pairs" in decision.rules


def test_a_new_identity_inherits_what_its_predecessor_has_for_as_long_as_a_proof_counts() -> None:
    standing = past(principal=ANOTHER, removed=None, granted=None, hand=Hand.UNKNOWN)

    lately = trail(former=(standing,), identity_remade=days(1))
    long_ago = trail(former=(standing,), identity_remade=days(40))

    assert decide(seen(lately)).verdict is Verdict.ALLOW
    assert decide(seen(long_ago)).verdict is Verdict.HOLD
    assert decide(seen(trail(former=(standing,)))).verdict is Verdict.HOLD


@pytest.mark.parametrize(
    ("role", "verdict"),
    [(ACR_PULL, Verdict.ALLOW), (ACR_PUSH, Verdict.ALLOW), (READER, Verdict.HOLD)],
)
def test_a_switch_of_the_permission_mode_is_made_up_for_where_the_role_was_for_pulling(
    role: str, verdict: Verdict
) -> None:
    one = RoleAssignment(id="a", scope=CONTOSO.key, role=role, role_name="r", pulls=False)

    assert decide(seen(trail(), mode=ABAC, held=(one,))).verdict is verdict


@pytest.mark.parametrize(
    ("had", "verdict"),
    [
        (past(role=REPOSITORY_READER, condition="@Request[…]"), Verdict.ALLOW),
        (past(role=REPOSITORY_READER), Verdict.ALLOW),
        (past(role=ACR_PULL), Verdict.ALLOW),
        (past(role=READER), Verdict.HOLD),
        (past(role=REPOSITORY_READER, condition="@Request[…]", covers=False), Verdict.HOLD),
    ],
)
def test_in_repository_mode_only_a_role_for_pulling_proves_a_pull(
    had: PastAccess, verdict: Verdict
) -> None:
    decision = decide(seen(trail(had), mode=ABAC))

    assert decision.verdict is verdict, decision.reasons


def _spoilt(step: Step, **properties: Any) -> Step:
    (write,) = step.requests
    body = {"properties": {**write.body["properties"], **properties}}  # type: ignore[index]
    return replace(step, requests=(replace(write, body=body),))


@pytest.mark.parametrize(
    "properties",
    [
        {"principalId": ANOTHER},
        {"roleDefinitionId": f"/providers/x/roleDefinitions/{READER}"},
        {"principalType": "Group"},
        {"delegatedManagedIdentityResourceId": "/subscriptions/x"},
        {"condition": None},
        {"condition": "@Request[Microsoft.ContainerRegistry/registries/repositories:name] a"},
    ],
)
def test_a_request_that_gives_more_or_to_somebody_else_is_denied(
    properties: dict[str, Any],
) -> None:
    evidence = seen(trail(past()), mode=ABAC)

    decision = judge(_spoilt(planned(evidence), **properties), seen=evidence, rules=PAIRED)

    assert decision.verdict is Verdict.DENY
    assert decision.rules[0] == "only-the-pull-role"


@pytest.mark.parametrize(
    "tail",
    [
        "/../../registries/other/providers/Microsoft.Authorization/roleAssignments/{name}",
        "/providers/Microsoft.Authorization/roleAssignments/{name}/../x",
        "%2F..%2Fother/providers/Microsoft.Authorization/roleAssignments/{name}",
        "/webhooks/a/providers/Microsoft.Authorization/roleAssignments/{name}",
        "/providers/Microsoft.Authorization/roleDefinitions/{name}",
        "/providers/Microsoft.Authorization/roleAssignments/",
    ],
)
def test_a_request_that_leaves_the_registry_is_denied(tail: str) -> None:
    evidence = seen(trail(past()))
    step = planned(evidence)
    (write,) = step.requests
    name = write.url.partition("?")[0].rpartition("/")[2]
    url = f"{CONTOSO}{tail.format(name=name)}?api-version=2022-04-01"

    decision = judge(replace(step, requests=(replace(write, url=url),)), seen=evidence)

    assert decision.verdict is Verdict.DENY


def test_two_writes_are_one_too_many() -> None:
    evidence = seen(trail(past()))
    step = planned(evidence)

    decision = judge(replace(step, requests=step.requests * 2), seen=evidence)

    assert decision.verdict is Verdict.DENY


def test_a_proof_of_earlier_access_opens_the_network_as_well() -> None:
    closed = replace(seen(trail(past())), registry=cases.registry())
    firewall = cases.step()

    assert judge(firewall, seen=closed).verdict is Verdict.ALLOW
    assert judge(firewall, seen=replace(closed, trail=trail())).verdict is Verdict.HOLD


def test_the_remedy_is_known_to_the_gate() -> None:
    assert roles.only_the_pull_role in gate.RULES
    assert planned(seen(trail(past()))).remedy is RemedyName.PULL_ROLE
