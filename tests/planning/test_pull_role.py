"""The one role assignment that is planned, or the reason why a person has to."""

from dataclasses import replace
from typing import Any

import pytest

from shared.evidence.access import condition_admits
from shared.model.evidence import (
    Access,
    Evidence,
    ImageUse,
    PermissionMode,
    PullAuth,
    PullMode,
    RoleAssignment,
    Unread,
)
from shared.model.plan import Step
from shared.model.trail import PastAccess, Trail
from shared.planning import pull_role
from shared.planning.firewall import Refusal
from tests.diagnosis import given
from tests.diagnosis.given import ACR_PULL, CONTOSO, NOW, PRINCIPAL

READER = "b93aa761-3e63-49ed-ac28-beffa264f7ac"
ABAC = PermissionMode.ABAC


def evidence(
    mode: PermissionMode | None = PermissionMode.LEGACY,
    *held: RoleAssignment,
    had: PastAccess | None = None,
    **changes: Any,
) -> Evidence:
    """The shop, whose identity may not pull."""
    made = given.evidence(
        registry=given.registry(mode=mode, default_allow=True),
        access=Access(principal=PRINCIPAL, assignments=held),
        trail=Trail(since=NOW, past=(had,) if had else ()),
    )
    return replace(made, **changes)


def lost(role: str, condition: str | None = None) -> PastAccess:
    return PastAccess(
        assignment="a", principal=PRINCIPAL, role=role, scope=CONTOSO.key, condition=condition
    )


def asked(step: Step | Refusal) -> dict[str, Any]:
    """What the one request of the step says."""
    assert isinstance(step, Step), step
    (write,) = step.requests
    assert write.method == "PUT"
    assert write.body is not None
    return dict(write.body["properties"])


def test_the_role_is_that_of_the_registrys_permission_mode_and_its_scope_the_registry() -> None:
    legacy, abac = pull_role.step(evidence()), pull_role.step(evidence(ABAC))

    assert asked(legacy)["roleDefinitionId"].endswith(ACR_PULL)
    assert "condition" not in asked(legacy)
    assert asked(abac)["roleDefinitionId"].endswith(READER)
    assert condition_admits(asked(abac)["condition"], "shop") is True
    assert condition_admits(asked(abac)["condition"], "shop2") is False
    assert isinstance(legacy, Step)
    assert legacy.requests[0].url.startswith(f"{CONTOSO}/providers/Microsoft.Authorization/")


def test_the_same_purpose_has_the_same_name_on_every_machine() -> None:
    one, two = pull_role.step(evidence()), pull_role.step(evidence())
    other = Access(principal="11111111-0000-0000-0000-000000000000", assignments=())
    auth = PullAuth(mode=PullMode.SYSTEM_IDENTITY, principal=other.principal)
    third = pull_role.step(evidence(access=other, workload=given.workload(auth=auth)))

    assert isinstance(one, Step)
    assert isinstance(two, Step)
    assert isinstance(third, Step)
    assert one == two
    assert one.requests[0].url != third.requests[0].url


def test_a_lost_repository_role_comes_back_with_its_own_condition_or_none() -> None:
    with_one = pull_role.step(evidence(ABAC, had=lost(READER, "@Request[…]")))
    without = pull_role.step(evidence(ABAC, had=lost(READER)))

    assert asked(with_one)["condition"] == "@Request[…]"
    assert "condition" not in asked(without)


def test_a_condition_of_another_kind_of_role_is_not_taken_over() -> None:
    step = pull_role.step(evidence(ABAC, had=lost(ACR_PULL, "@Request[…]")))

    assert condition_admits(asked(step)["condition"], "shop") is True


def test_every_repository_pulled_with_the_identity_is_named_and_no_other() -> None:
    def image(container: str, host: str, repository: str) -> ImageUse:
        text = f"{host}/{repository}:7"
        return ImageUse(
            container=container,
            text=text,
            host=host,
            repository=repository,
            reference="7",
            acr=True,
        )

    here = "contoso.azurecr.io"
    images = (
        image("main", here, "shop"),
        image("side", here, "proxy"),
        image("other", here, "secret"),
        image("far", "elsewhere.azurecr.io", "far"),
    )
    apart = {"other": PullAuth(mode=PullMode.USER_IDENTITY, principal="somebody else's")}
    workload = given.workload(images=images, sign_ins=apart)

    condition = asked(pull_role.step(evidence(ABAC, workload=workload)))["condition"]

    admitted = [
        name for name in ("shop", "proxy", "secret", "far") if condition_admits(condition, name)
    ]
    assert admitted == ["shop", "proxy"]


def test_a_quote_in_a_name_ends_no_text_of_the_condition() -> None:
    strange = replace(given.IMAGE, repository="shop' OR 'a' StringEquals 'a")
    step = pull_role.step(evidence(ABAC, image=strange, workload=given.workload(images=(strange,))))

    assert asked(step)["condition"].count("'") == 6


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"registry": Unread("not readable")}, "could not be read"),
        ({"access": Unread("not readable")}, "could not be read"),
        ({"registry": given.registry(mode=None)}, "permission mode"),
        ({"registry": given.registry(arm_audience=False)}, "no role would help"),
        (
            {"access": Access(principal=PRINCIPAL, assignments=(), denials=("audit",))},
            "deny assignment",
        ),
        (
            {"workload": given.workload(auth=PullAuth(mode=PullMode.CREDENTIALS))},
            "identity of its own",
        ),
        (
            {
                "workload": given.workload(
                    auth=PullAuth(mode=PullMode.USER_IDENTITY, attached=False)
                )
            },
            "identity of its own",
        ),
    ],
)
def test_where_no_role_is_right_none_is_planned(changes: dict[str, Any], because: str) -> None:
    refused = pull_role.step(evidence(**changes))

    assert isinstance(refused, Refusal)
    assert because in refused.because


def test_somebody_elses_condition_is_not_written_over() -> None:
    """Azure knows one assignment of a role to an identity at a scope."""
    narrow = given.role("Container Registry Repository Reader", READER, pulls=False)

    refused = pull_role.step(evidence(ABAC, narrow))

    assert isinstance(refused, Refusal)
    assert "its maker's to change" in refused.because


def test_what_was_planned_is_put_into_code_under_the_name_it_has() -> None:
    """Under another name Azure refuses it, and the deployment that was to keep it fails."""
    step = pull_role.step(evidence(ABAC))
    assert isinstance(step, Step)
    name = step.after["roleAssignment"]["name"]

    text = pull_role.infrastructure_change(step)

    assert f"name: '{name}'" in text
    assert f"roleAssignments/{name}" in text
    assert PRINCIPAL in text
    assert "guid(" not in text


def test_the_risk_says_whether_it_could_before() -> None:
    acr_pull = given.role(pulls=False)
    for planned, words in (
        (pull_role.step(evidence(had=lost(ACR_PULL))), "as it could before"),
        (pull_role.step(evidence(ABAC, acr_pull)), "its role AcrPull stood for"),
        (pull_role.step(evidence()), "nobody proved"),
    ):
        assert isinstance(planned, Step)
        assert words in planned.risk
