"""`medic policy`: what the policy and the identity let the service do, and what not."""

from tests.cli.conftest import Open
from tests.simulator import estates

_READER = ("*/read",)


def test_the_policy_is_told_in_sentences_with_what_the_identity_holds(opened: Open) -> None:
    said = opened(estates.blocked_web_app()).say("policy")

    assert said.status == 0
    assert "firewall-sync (to add an app's own addresses" in said.out
    assert "holds everything firewall-sync needs" in said.out
    assert "pull-role (to give an identity back the pull role it lost)" in said.out


def test_a_lacking_permission_is_named(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(healer_actions=_READER))

    said = terminal.say("policy")
    as_json = terminal.say("policy", "--json")

    assert "lacks Microsoft.ContainerRegistry/registries/write" in said.out
    held = next(one for one in as_json.json["permissions"] if one["remedy"] == "firewall-sync")
    assert held["lacking"] == ["Microsoft.ContainerRegistry/registries/write"]
    assert "Microsoft.ContainerRegistry/registries/read" in held["held"]


def test_an_excluded_action_counts_as_lacking(opened: Open) -> None:
    scenario = estates.blocked_web_app(healer_actions=("*",))
    (role,) = [
        item for item in scenario["resources"] if item["properties"].get("roleName") is not None
    ]
    role["properties"]["permissions"][0]["notActions"] = ["Microsoft.ContainerRegistry/*/write"]

    said = opened(scenario).say("policy")

    assert "lacks Microsoft.ContainerRegistry/registries/write" in said.out


def test_without_azure_the_policy_is_still_told_and_the_status_is_3(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app())
    terminal.clinic.simulator.faults.add({"match": {}, "times": 1000, "drop": "before"})

    said = terminal.say("policy")
    as_json = terminal.say("policy", "--json")

    assert said.status == 3
    assert "firewall-sync" in said.out
    assert "subscriptions the identity can see" in said.complaint
    assert as_json.json["permissions"] is None
    assert as_json.json["policy"]["version"] == 1


def test_a_bad_policy_is_bad_input_naming_line_and_key(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(), policy="version: 1\nmode: autoo\n")

    for command in (("policy",), ("heal", terminal.clinic.id("shop", "sites"), "--yes")):
        said = terminal.say(*command)

        assert said.status == 2
        assert "line 2, mode" in said.complaint
    assert terminal.clinic.simulator.traffic == []


def test_a_bad_policy_does_not_stop_a_diagnosis(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(), policy="version: 1\nmode: autoo\n")

    said = terminal.say("diagnose", terminal.clinic.id("shop", "sites"))

    assert said.status == 1
    assert "deny" in said.out
