"""`medic selftest`: one harmless signal through the real doors, over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import Terminal, terminal
from tests.clinic import GENEROUS, Clinic
from tests.host import Running, running
from tests.host.running import own_app
from tests.simulator import estates


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    with running() as host:
        yield host


@pytest.fixture
def seat(tmp_path: Path, capsys: pytest.CaptureFixture[str], host: Running) -> Iterator[Terminal]:
    clinic = Clinic(estates.blocked_web_app(), tmp_path, policy=GENEROUS)
    with terminal(clinic, capsys) as seat:
        yield seat


def _ask(seat: Terminal, host: Running, *more: str) -> Any:
    return seat.say("selftest", host.url, *more, pause=lambda _: host.settle("incidents"))


def test_every_hop_is_timed_and_nothing_is_written(seat: Terminal, host: Running) -> None:
    subscription = seat.clinic.id("shop", "sites").text.split("/")[2]

    said = _ask(seat, host, "--json", "--subscription", subscription)

    assert said.status == 0, said
    assert [one["hop"] for one in said.json["hops"]] == ["accepted", "taken", "looked", "decided"]
    assert all(one["seconds"] is not None for one in said.json["hops"])
    assert said.json["state"] == "closed"
    assert seat.clinic.writes == []


def test_the_way_is_told_in_words(seat: Terminal, host: Running) -> None:
    said = _ask(seat, host)

    assert said.status == 0, said
    assert "taken from the queue" in said.out
    assert "The way is open" in said.out
    assert seat.clinic.writes == []


def test_a_service_that_is_not_there_is_told_in_one_line(seat: Terminal) -> None:
    said = seat.say("selftest", "http://127.0.0.1:9")

    assert said.status == 3
    assert "is the service running?" in said.complaint


@pytest.mark.parametrize("address", ["here", "ftp://x", "http://app.example", "https://"])
def test_an_address_that_will_not_do_is_bad_input(seat: Terminal, address: str) -> None:
    said = seat.say("selftest", address)

    assert said.status == 2
    assert "URL" in said.complaint


def test_a_queue_nobody_works_on_is_found_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    clinic = Clinic(estates.blocked_web_app(), tmp_path, policy=GENEROUS)
    asleep = tuple(one for one in own_app() if one.name != "heal")

    with running(asleep) as host, terminal(clinic, capsys) as seat:
        said = seat.say("selftest", host.url, "--wait", "1", pause=lambda _: None)

    assert said.status == 1
    assert "taken from the queue  not seen" in said.out
    assert "The way is not open" in said.out
