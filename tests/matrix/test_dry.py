"""
Looking writes nothing: the requests that reach the simulated Azure are counted.

Every story is looked at through each way that only looks: the HTTP API and the command line, asked
for one workload or for all, under the story's own policy, which would heal; and it is healed, swept
and healed again under a policy that only observes. A share of the stories in every run, in turn;
`WAYS=all` (`make nightly`) takes all of them.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions import asking, cli, duty
from shared.model.ids import ResourceId
from shared.pipeline import sweep
from tests.clinic import Clinic
from tests.matrix import ways
from tests.matrix.rows import STORIES
from tests.matrix.story import Story

_SHARE = 1 if os.environ.get("WAYS") == "all" else 29

#: Everything but GET and HEAD that reads: said here once more, apart from the product's own list.
_READS = re.compile(
    r"POST /(providers/microsoft\.resourcegraph/resources"
    r"|v1/workspaces/[^/]+/query"
    r"|oauth2/(exchange|token)"
    r"|[^/]+/oauth2/v2\.0/token"
    r"|subscriptions/.+/(list|listcredentials|listsecrets|checknameavailability))\Z"
)


def changes(clinic: Clinic) -> list[str]:
    """Method and path of every request so far that is not known to read only."""
    asked = []
    for exchange in clinic.simulator.traffic:
        sent = exchange["liveRequest"]
        path = re.sub(r"\Ahttps?://[^/]+|[?#].*", "", str(sent["url"]))
        asked.append(f"{sent['method']} {path}")
    return [
        one
        for one in asked
        if one.split()[0] not in ("GET", "HEAD") and not _READS.match(_low(one))
    ]


def _low(asked: str) -> str:
    method, _, path = asked.partition(" ")
    return f"{method} {path.lower()}"


def _asked(door: Any, url: str, body: Any) -> int:
    function = door.build(func.AuthLevel.FUNCTION).get_user_function()
    sent = func.HttpRequest(method="POST", url=url, body=json.dumps(body).encode())
    return int(function(sent).status_code)


def _diagnosed_over_http(clinic: Clinic, workload: ResourceId) -> None:
    assert _asked(asking.diagnose, "/api/diagnose", {"resource": workload.text}) == 200


def _scanned_over_http(clinic: Clinic, workload: ResourceId) -> None:
    assert _asked(asking.scan, "/api/scan", {}) == 200


def _diagnosed_at_a_terminal(clinic: Clinic, workload: ResourceId) -> None:
    assert cli.main(["diagnose", workload.text, "--json"]) in (0, 1)


def _scanned_at_a_terminal(clinic: Clinic, workload: ResourceId) -> None:
    assert cli.main(["scan", "--json"]) in (0, 1, 3)


LOOKS: Mapping[str, Callable[[Clinic, ResourceId], None]] = {
    "POST /api/diagnose": _diagnosed_over_http,
    "POST /api/scan": _scanned_over_http,
    "medic diagnose": _diagnosed_at_a_terminal,
    "medic scan": _scanned_at_a_terminal,
}


@pytest.mark.parametrize("story", STORIES[::_SHARE], ids=str)
def test_whoever_only_looks_sends_nothing_that_could_change_azure(
    story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clinic = Clinic(story.world(), tmp_path, policy=story.policy)
    workload = clinic.find(story.workload)
    story.fails(clinic, workload)
    duty.take_over(clinic.medic)
    try:
        for name, look in LOOKS.items():
            look(clinic, workload)
            assert changes(clinic) == [], name
    finally:
        duty.take_over(None)

    assert clinic.simulator.traffic
    assert clinic.writes == []
    assert clinic.medic.store.page().incidents == ()


@pytest.mark.parametrize("story", STORIES[5::_SHARE], ids=str)
def test_a_service_that_observes_sends_nothing_that_could_change_azure(
    story: Story, tmp_path: Path
) -> None:
    clinic = Clinic(story.world(), tmp_path, policy="{version: 1, mode: observe}")
    workload = clinic.find(story.workload)
    story.fails(clinic, workload)

    ways.take("http", clinic, workload)
    for _ in range(3):
        clinic.advance(1200)
        sweep(medic=clinic.medic)

    assert clinic.simulator.traffic
    assert changes(clinic) == []
    assert clinic.writes == []


def test_what_heals_is_counted(tmp_path: Path) -> None:
    """The count sees a write where there is one, so that none means none."""
    story = next(one for one in STORIES if one.writes)
    clinic = Clinic(story.world(), tmp_path, policy=story.policy)
    workload = clinic.find(story.workload)
    story.fails(clinic, workload)

    ways.take("http", clinic, workload)

    assert len(changes(clinic)) == len(clinic.writes) > 0
