"""Images at the terminal: what will fail before it does, and words a person can act on."""

from shared.model.ids import ResourceId
from tests.cli.conftest import Open
from tests.simulator.estates.image_cases import case


def test_an_app_that_runs_on_while_its_image_was_deleted_is_found_before_its_next_pull(
    opened: Open,
) -> None:
    terminal = opened(case("web app", has={}))
    world = terminal.clinic.simulator.world
    del world.images["contosoimages.azurecr.io"]["shop/web"]["3.2.0"]

    said = terminal.say("scan", "--json")

    (found,) = said.json["incidents"]
    assert said.status == 1
    assert ResourceId.parse(found["resource"]).name == "shop"
    assert found["diagnosis"]["finding"] == "tag-missing"
    assert terminal.clinic.writes == []


def test_a_missing_tag_is_told_with_what_to_type(opened: Open) -> None:
    terminal = opened(case("container app", deleted={"3.2.0": "2026-08-01T10:00:00Z"}, kept_days=7))

    said = terminal.say("diagnose", terminal.clinic.id("shop"))

    assert said.status == 1
    assert "can be restored until 2026-08-08" in said.out
    assert "az acr manifest restore --registry contosoimages --name shop/web:3.2.0" in said.out


def test_what_a_message_says_about_a_program_that_cannot_start_is_no_pull_failure(
    opened: Open,
) -> None:
    terminal = opened(case("web app", has={}))
    message = "standard_init_linux.go:228: exec user process caused: exec format error"

    said = terminal.say("diagnose", terminal.clinic.id("shop", "sites"), "--message", message)

    assert "another processor" in said.out
    assert "Nothing about the registry needs to change" in said.out
