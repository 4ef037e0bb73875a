"""Several images of one workload become one plan."""

from dataclasses import replace
from typing import Any

from shared.model.ids import ResourceId
from shared.model.plan import Plan, Step
from shared.model.words import RemedyName
from shared.planning.together import Part, merge
from tests.gate import cases

OTHER = ResourceId.parse(
    f"{cases.HERE}/web-registry/providers/Microsoft.ContainerRegistry/registries/tools"
)


def part(name: str, *steps: Step, **changes: Any) -> Part:
    made = Part(
        name=name,
        registry=cases.CONTOSO,
        plan=Plan.of(steps, advice=(f"Do something about {steps and steps[0].target.name}.",)),
        faulty=True,
        leads=False,
        troubled=False,
    )
    return replace(made, **changes)


def restart() -> Step:
    return cases.other_step(RemedyName.RESTART, cases.SHOP)


def test_a_change_that_two_images_need_is_made_once_with_the_doubts_of_both() -> None:
    sure, unsure = cases.step(), cases.step(doubts=("the address is strange",))

    whole, shares = merge([part("web", sure), part("api", unsure)])

    assert [step.target for step in whole.steps] == [cases.CONTOSO]
    assert whole.steps[0].doubts == ("the address is strange",)
    assert [share.steps for share in shares] == [(sure,), (unsure,)]
    assert {share.digest for share in shares} == {whole.digest}
    assert whole.advice == ("Do something about contoso.",)


def test_changes_of_two_registries_stand_side_by_side_and_advice_says_for_what() -> None:
    tools = cases.step(target=OTHER)

    whole, _ = merge([part("web", cases.step()), part("proxy", tools, registry=OTHER)])

    assert [step.target for step in whole.steps] == [cases.CONTOSO, OTHER]
    assert whole.advice == (
        "web: Do something about contoso.",
        "proxy: Do something about tools.",
    )


def test_behind_an_image_that_needs_a_person_nothing_is_done() -> None:
    whole, shares = merge([part("web"), part("proxy", cases.step())])

    assert whole.steps == ()
    assert [share.steps for share in shares] == [(), ()]
    assert whole.advice[0].startswith("No change is planned for proxy yet: web is pulled before")


def test_before_an_image_that_needs_a_person_what_can_be_done_is_done() -> None:
    whole, _ = merge([part("web", cases.step()), part("proxy")])

    assert [step.target for step in whole.steps] == [cases.CONTOSO]


def test_a_registry_in_trouble_is_left_alone_for_every_image() -> None:
    whole, _ = merge(
        [
            part("web", cases.step()),
            part("api", troubled=True),
        ]
    )

    assert whole.steps == ()
    assert "its registry is in trouble" in whole.advice[0]


def test_a_restart_comes_once_and_last() -> None:
    whole, _ = merge([part("web", restart(), cases.step()), part("api", restart())])

    assert [step.remedy for step in whole.steps] == [RemedyName.FIREWALL_SYNC, RemedyName.RESTART]


def test_while_a_fault_is_proven_conclusions_about_others_change_nothing() -> None:
    whole, _ = merge([part("web", cases.step()), part("api", restart(), faulty=False)])

    assert [step.remedy for step in whole.steps] == [RemedyName.FIREWALL_SYNC]


def test_without_a_fault_the_leading_conclusion_decides() -> None:
    whole, _ = merge([part("web", restart(), faulty=False, leads=True), part("api", faulty=False)])

    assert [step.remedy for step in whole.steps] == [RemedyName.RESTART]
