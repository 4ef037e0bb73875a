"""What leaves for Application Insights, as its ingestion endpoint sees it. Each in a process of its
own, for the library sends for whole processes."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.receivers import Post

_ROOT = Path(__file__).parents[2]
_HOST = "westeurope-1.in.applicationinsights.azure.com"
_CONNECTION = (
    f"InstrumentationKey=11111111-1111-4111-8111-111111111111;IngestionEndpoint=https://{_HOST}/"
)
_TAKEN = {"itemsReceived": 1, "itemsAccepted": 1, "errors": []}
_WORK = """
import logging, os
from opentelemetry import _logs, metrics as meters, trace
from shared.clients import metrics, telemetry

telemetry.start(os.environ)
for number in range(40):
    with telemetry.span("heal", incident=f"inc-{number}"):
        pass
logging.getLogger("medic.x").warning("password=hunter2")
metrics.count("medic.incidents", finding="healthy", state="closed")
metrics.show("medic.breaker", {"*": 0}, by="registry")
for one in (trace.get_tracer_provider(), meters.get_meter_provider(), _logs.get_logger_provider()):
    one.force_flush()
"""


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with Post.opened(tmp_path) as post:
        yield post


def _work(post: Post, **settings: str) -> list[dict[str, Any]]:
    """The items one process sent until it ended."""
    own = {name: text for name, text in os.environ.items() if "OTEL" not in name} | settings
    told = subprocess.run(
        [sys.executable, "-c", _WORK],
        cwd=_ROOT,
        env=own | post.env | {"APPLICATIONINSIGHTS_CONNECTION_STRING": _CONNECTION},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert told.returncode == 0, told.stderr
    sent = [_plain(letter.content) for letter in post.letters if letter.host == _HOST]
    return [item for content in sent for item in json.loads(content)]


def _plain(content: bytes) -> bytes:
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def _of(items: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one["data"]["baseData"] for one in items if one["data"]["baseType"] == kind]


def test_every_span_metric_and_line_arrives_and_nothing_goes_anywhere_else(post: Post) -> None:
    post.words = json.dumps(_TAKEN)

    items = _work(post)

    spans = _of(items, "RemoteDependencyData")
    assert sorted(one["properties"]["incident"] for one in spans) == sorted(
        f"inc-{number}" for number in range(40)
    )
    measured = {one["metrics"][0]["name"] for one in _of(items, "MetricData")}
    assert measured - {"_OTELRESOURCE_"} == {"medic.incidents", "medic.breaker"}
    assert [one["message"] for one in _of(items, "MessageData")] == ["password=[hidden]"]
    assert {letter.host for letter in post.letters} == {_HOST}


def test_where_sending_is_refused_what_is_said_about_that_is_not_sent_and_the_process_ends(
    post: Post,
) -> None:
    post.answer = 403

    items = _work(post)

    assert [one["message"] for one in _of(items, "MessageData")] == ["password=[hidden]"]


def test_with_an_identity_named_the_library_signs_in_as_that_one(post: Post) -> None:
    client, until = "22222222-2222-4222-8222-222222222222", "4102444800"
    token = {"access_token": "a-token", "expires_on": until, "token_type": "Bearer"}
    post.words = json.dumps({**_TAKEN, **token, "resource": "https://monitor.azure.com"})

    items = _work(
        post,
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING=f"Authorization=AAD;ClientId={client}",
        IDENTITY_ENDPOINT=f"http://{post.place}/token",
        IDENTITY_HEADER="known-to-the-platform",
    )

    asked = [letter.path for letter in post.letters if letter.host == post.place]
    assert {path.partition("?")[0] for path in asked} == {"/token"}
    assert all(f"client_id={client}" in path and "monitor.azure.com" in path for path in asked)
    assert {one.authorization for one in post.letters if one.host == _HOST} == {"Bearer a-token"}
    assert len(_of(items, "RemoteDependencyData")) == 40
