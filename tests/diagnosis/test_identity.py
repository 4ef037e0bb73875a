"""Who pulls: identities, roles and credentials."""

from typing import Any

import pytest

from shared.diagnosis import diagnose
from shared.model.evidence import PermissionMode, PullAuth, PullMode, Unread
from shared.model.plan import Diagnosis
from shared.model.words import Cause, FindingName
from tests.diagnosis import given


def of(**members: Any) -> Diagnosis:
    return diagnose(given.signal(), given.reading(Cause.UNAUTHORIZED), given.evidence(**members))


def test_an_identity_without_any_role_lacks_the_pull_role() -> None:
    diagnosis = of(access=given.access())

    assert diagnosis.finding is FindingName.PULL_ROLE_MISSING
    assert given.PRINCIPAL in diagnosis.summary


def test_a_deny_assignment_is_named_as_what_takes_the_permission() -> None:
    diagnosis = of(access=given.access(given.role(), denials=("blueprint lock",)))

    assert diagnosis.finding is FindingName.PULL_ROLE_MISSING
    assert "blueprint lock" in diagnosis.summary


def test_acr_pull_in_abac_mode_is_the_wrong_role() -> None:
    diagnosis = of(
        registry=given.registry(mode=PermissionMode.ABAC),
        access=given.access(given.role(pulls=False)),
    )

    assert diagnosis.finding is FindingName.PULL_ROLE_WRONG_FOR_ABAC
    assert "AcrPull" in diagnosis.summary
    assert diagnosis.also == ()


def test_a_condition_nobody_can_judge_is_a_doubt() -> None:
    diagnosis = of(access=given.access(given.role(pulls=None)))

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert "condition" in diagnosis.doubts[0]


def test_roles_that_cannot_be_read_are_a_doubt() -> None:
    diagnosis = of(access=Unread("not readable: 403"))

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert "roles of the pull identity are not readable: 403" in diagnosis.doubts[0]


def test_the_arm_audience_policy_is_met_before_the_role() -> None:
    diagnosis = of(registry=given.registry(arm_audience=False), access=given.access())

    assert diagnosis.finding is FindingName.ARM_AUDIENCE_DISABLED
    assert diagnosis.also == (FindingName.PULL_ROLE_MISSING,)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (PullMode.SYSTEM_IDENTITY, "switched off"),
        (PullMode.USER_IDENTITY, "not attached"),
    ],
)
def test_an_identity_that_is_not_attached_cannot_pull(mode: PullMode, words: str) -> None:
    auth = PullAuth(mode=mode, identity="client", attached=False)

    diagnosis = of(workload=given.workload(auth=auth), access=None)

    assert diagnosis.finding is FindingName.IDENTITY_NOT_ATTACHED
    assert words in diagnosis.summary


def test_unread_sign_in_leaves_every_identity_finding_open() -> None:
    diagnosis = of(workload=given.workload(auth=Unread("not readable: 403")), access=None)

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert diagnosis.doubts == ("how the workload signs in is not readable: 403",)
