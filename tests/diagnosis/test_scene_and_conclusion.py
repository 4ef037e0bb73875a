"""Whether there is a pull to judge at all, what is pulled, and what remains when all is well."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from shared.diagnosis import PATH, PRESENT_TROUBLE, SCENE, diagnose
from shared.model.evidence import Unread
from shared.model.plan import Diagnosis
from shared.model.words import Cause, FindingName, Host
from tests.diagnosis import given

HEALTHY: dict[str, Any] = {"workload": given.workload(instances=(given.up(),), serving=True)}


def of(cause: Cause, text: str = "said", source: str = "log-alert", **members: Any) -> Diagnosis:
    reading = given.reading(cause, **members.pop("reading", {}))
    return diagnose(given.signal(text, source=source), reading, given.evidence(**members))


def test_an_app_without_a_container_image_is_not_a_pull_failure() -> None:
    code_app = given.workload(images=(), note="runs PYTHON|3.12, not a container")

    diagnosis = of(Cause.UNAUTHORIZED, workload=code_app, image=None, registry=None)

    assert diagnosis.finding is FindingName.NOT_A_PULL_FAILURE
    assert "PYTHON|3.12" in diagnosis.summary


def test_an_image_from_elsewhere_is_not_ours_to_judge() -> None:
    hub = replace(given.IMAGE, host="docker.io", text="docker.io/library/nginx:1", acr=False)

    diagnosis = of(Cause.RATE_LIMITED, image=hub, registry=None)

    assert diagnosis.finding is FindingName.NOT_A_PULL_FAILURE
    assert "docker.io" in diagnosis.summary


def test_a_configuration_nobody_may_read_leaves_everything_open() -> None:
    blind = given.workload(
        images=(), auth=Unread("not readable: 403"), note="the configuration is not readable: 403"
    )

    diagnosis = of(Cause.UNAUTHORIZED, workload=blind, image=None, registry=None)

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert diagnosis.doubts == ("the configuration is not readable: 403",)


def test_a_registry_no_subscription_of_ours_holds_was_not_found() -> None:
    diagnosis = of(Cause.DNS_FAILURE, registry=None)

    assert diagnosis.finding is FindingName.REGISTRY_NOT_FOUND
    assert "probably deleted" in diagnosis.summary


def test_a_registry_we_may_not_read_is_not_called_missing() -> None:
    diagnosis = of(Cause.NETWORK_TIMEOUT, registry=Unread("not readable: 403"))

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert "not readable: 403" in diagnosis.doubts[0]


@pytest.mark.parametrize(
    ("cause", "finding"),
    [
        (Cause.RATE_LIMITED, FindingName.THROTTLED),
        (Cause.REGISTRY_UNAVAILABLE, FindingName.REGISTRY_UNAVAILABLE),
    ],
)
def test_present_trouble_of_the_registry_comes_before_any_fix(
    cause: Cause, finding: FindingName
) -> None:
    diagnosis = of(cause, registry=given.registry(ip_rules=()))

    assert diagnosis.finding is finding
    assert diagnosis.also == (FindingName.FIREWALL_MISSING_EGRESS,)


def test_a_full_disk_is_not_a_fault_of_the_registry() -> None:
    diagnosis = of(Cause.RESOURCE_EXHAUSTED)

    assert diagnosis.finding is FindingName.NOT_A_PULL_FAILURE
    assert "ran out of space" in diagnosis.summary


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("manifest unknown: manifest tagged by 7 is not found", FindingName.TAG_MISSING),
        ('{"code":"NAME_UNKNOWN"}', FindingName.REPOSITORY_MISSING),
        ("repository name not known to registry", FindingName.REPOSITORY_MISSING),
    ],
)
def test_a_missing_tag_and_a_missing_repository_differ(text: str, finding: FindingName) -> None:
    diagnosis = of(Cause.MANIFEST_UNKNOWN, text)

    assert diagnosis.finding is finding
    assert diagnosis.also == ()
    assert "was not asked" in diagnosis.summary


def test_a_text_about_the_tag_before_last_says_nothing_about_this_one() -> None:
    diagnosis = of(Cause.MANIFEST_UNKNOWN, reading={"reference": "6"}, **HEALTHY)

    assert diagnosis.finding is FindingName.HEALTHY
    assert "the text is about 6" in diagnosis.doubts[0]


def test_a_text_about_another_registry_is_a_doubt_and_no_claim() -> None:
    diagnosis = of(Cause.RATE_LIMITED, reading={"registry": "other.azurecr.io"}, **HEALTHY)

    assert diagnosis.finding is FindingName.HEALTHY
    assert "other.azurecr.io" in diagnosis.doubts[0]


def test_the_platforms_own_complaint_needs_no_text_beside_it() -> None:
    diagnosis = of(
        Cause.NETWORK_DENIED,
        reading={"registry": "other.azurecr.io"},
        registry=given.registry(ip_rules=()),
    )

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert diagnosis.doubts == ()


def test_the_registrys_data_host_is_the_same_registry() -> None:
    diagnosis = of(Cause.RATE_LIMITED, reading={"registry": "contoso.westeurope.data.azurecr.io"})

    assert diagnosis.finding is FindingName.THROTTLED


def test_quarantine_holds_a_new_image_back() -> None:
    snapshot = {"properties": {"policies": {"quarantinePolicy": {"status": "enabled"}}}}

    diagnosis = of(Cause.MANIFEST_UNKNOWN, registry=given.registry(snapshot=snapshot))

    assert diagnosis.finding is FindingName.IMAGE_LOCKED
    assert diagnosis.also == (FindingName.TAG_MISSING,)


def test_an_image_for_another_platform_is_found_behind_everything_else() -> None:
    diagnosis = of(Cause.PLATFORM_MISMATCH, access=given.access())

    assert diagnosis.finding is FindingName.PULL_ROLE_MISSING
    assert diagnosis.also == (FindingName.PLATFORM_MISMATCH,)


def test_an_apps_own_403_is_not_a_pull_failure() -> None:
    diagnosis = of(Cause.NOT_A_PULL_FAILURE, **HEALTHY)

    assert diagnosis.finding is FindingName.NOT_A_PULL_FAILURE


def test_nothing_said_and_all_in_order_is_healthy() -> None:
    diagnosis = of(Cause.NOT_A_PULL_FAILURE, text="", **HEALTHY)

    assert diagnosis.finding is FindingName.HEALTHY
    assert diagnosis.doubts == ()


def test_a_late_complaint_of_an_app_that_runs_again_is_healthy() -> None:
    recovered = given.up(
        last_error="ImagePullUnauthorizedFailure", at=given.NOW - timedelta(hours=1)
    )

    diagnosis = of(
        Cause.UNAUTHORIZED, workload=given.workload(instances=(recovered,), serving=True)
    )

    assert diagnosis.finding is FindingName.HEALTHY


def test_generic_unauthorized_with_every_check_passing_goes_to_a_person() -> None:
    diagnosis = of(Cause.UNAUTHORIZED)

    assert diagnosis.finding is FindingName.UNDETERMINED
    assert "every check passes" in diagnosis.summary


def test_a_blocked_site_with_nothing_wrong_is_not_retrying() -> None:
    blocked = given.down(state="Blocked", at=given.NOW - timedelta(hours=1))

    diagnosis = of(Cause.UNAUTHORIZED, workload=given.workload(instances=(blocked,)))

    assert diagnosis.finding is FindingName.NOT_RETRYING


def test_a_site_blocked_for_reasons_of_its_own_is_no_pull_to_start_again() -> None:
    crashing = given.down(state="Blocked", last_error="ContainerTimeout", details="no answer")

    diagnosis = of(
        Cause.NOT_A_PULL_FAILURE, text="", workload=given.workload(instances=(crashing,))
    )

    assert diagnosis.finding is FindingName.UNDETERMINED


def test_a_job_whose_execution_failed_pulls_again_at_the_next() -> None:
    failed = given.down(name="nightly-1", state="Failed")

    diagnosis = of(Cause.UNAUTHORIZED, workload=given.workload(instances=(failed,), host=Host.JOB))

    assert diagnosis.finding is FindingName.NOT_RETRYING
    assert "its next one pulls again" in diagnosis.summary


def test_a_latent_gap_of_a_running_app_carries_the_doubt_that_nobody_complains() -> None:
    diagnosis = of(Cause.NOT_A_PULL_FAILURE, **HEALTHY, registry=given.registry(ip_rules=()))

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert "nothing that was seen says" in diagnosis.doubts[0]


def test_a_person_who_asks_is_complaint_enough() -> None:
    diagnosis = of(
        Cause.NOT_A_PULL_FAILURE,
        text="",
        source="person",
        **HEALTHY,
        registry=given.registry(ip_rules=()),
    )

    assert diagnosis.finding is FindingName.FIREWALL_MISSING_EGRESS
    assert diagnosis.doubts == ()


def test_every_finding_that_is_neither_found_nor_doubted_is_ruled_out_with_a_reason() -> None:
    diagnosis = of(Cause.NOT_A_PULL_FAILURE, text="", **HEALTHY)

    ruled_out = {one.finding: one.because for one in diagnosis.ruled_out}

    checks = len(SCENE) + len(PRESENT_TROUBLE) + len(PATH)
    several_checks_of_one_finding = {
        FindingName.NOT_A_PULL_FAILURE: 3,
        FindingName.CLIENT_SIDE_BLOCK: 4,
    }
    assert len(ruled_out) == checks - sum(n - 1 for n in several_checks_of_one_finding.values())
    assert all(ruled_out.values())


TRUTH = st.sampled_from([True, False, None])
EGRESS = st.one_of(
    st.just(Unread("not readable")),
    st.builds(
        given.egress,
        addresses=st.lists(st.ip_addresses(v=4).map(str), max_size=3).map(tuple),
        stable=st.booleans(),
    ),
)


@examples(
    cause=st.sampled_from(Cause),
    text=st.text(max_size=20),
    public=TRUTH,
    default=TRUTH,
    audience=TRUTH,
    pulls=TRUTH,
    serving=TRUTH,
    egress=EGRESS,
    registry_known=st.booleans(),
)
def test_a_diagnosis_is_always_given_and_never_contradicts_itself(
    cause: Cause,
    text: str,
    public: bool | None,
    default: bool | None,
    audience: bool | None,
    pulls: bool | None,
    serving: bool | None,
    egress: Any,
    registry_known: bool,
) -> None:
    registry = given.registry(public_access=public, default_allow=default, arm_audience=audience)

    diagnosis = of(
        cause,
        text,
        workload=given.workload(egress=egress, serving=serving),
        access=given.access(given.role(pulls=pulls)),
        registry=registry if registry_known else Unread("not readable"),
    )

    found = {diagnosis.finding, *diagnosis.also}
    assert len(found) == 1 + len(diagnosis.also)
    assert not found & {one.finding for one in diagnosis.ruled_out}
    assert diagnosis.summary.endswith(".")
