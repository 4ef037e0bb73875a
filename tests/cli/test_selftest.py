"""`medic selftest`: one harmless signal through the real doors, over HTTP."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import trustme

from shared.pipeline.telling import tell
from tests.cli.terminal import Terminal, terminal
from tests.clients.reader import Read, reading
from tests.clinic import GENEROUS, Clinic
from tests.host import Running, running
from tests.host.running import own_app
from tests.receivers import Post
from tests.simulator import estates


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    with running() as host:
        yield host


@pytest.fixture
def read() -> Iterator[Read]:
    with reading() as seen:
        yield seen


@pytest.fixture
def seat(tmp_path: Path, capsys: pytest.CaptureFixture[str], host: Running) -> Iterator[Terminal]:
    clinic = Clinic(estates.blocked_web_app(), tmp_path, policy=GENEROUS)
    with terminal(clinic, capsys) as seat:
        yield seat


@contextmanager
def in_front_of(host: Running, folder: Path) -> Iterator[tuple[str, Path]]:
    """An https door to the host, as the platform puts one there; and its authority's file."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    authority.issue_cert("localhost").configure_cert(context)
    there = urlsplit(host.url)

    async def pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while some := await source.read(65536):
            sink.write(some)
            await sink.drain()
        sink.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asks, answers = await asyncio.open_connection(there.hostname, there.port)
        await asyncio.gather(pour(reader, answers), pour(asks, writer))

    def wait(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, host.loop).result(10)

    door = wait(asyncio.start_server(pass_on, "localhost", 0, ssl=context))
    try:
        yield f"https://localhost:{door.sockets[0].getsockname()[1]}", folder / "authority.pem"
    finally:
        host.loop.call_soon_threadsafe(door.close)


def _ask(seat: Terminal, host: Running, *more: str, at: str = "") -> Any:
    return seat.say("selftest", at or host.url, *more, pause=lambda _: host.settle("incidents"))


def test_every_hop_is_timed_and_nothing_is_written(seat: Terminal, host: Running) -> None:
    said = _ask(seat, host, "--json")

    assert said.status == 0, said
    assert [one["hop"] for one in said.json["hops"]] == ["accepted", "taken", "looked", "decided"]
    assert all(one["seconds"] is not None for one in said.json["hops"])
    assert said.json["state"] == "closed"
    assert said.json["resource"].split("/")[2] == seat.clinic.find("shop").subscription
    assert seat.clinic.writes == []


def test_the_way_is_told_in_words(seat: Terminal, host: Running) -> None:
    said = _ask(seat, host)

    assert said.status == 0, said
    assert "taken from the queue" in said.out
    assert "The way is open" in said.out
    assert seat.clinic.writes == []


def test_what_a_self_test_leaves_bothers_nobody(
    read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str], host: Running
) -> None:
    told = ("json://127.0.0.1:9/",)
    clinic = Clinic(estates.blocked_web_app(), tmp_path, policy=GENEROUS, notify=told)
    refused = {"match": {"path": "/medic-selftest-.*"}, "times": 9, "status": 403, "body": "{}"}
    clinic.simulator.faults.add(refused)

    with terminal(clinic, capsys) as seat:
        said = _ask(seat, host, "--json")
        listed = seat.say("incidents", "--json")
        asked = seat.say("incidents", "--json", "--resource", said.json["resource"])
        page = requests.get(f"{host.url}/api/incidents", timeout=10).json()

    (kept,) = asked.json["incidents"]
    assert (said.status, kept["state"], kept["id"]) == (1, "explained", said.json["incident"])
    assert listed.json["incidents"] == page["incidents"] == []
    assert clinic.medic.store.due(clinic.medic.now() + timedelta(days=9), 10) == ()
    assert tell(medic=clinic.medic) == 0
    assert "medic.incidents" not in read.metrics()


def test_an_identity_that_may_not_look_there_is_told_as_that(seat: Terminal, host: Running) -> None:
    refused = {"match": {"path": "/medic-selftest-.*"}, "times": 9, "status": 403, "body": "{}"}
    seat.clinic.simulator.faults.add(refused)

    said = _ask(seat, host)

    assert said.status == 1
    assert "403" in said.out
    assert "Name a resource group that it may read with --group" in said.out


def test_a_place_out_of_scope_is_told_as_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: Running
) -> None:
    policy = f'{GENEROUS}scope: {{include: ["/subscriptions/*/resourceGroups/web-*"]}}\n'
    clinic = Clinic(estates.blocked_web_app(), tmp_path, policy=policy)

    with terminal(clinic, capsys) as seat:
        outside = _ask(seat, host)
        inside = _ask(seat, host, "--group", "web-shop")

    assert (outside.status, inside.status) == (1, 0)
    assert "outside the policy's scope" in outside.out
    assert "Name one that is in scope with --subscription and --group." in outside.out
    assert "The way is open" in inside.out


@pytest.mark.parametrize(
    ("key", "said"),
    [("", "FUNCTIONS_KEY is not set"), ("an-old-one", "refused the key in FUNCTIONS_KEY")],
)
def test_a_key_that_does_not_open_says_how_to_get_one(
    key: str, said: str, seat: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNCTIONS_KEY", key)
    with Post.opened(tmp_path) as locked:
        locked.answer = 401

        told = seat.say("selftest", f"http://{locked.place}")

    assert told.status == 2
    assert said in told.complaint
    assert "az functionapp keys list" in told.complaint
    assert "an-old-one" not in told.complaint


def test_over_https_a_trusted_certificate_opens_and_another_is_told_as_that(
    seat: Terminal, host: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_front_of(host, tmp_path) as (address, authority):
        strange = _ask(seat, host, at=address)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
        known = _ask(seat, host, at=address)

    assert strange.status == 3
    assert "certificate that is not trusted here" in strange.complaint
    assert "REQUESTS_CA_BUNDLE" in strange.complaint
    assert known.status == 0, known
    assert "The way is open" in known.out


@pytest.mark.parametrize("group", ["web/../shop", "a b", ""])
def test_a_group_that_can_be_none_is_bad_input(group: str, seat: Terminal, host: Running) -> None:
    said = _ask(seat, host, "--group", group)

    assert said.status == 2
    assert "--group" in said.complaint


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
