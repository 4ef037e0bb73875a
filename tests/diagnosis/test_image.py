"""What is pulled: the registry's own word against the text's, and what neither says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.diagnosis import diagnose
from shared.model.catalogue import Catalogue, Probe, Tag, Trouble, Whereabouts
from shared.model.evidence import LogLine, Unread
from shared.model.plan import Diagnosis
from shared.model.words import Cause, FindingName
from tests.diagnosis import given

F = FindingName
UP = {"workload": given.workload(instances=(given.up(),), serving=True)}
MISSING = Catalogue(
    repository_exists=True, image_exists=False, tags=(Tag(name="6"), Tag(name="8")), replicas=()
)
THERE = Catalogue(
    repository_exists=True, image_exists=True, platforms=("linux/amd64",), readable=True
)
NO_REPOSITORY = Catalogue(repository_exists=False, image_exists=False)
QUARANTINE = given.registry(
    snapshot={"properties": {"policies": {"quarantinePolicy": {"status": "enabled"}}}}
)
TOLD_NOT = Catalogue(
    because="Pull Medic did not get in",
    probes=(Probe(step="challenge", answer="403", passed=False),),
)


def of(cause: Cause, text: str = "said", **members: Any) -> Diagnosis:
    reading = given.reading(cause, **members.pop("reading", {}))
    return diagnose(given.signal(text), reading, given.evidence(**members))


def why(diagnosis: Diagnosis, name: FindingName) -> str:
    return next(one.because for one in diagnosis.ruled_out if one.finding is name)


@pytest.mark.parametrize(
    "cause", [Cause.MANIFEST_UNKNOWN, Cause.UNAUTHORIZED, Cause.NOT_A_PULL_FAILURE]
)
def test_the_registrys_own_no_is_the_finding_whatever_the_text_says(cause: Cause) -> None:
    diagnosis = of(cause, catalogue=MISSING)

    assert diagnosis.finding is F.TAG_MISSING
    assert "has no tag 7 in shop" in diagnosis.summary
    assert "there are 6, 8" in diagnosis.summary


def test_the_registrys_own_yes_outweighs_an_older_text() -> None:
    diagnosis = of(Cause.MANIFEST_UNKNOWN, catalogue=THERE, **UP)

    assert diagnosis.finding is F.HEALTHY
    assert "has the image now" in why(diagnosis, F.TAG_MISSING)


def test_an_app_that_is_down_while_its_image_is_back_is_no_missing_tag() -> None:
    diagnosis = of(Cause.MANIFEST_UNKNOWN, catalogue=THERE)

    assert diagnosis.finding not in (F.TAG_MISSING, F.REPOSITORY_MISSING)
    assert "while there is one now" in diagnosis.summary


def test_a_missing_repository_is_not_also_a_missing_tag() -> None:
    diagnosis = of(Cause.MANIFEST_UNKNOWN, catalogue=NO_REPOSITORY)

    assert diagnosis.finding is F.REPOSITORY_MISSING
    assert F.TAG_MISSING not in diagnosis.also


@pytest.mark.parametrize("replicas", [None, ("northeurope",)])
@pytest.mark.parametrize("there", [True, False])
def test_a_push_that_may_still_travel_is_not_called_missing(
    replicas: tuple[str, ...] | None, there: bool
) -> None:
    young = given.NOW - timedelta(minutes=4)
    seen = replace(THERE if there else MISSING, pushed=young, replicas=replicas)

    diagnosis = of(Cause.MANIFEST_UNKNOWN, catalogue=seen)

    assert diagnosis.finding is F.UNDETERMINED
    assert any("still be on its way" in doubt for doubt in diagnosis.doubts)


def test_a_push_ten_minutes_old_has_arrived() -> None:
    old = replace(MISSING, pushed=given.NOW - timedelta(minutes=10), replicas=None)

    assert of(Cause.MANIFEST_UNKNOWN, catalogue=old).finding is F.TAG_MISSING


@pytest.mark.parametrize("seen", [None, Unread("not readable: 403"), TOLD_NOT])
def test_without_the_registrys_word_the_text_speaks_and_nobody_confirms(seen: Any) -> None:
    said = of(Cause.MANIFEST_UNKNOWN, catalogue=seen)
    silent = of(Cause.UNKNOWN_PULL_FAILURE, catalogue=seen)

    assert said.finding is F.TAG_MISSING
    assert "not confirmed" in said.summary
    assert silent.finding is F.UNDETERMINED


def test_the_platforms_own_lines_tell_a_repository_from_a_tag() -> None:
    line = LogLine(
        at=given.NOW, table="AppServicePlatformLogs", text="NAME_UNKNOWN: no such", platform=True
    )

    diagnosis = of(Cause.MANIFEST_UNKNOWN, text="", lines=(line,))

    assert diagnosis.finding is F.REPOSITORY_MISSING


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (replace(THERE, readable=False), "read attribute"),
        (replace(THERE, quarantined=True), "in quarantine"),
    ],
)
def test_what_is_held_back_on_purpose_is_found_by_its_attributes(
    seen: Catalogue, words: str
) -> None:
    diagnosis = of(Cause.NETWORK_DENIED, catalogue=seen)

    assert diagnosis.finding is F.IMAGE_LOCKED
    assert words in diagnosis.summary


def test_a_released_image_is_not_held_back_by_the_policy() -> None:
    released = replace(THERE, quarantined=False)

    diagnosis = of(Cause.UNKNOWN_PULL_FAILURE, registry=QUARANTINE, catalogue=released)

    assert diagnosis.finding is not F.IMAGE_LOCKED
    assert "may be read" in why(diagnosis, F.IMAGE_LOCKED)


def test_what_may_not_be_read_is_not_also_missing() -> None:
    line = LogLine(
        at=given.NOW,
        table="AppServicePlatformLogs",
        text="unknown: The operation is disallowed on this registry, repository or image",
        platform=True,
    )

    diagnosis = of(Cause.MANIFEST_UNKNOWN, text="", lines=(line,))

    assert diagnosis.finding is F.IMAGE_LOCKED
    assert diagnosis.also == ()


def test_a_disallowed_operation_without_the_registrys_word_is_a_lock_nobody_confirmed() -> None:
    diagnosis = of(Cause.NETWORK_DENIED, "unknown: The operation is disallowed on this registry")

    assert diagnosis.finding is F.IMAGE_LOCKED
    assert "not confirmed" in diagnosis.summary


@pytest.mark.parametrize(
    ("platforms", "windows", "finding"),
    [
        (("linux/arm64",), False, F.PLATFORM_MISMATCH),
        (("windows/amd64",), False, F.PLATFORM_MISMATCH),
        (("linux/amd64",), True, F.PLATFORM_MISMATCH),
        (("linux/arm64", "linux/amd64"), False, F.UNDETERMINED),
        ((), False, F.UNDETERMINED),
    ],
)
def test_the_manifests_platforms_are_held_against_the_host(
    platforms: tuple[str, ...], windows: bool, finding: FindingName
) -> None:
    seen = replace(THERE, platforms=platforms)

    diagnosis = of(
        Cause.UNKNOWN_PULL_FAILURE, workload=given.workload(windows=windows), catalogue=seen
    )

    assert diagnosis.finding is finding


def test_a_windows_image_of_another_windows_version_is_a_mismatch_all_the_same() -> None:
    seen = replace(THERE, platforms=("windows/amd64",))

    diagnosis = of(
        Cause.PLATFORM_MISMATCH,
        reading={"signature": "windows-version"},
        workload=given.workload(windows=True),
        catalogue=seen,
    )

    assert diagnosis.finding is F.PLATFORM_MISMATCH
    assert "Windows version" in diagnosis.summary


@pytest.mark.parametrize(
    ("trouble", "finding"),
    [(Trouble.UNAVAILABLE, F.REGISTRY_UNAVAILABLE), (Trouble.THROTTLED, F.THROTTLED)],
)
def test_trouble_the_registry_shows_ourselves_comes_before_any_fix(
    trouble: Trouble, finding: FindingName
) -> None:
    seen = Catalogue(because="turned away", trouble=trouble)

    diagnosis = of(Cause.UNAUTHORIZED, catalogue=seen, registry=given.registry(ip_rules=()))

    assert diagnosis.finding is finding
    assert diagnosis.also == (F.FIREWALL_MISSING_EGRESS,)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (
            Whereabouts(namesake="contoso-a1b2.azurecr.io"),
            "named like it is contoso-a1b2.azurecr.io",
        ),
        (Whereabouts(name_taken=False), "nobody in Azure has that name"),
        (Whereabouts(name_taken=True), "owned by somebody else"),
        (Whereabouts(), "deleted, moved, mistyped"),
    ],
)
def test_a_registry_out_of_sight_is_told_as_far_as_azure_tells(
    where: Whereabouts, words: str
) -> None:
    seen = Catalogue(because="there is no registry to ask", whereabouts=where)

    diagnosis = of(Cause.UNAUTHORIZED, registry=None, catalogue=seen)

    assert diagnosis.finding is F.REGISTRY_NOT_FOUND
    assert words in diagnosis.summary


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exec /usr/bin/node: exec format error", "another processor"),
        ("error while creating mount source path '/mnt/share'", "storage"),
        ("Startup probe failed: connection refused", "probe"),
        ("Container shop_0 didn't respond to HTTP pings on port: 8080", "on the port"),
        ("LastError: ContainerTimeout, Details: Container did not start within", "on the port"),
        ("Container 'api' was terminated with exit code '137'", "ends again"),
    ],
)
def test_what_comes_after_a_good_pull_is_named_by_its_kind(text: str, words: str) -> None:
    diagnosis = of(Cause.NOT_A_PULL_FAILURE, text, **UP)

    assert diagnosis.finding is F.NOT_A_PULL_FAILURE
    assert words in diagnosis.summary


def test_unauthorized_after_user_ids_that_cannot_be_mapped_is_a_false_lead() -> None:
    text = (
        "failed to register layer: Container ID 1000540 cannot be mapped to a host ID\n"
        "ERROR - Pull image failed: unauthorized: authentication required"
    )

    diagnosis = of(Cause.UNKNOWN_PULL_FAILURE, text)

    assert diagnosis.finding is F.NOT_A_PULL_FAILURE
    assert "false lead" in diagnosis.summary


def test_a_fault_on_the_path_comes_before_what_comes_after_a_pull() -> None:
    text = "Container shop_0 exited with exit code 1"

    diagnosis = of(Cause.NOT_A_PULL_FAILURE, text, **UP, catalogue=MISSING)

    assert diagnosis.finding is F.TAG_MISSING


def lines(text: str, *, minutes: int = 0) -> tuple[LogLine, ...]:
    """The platform's line of the newest failure, and one of a failure before it."""
    newest = given.NOW - timedelta(minutes=minutes)
    told = LogLine(at=newest, table="AppServicePlatformLogs", text=text, platform=True)
    return told, replace(told, at=newest - timedelta(minutes=9), text="unauthorized")


