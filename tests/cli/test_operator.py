"""The operator's verbs: incidents, approve, reject, rollback."""

from shared.pipeline import bury
from shared.signals import seal
from tests.cli.conftest import Open
from tests.cli.terminal import Terminal
from tests.simulator import estates

_APPROVE = """
version: 1
mode: approve
remedies:
  firewall-sync: {shared_egress: allow}
wait: {verify_first: 0s}
"""


def _held(opened: Open) -> tuple[Terminal, str]:
    """A blocked web app whose plan waits for a person."""
    terminal = opened(estates.blocked_web_app(retry=[20]), policy=_APPROVE)
    said = terminal.say("heal", terminal.clinic.id("shop", "sites"), "--yes", "--json")
    assert said.status == 1
    assert said.json["state"] == "held"
    return terminal, said.json["id"]


def test_without_incidents_there_is_a_sentence(opened: Open) -> None:
    said = opened(estates.healthy_web_app()).say("incidents")

    assert said.status == 0
    assert said.out == "There are no incidents.\n"


def test_incidents_are_listed_and_one_is_told(opened: Open) -> None:
    terminal, id = _held(opened)

    listed = terminal.say("incidents")
    told = terminal.say("incidents", id)
    as_json = terminal.say("incidents", "--json")

    assert (listed.status, told.status) == (0, 0)
    assert id in listed.out
    assert "held" in listed.out
    assert "firewall-missing-egress" in told.out
    assert [one["id"] for one in as_json.json["incidents"]] == [id]
    assert as_json.json["cursor"] is None


def test_what_could_not_be_used_is_told_under_the_list_and_its_text_is_not(opened: Open) -> None:
    terminal = opened(estates.healthy_web_app())
    medic = terminal.clinic.medic
    odd = seal("alerts", "not JSON\x1b[2J", b"\x1b[2J{", now=medic.now()).encode()
    bury(odd, id="m-1", at=medic.now(), medic=medic)

    listed, as_json = terminal.say("incidents"), terminal.say("incidents", "--json")

    assert "1 signal could not be used; the newest:" in listed.out
    assert "alerts: not JSON" in listed.out
    assert "\x1b" not in listed.out
    assert as_json.json["poison"]["newest"][0]["id"] == "m-1"


def test_incidents_can_be_narrowed_to_a_state(opened: Open) -> None:
    terminal, id = _held(opened)

    held = terminal.say("incidents", "--state", "held", "--json")
    healed = terminal.say("incidents", "--state", "healed", "--json")

    assert [one["id"] for one in held.json["incidents"]] == [id]
    assert healed.json["incidents"] == []


def test_a_held_plan_that_a_person_approves_is_carried_out_and_proved(opened: Open) -> None:
    terminal, id = _held(opened)

    said = terminal.say("approve", id)

    assert said.status == 0
    assert "+   20.50.2.11" in said.out
    assert "healed" in said.out
    assert "The platform pulled the image" in said.out
    assert terminal.clinic.writes == [f"PATCH {terminal.clinic.id('contosoimages')}"]
    assert "(command line)" in str(terminal.clinic.load(id).approved_by)


def test_a_plan_whose_world_changed_is_not_carried_out(opened: Open) -> None:
    terminal, id = _held(opened)
    registry = terminal.clinic.simulator.world.resources.get(
        terminal.clinic.id("contosoimages").text
    )
    assert registry is not None
    registry["properties"]["networkRuleSet"]["ipRules"] = []

    said = terminal.say("approve", id)

    assert said.status == 2
    assert "changed since" in said.complaint
    assert terminal.clinic.writes == []


def test_a_rejected_plan_stays_undone_and_keeps_the_reason(opened: Open) -> None:
    terminal, id = _held(opened)

    said = terminal.say("reject", id, "--reason", "moving to a private endpoint")

    assert said.status == 0
    assert "rejected" in said.out
    assert "moving to a private endpoint" in terminal.clinic.load(id).timeline[-1].text
    assert terminal.say("approve", id).status == 2
    assert terminal.clinic.writes == []


def test_a_rollback_takes_back_exactly_what_was_written(opened: Open) -> None:
    terminal, id = _held(opened)
    terminal.say("approve", id)

    said = terminal.say("rollback", id, "--reason", "trying out")

    assert said.status == 0
    assert "rolled-back" in said.out
    assert "removed 20.50.2.11" in said.out
    assert len(terminal.clinic.writes) == 2


def test_a_rollback_of_what_somebody_changed_since_says_the_difference(opened: Open) -> None:
    terminal, id = _held(opened)
    terminal.say("approve", id)
    registry = terminal.clinic.simulator.world.resources.get(
        terminal.clinic.id("contosoimages").text
    )
    assert registry is not None
    gone = registry["properties"]["networkRuleSet"]["ipRules"].pop()["value"]

    said = terminal.say("rollback", id)

    assert said.status == 2
    assert all(word in said.complaint for word in ("written", "now", "before"))
    first, second, *_ = [line.split() for line in said.out.splitlines()]
    assert first == ["before", "written", "now"]
    assert second == [gone, "not", "there", "there", "not", "there"]
    as_json = terminal.say("rollback", id, "--json")
    assert as_json.json["error"]["details"]["difference"][0]["what"] == gone
    assert len(terminal.clinic.writes) == 1


def test_a_tripped_breaker_is_told_and_reset_by_name(opened: Open) -> None:
    terminal = opened(estates.healthy_web_app())
    store, now = terminal.clinic.medic.store, terminal.clinic.medic.now()
    registry = terminal.clinic.id("contosoimages")
    for scope in (registry.key, "*"):
        store.trip(scope, because="fixes failed", now=now)

    told = terminal.say("breaker")
    reset = terminal.say("breaker", registry, "--reset", "--reason", "mended", "--json")
    left = terminal.say("breaker", "--json")

    assert told.status == 0
    assert "registries/contosoimages" in told.out
    assert "everything" in told.out
    assert reset.json == {"reset": True, "breakers": []}
    assert [one["scope"] for one in left.json["breakers"]] == ["*"]
    assert "mended" in store.records(f"breaker:{registry.key}")[0].text
    assert "writes pass again" in terminal.say("breaker", "*", "--reset").out
    assert terminal.say("breaker").out == "No breaker is tripped.\n"


def test_a_reset_of_nothing_in_particular_is_bad_input(opened: Open) -> None:
    terminal = opened(estates.healthy_web_app())

    assert "which breaker" in terminal.say("breaker", "--reset").complaint
    assert "SCOPE" in terminal.say("breaker", "contoso", "--reset").complaint


def test_an_incident_nobody_knows_is_bad_input_for_every_verb(opened: Open) -> None:
    terminal = opened(estates.healthy_web_app())

    for verb in ("incidents", "approve", "reject", "rollback"):
        said = terminal.say(verb, "inc-nobody-knows")

        assert said.status == 2
        assert "no incident inc-nobody-knows" in said.complaint
