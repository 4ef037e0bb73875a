"""Several images of one workload become one diagnosis."""

from dataclasses import replace

from shared.diagnosis.together import Judged, leading, merge
from shared.model.evidence import Fact
from shared.model.plan import Diagnosis, RuledOut
from shared.model.words import Cause, FindingName
from tests.diagnosis import given

WEB = given.IMAGE
PROXY = replace(given.IMAGE, container="proxy", text="tools.azurecr.io/proxy:1")


def judged(
    finding: FindingName, *also: FindingName, image: object = WEB, **changes: object
) -> Judged:
    made = Diagnosis(
        cause=Cause.NOT_A_PULL_FAILURE,
        finding=finding,
        summary=f"It is {finding.value}.",
        also=also,
    )
    return Judged(image, replace(made, **changes))  # type: ignore[arg-type]


def test_one_image_is_told_as_it_is() -> None:
    alone = judged(FindingName.TAG_MISSING)

    assert merge([alone], Cause.MANIFEST_UNKNOWN) is alone.diagnosis


def test_the_first_fault_in_pull_order_is_the_finding_and_the_others_are_behind_it() -> None:
    parts = [
        judged(FindingName.HEALTHY),
        judged(FindingName.TAG_MISSING, image=PROXY),
        judged(FindingName.FIREWALL_MISSING_EGRESS, FindingName.PULL_ROLE_MISSING),
    ]

    told = merge(parts, Cause.NOT_A_PULL_FAILURE)

    assert leading(parts) == 1
    assert told.finding is FindingName.TAG_MISSING
    assert told.also == (FindingName.FIREWALL_MISSING_EGRESS, FindingName.PULL_ROLE_MISSING)
    assert told.summary.startswith("2 of 3 images cannot be pulled.")
    assert "tools.azurecr.io/proxy:1 (proxy): It is tag-missing." in told.summary


def test_a_proven_fault_says_more_than_what_is_not_known() -> None:
    parts = [
        judged(FindingName.UNDETERMINED, doubts=("the registry is not readable",)),
        judged(FindingName.THROTTLED, image=PROXY),
    ]

    told = merge(parts, Cause.RATE_LIMITED)

    assert (told.finding, told.cause) == (FindingName.THROTTLED, Cause.RATE_LIMITED)
    assert "Not known: contoso.azurecr.io/shop:7 (main)." in told.summary
    assert told.doubts == ("contoso.azurecr.io/shop:7 (main): the registry is not readable",)


def test_in_order_means_all_of_them() -> None:
    healthy = [judged(FindingName.HEALTHY), judged(FindingName.HEALTHY, image=PROXY)]
    unclear = [judged(FindingName.HEALTHY), judged(FindingName.UNDETERMINED, image=PROXY)]

    assert merge(healthy, Cause.NOT_A_PULL_FAILURE).finding is FindingName.HEALTHY
    assert merge(unclear, Cause.NOT_A_PULL_FAILURE).finding is FindingName.UNDETERMINED


def test_only_what_is_excluded_for_all_is_ruled_out() -> None:
    role = RuledOut(finding=FindingName.PULL_ROLE_MISSING, because="the role is there")
    tag = RuledOut(finding=FindingName.TAG_MISSING, because="the tag is there")
    parts = [
        judged(FindingName.THROTTLED, ruled_out=(role, tag)),
        judged(FindingName.TAG_MISSING, image=PROXY, ruled_out=(replace(role, because="so too"),)),
    ]

    told = merge(parts, Cause.NOT_A_PULL_FAILURE)

    assert [(one.finding, one.because) for one in told.ruled_out] == [
        (FindingName.PULL_ROLE_MISSING, "the role is there; so too")
    ]


def test_facts_of_another_image_say_whose_they_are() -> None:
    same = Fact(fact="public access", value="yes", source="registry a")
    mine = Fact(fact="may pull", value="yes", source="roles")
    theirs = replace(mine, value="no")
    other = replace(same, source="registry b")
    parts = [
        judged(FindingName.TAG_MISSING, facts=(same, mine)),
        judged(FindingName.PULL_ROLE_MISSING, image=PROXY, facts=(same, theirs, other)),
    ]

    told = merge(parts, Cause.NOT_A_PULL_FAILURE)

    assert told.facts == (same, mine, replace(theirs, fact="may pull of proxy"), other)