DOWN = 'Head "https://contoso.azurecr.io/v2/shop/manifests/7": received unexpected HTTP status: 503'
SLOW = 'Head "https://contoso.azurecr.io/v2/shop/manifests/7": toomanyrequests: too many requests'


@pytest.mark.parametrize(("text", "finding"), [(DOWN, F.REGISTRY_UNAVAILABLE), (SLOW, F.THROTTLED)])
def test_what_the_platform_tells_of_the_registrys_trouble_counts_whatever_the_signal_says(
    text: str, finding: FindingName
) -> None:
    diagnosis = of(Cause.UNAUTHORIZED, lines=lines(text), access=given.access())

    assert diagnosis.finding is finding
    assert diagnosis.also == (F.PULL_ROLE_MISSING,)


@pytest.mark.parametrize("text", [DOWN, SLOW])
def test_trouble_of_an_hour_ago_is_over(text: str) -> None:
    long_ago = lines(text, minutes=60)

    assert of(Cause.UNAUTHORIZED, lines=long_ago, access=given.access()).finding is (
        F.PULL_ROLE_MISSING
    )


def test_trouble_of_the_failure_before_the_newest_is_over() -> None:
    newest, before = lines("unauthorized")

    diagnosis = of(
        Cause.UNAUTHORIZED, lines=(newest, replace(before, text=DOWN)), access=given.access()
    )

    assert diagnosis.finding is F.PULL_ROLE_MISSING


def test_an_outage_that_is_over_by_the_registrys_own_word_holds_nothing_up() -> None:
    signal = replace(given.signal(DOWN), at=given.NOW - timedelta(minutes=20))
    reading = given.reading(Cause.REGISTRY_UNAVAILABLE)

    over = diagnose(signal, reading, given.evidence(catalogue=THERE))
    unknown = diagnose(signal, reading, given.evidence())
    just_now = diagnose(replace(signal, at=given.NOW), reading, given.evidence(catalogue=THERE))

    assert over.finding is not F.REGISTRY_UNAVAILABLE
    assert "answers again by now" in why(over, F.REGISTRY_UNAVAILABLE)
    assert unknown.finding is F.REGISTRY_UNAVAILABLE
    assert just_now.finding is F.REGISTRY_UNAVAILABLE
