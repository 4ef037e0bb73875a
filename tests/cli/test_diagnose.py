"""`medic diagnose` and `medic scan`: the dry run, in words and as JSON."""

import re

import pytest

from shared.model.ids import ResourceId
from tests.cli.conftest import Open
from tests.simulator import estates


def test_a_diagnosis_tells_facts_cause_plan_and_the_gates_answer_and_writes_nothing(
    opened: Open,
) -> None:
    terminal = opened(estates.blocked_web_app())

    said = terminal.say("diagnose", terminal.clinic.id("shop", "sites"))

    assert said.status == 1
    assert said.err == ""
    for words in (
        "egress addresses",
        "firewall-missing-egress",
        "+   20.50.2.11",
        "allow",
        "the workload's identity",
    ):
        assert words in said.out
    assert "\x1b" not in said.out
    assert terminal.clinic.writes == []


def test_the_same_as_json_is_the_contracts_incident(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app())

    said = terminal.say("diagnose", terminal.clinic.id("shop", "sites"), "--json")

    assert said.status == 1
    assert said.json["state"] == "dry-run"
    assert said.json["diagnosis"]["finding"] == "firewall-missing-egress"
    assert said.json["azure_calls"]["writes"] == 0


def test_a_message_given_by_hand_is_what_gets_classified(opened: Open) -> None:
    terminal = opened(estates.healthy_web_app())
    message = "manifest for contosoimages.azurecr.io/shop/web:4.2.1 not found: manifest unknown"

    shop = terminal.clinic.id("shop", "sites")
    said = terminal.say("diagnose", shop, "--message", message, "--json")

    assert said.json["cause"] == "manifest-unknown"
    assert said.json["signals"][0]["text"] == message


def test_a_healthy_workload_ends_with_status_0(opened: Open) -> None:
    terminal = opened(estates.healthy_web_app())

    said = terminal.say("diagnose", terminal.clinic.id("shop", "sites"))

    assert said.status == 0
    assert "healthy" in said.out
    assert "nothing to change" in said.out


def test_names_and_log_lines_cannot_move_the_cursor(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app())
    shop = terminal.clinic.id("shop", "sites")
    evil = "pull failed \x1b[2J\x1b]0;owned\x07 \u202egnp.exe \x9b31m denied \x00"

    said = terminal.say("diagnose", shop, "--message", evil)
    as_json = terminal.say("diagnose", shop, "--message", evil, "--json")

    for printed in (said.out, as_json.out):
        assert not set(printed) & set("\x1b\x07\u202e\x9b\x00")
    assert "pull failed" in said.out


def test_wide_characters_are_printed_as_they_are(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app())

    said = terminal.say(
        "diagnose", terminal.clinic.id("shop", "sites"), "--message", "拉取镜像失败"
    )

    assert "拉取镜像失败" in said.out


def test_a_workload_that_does_not_exist_is_bad_input(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app())
    nobody = f"{terminal.clinic.id('shop', 'sites')}-no-such"

    said = terminal.say("diagnose", nobody)

    assert said.status == 2
    assert "404" in said.complaint
    assert said.out == ""


def test_a_workload_outside_the_scope_is_bad_input_and_nothing_is_asked(opened: Open) -> None:
    policy = 'version: 1\nscope: {include: ["/subscriptions/*/resourceGroups/other"]}\n'
    terminal = opened(estates.blocked_web_app(), policy=policy)

    said = terminal.say("diagnose", terminal.clinic.id("shop", "sites"))

    assert said.status == 2
    assert "scope.include" in said.complaint
    assert terminal.clinic.simulator.traffic == []


def test_an_identity_that_may_not_read_ends_with_status_3(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app(healer_actions=("Microsoft.Foo/read",)))

    said = terminal.say("diagnose", terminal.clinic.id("shop", "sites"))

    assert said.status == 3
    assert "AuthorizationFailed" in said.complaint


def test_azure_out_of_reach_ends_with_status_3(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app())
    terminal.clinic.simulator.faults.add({"match": {}, "times": 1000, "drop": "before"})

    said = terminal.say("diagnose", terminal.clinic.id("shop", "sites"))

    assert said.status == 3
    assert "Azure" in said.complaint


def test_a_scan_lists_what_fails_and_writes_nothing(opened: Open) -> None:
    terminal = opened(estates.blocked_slot())

    said = terminal.say("scan")
    as_json = terminal.say("scan", "--json")

    assert said.status == 1
    assert "slots/staging" in said.out
    (found,) = as_json.json["incidents"]
    assert ResourceId.parse(found["resource"]).name == "staging"
    assert terminal.clinic.writes == []


def test_a_scan_of_an_estate_where_every_pull_works_ends_with_status_0(opened: Open) -> None:
    terminal = opened(estates.healthy_web_app())

    said = terminal.say("scan")

    assert said.status == 0
    assert "Every pull in scope works" in said.out


def test_a_scan_that_sees_nothing_does_not_say_that_all_is_well(opened: Open) -> None:
    terminal = opened(estates.blocked_web_app())
    for resource in terminal.clinic.simulator.world.resources:
        if resource["type"].lower().endswith("/roleassignments"):
            terminal.clinic.simulator.world.resources.delete(resource["id"])

    said = terminal.say("scan")

    assert said.status == 0
    assert "No workload in scope is visible" in said.out
    seen = terminal.say("scan", "--json").json
    assert (seen["incidents"], seen["workloads"]) == ([], 0)
    assert "InsufficientAccess" in seen["unread"]


def test_a_terminal_gets_colours_and_no_other_escape_sequence(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = opened(estates.blocked_web_app())
    shop = terminal.clinic.id("shop", "sites")

    said = terminal.say("diagnose", shop, "--message", "pull failed \x1b[2J\x9b1A")
    monkeypatch.setenv("NO_COLOR", "1")
    plain = terminal.say("diagnose", shop)

    assert "\x1b[32m+   20.50.2.11" in said.out
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", said.out)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain.out)
