"""`medic heal`: the plan is shown, a person is asked, the proof is waited for."""

import json

from tests.cli.conftest import Open
from tests.clinic import GENEROUS
from tests.simulator import estates
from tests.simulator.control import Control

_RETRYING = {"retry": [20]}


def test_with_yes_it_heals_and_waits_until_the_pull_is_seen_to_work(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(**_RETRYING))

    said = terminal.say("heal", terminal.clinic.id("shop", "sites"), "--yes")

    assert said.status == 0
    assert "healed" in said.out
    assert "The platform pulled the image" in said.out
    assert terminal.clinic.writes == [f"PATCH {terminal.clinic.id('contosoimages')}"]


def test_without_yes_the_plan_is_shown_first_and_a_yes_applies_it(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(**_RETRYING))

    said = terminal.say("heal", terminal.clinic.id("shop", "sites"), typed="y\n")

    assert said.status == 0
    assert "Apply this plan?" in said.err
    assert said.out.index("+   20.50.2.11") < said.out.index("changed")
    assert len(terminal.clinic.writes) == 1


def test_a_no_changes_nothing_and_opens_no_incident(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(**_RETRYING))

    said = terminal.say("heal", terminal.clinic.id("shop", "sites"), typed="n\n")

    assert said.status == 1
    assert "nothing was changed" in said.err
    assert terminal.clinic.writes == []
    assert terminal.clinic.medic.store.page().incidents == ()


def test_with_nobody_to_answer_nothing_is_changed(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(**_RETRYING))

    said = terminal.say("heal", terminal.clinic.id("shop", "sites"))

    assert said.status == 2
    assert "--yes" in said.err
    assert terminal.clinic.writes == []


def test_a_plan_that_changed_after_it_was_shown_is_held(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(**_RETRYING))
    clinic, registry = terminal.clinic, terminal.clinic.id("contosoimages")
    rules = [{"action": "Allow", "value": value} for value in ("20.61.99.0/28", "20.50.3.140")]
    body = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": rules}}}

    def answer() -> str:
        """A person who takes so long to answer that somebody else changes the registry."""
        wanted = {"method": "PATCH", "path": f"{registry}?api-version=2025-11-01", "body": body}
        status, _ = Control(clinic.simulator).handle(
            "POST", "/change", {}, json.dumps(wanted).encode()
        )
        assert status == 200
        return "y\n"

    said = terminal.say("heal", clinic.id("shop", "sites"), typed=answer)

    assert said.status == 1
    assert "not the plan a person was shown" in said.out
    assert clinic.writes == []


def test_a_policy_that_only_observes_holds_the_plan_without_asking(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(), policy="version: 1")

    said = terminal.say("heal", terminal.clinic.id("shop", "sites"))

    assert said.status == 1
    assert "held" in said.out
    assert "Apply" not in said.err
    assert terminal.clinic.writes == []


def test_json_has_stdout_to_itself_and_the_plan_is_shown_on_stderr(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(**_RETRYING))

    said = terminal.say("heal", terminal.clinic.id("shop", "sites"), "--json", typed="y\n")

    assert said.status == 0
    assert said.json["state"] == "healed"
    assert "+   20.50.2.11" in said.err


def test_a_write_that_azure_refuses_ends_with_status_3(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(healer_actions=_READER, **_RETRYING))

    said = terminal.say("heal", terminal.clinic.id("shop", "sites"), "--yes")

    assert said.status == 3
    assert "failed" in said.out
    assert terminal.clinic.writes == []


def test_a_pull_that_does_not_come_is_waited_for_only_as_long_as_the_policy_says(
    opened: Open,
) -> None:
    patient = GENEROUS.replace("verify_first: 0s", "verify_first: 1m, verify_firewall: 5m")
    terminal = opened(estates.blocked_web_app(), policy=patient)
    began = terminal.clinic.medic.now()

    said = terminal.say("heal", terminal.clinic.id("shop", "sites"), "--yes")

    assert said.status == 1
    assert "unverified" in said.out
    assert 300 <= (terminal.clinic.medic.now() - began).total_seconds() < 400


def test_an_interrupted_wait_is_taken_up_again_by_the_same_command(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(**_RETRYING))
    shop = terminal.clinic.id("shop", "sites")
    interrupted = terminal.say("heal", shop, "--yes", pause=_interrupt)

    said = terminal.say("heal", shop, "--yes")

    assert interrupted.status == 130
    assert interrupted.complaint == "interrupted"
    assert said.status == 0
    assert len(terminal.clinic.writes) == 1
    assert len(terminal.clinic.medic.store.page().incidents) == 1


def test_a_workload_that_does_not_exist_is_bad_input_with_yes_too(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app())

    said = terminal.say("heal", f"{terminal.clinic.id('shop', 'sites')}-no-such", "--yes")

    assert said.status == 2
    assert "404" in said.complaint


def test_an_explained_fault_ends_with_status_1_and_advice(opened: Open) -> None:
    terminal = opened(estates.missing_tag())

    said = terminal.say("heal", terminal.clinic.id("catalog", "sites"), "--yes")

    assert said.status == 1
    assert "tag-missing" in said.out
    assert "az acr repository show-tags" in said.out


_READER = (
    "*/read",
    "Microsoft.Web/sites/config/list/action",
)


def _interrupt(seconds: float) -> None:
    raise KeyboardInterrupt
