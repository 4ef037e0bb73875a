"""The demo ends well, says so when it does not, and the README shows what it really prints."""

import io
import re
from dataclasses import replace
from typing import Any

import pytest

from shared import policy
from shared.model.words import FindingName, RemedyName, State
from tests.demo import transcript
from tests.demo.playing import Check, Played
from tests.demo.scenes import SCENES
from tests.demo.telling import Teller


@pytest.mark.timeout(150)
def test_every_scene_ends_as_expected_and_the_readme_shows_it() -> None:
    done = transcript.run()

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert done.stdout.count("✓") == 2 * len(SCENES)
    assert "\x1b" not in done.stdout
    assert transcript.timeless(transcript.shown()) == transcript.timeless(
        transcript.excerpt(done.stdout)
    )


def test_a_scene_that_ends_otherwise_is_told_in_so_many_words() -> None:
    played = replace(_PLAYED, checks=(Check("state", "healed", "held"),))
    page = io.StringIO()

    Teller(page).scene(1, played)
    Teller(page).closing([played], 3)

    assert not played.well
    assert "state: wanted healed, found held" in page.getvalue()
    assert "1 did not end as expected" in page.getvalue()


def test_the_scenes_cover_what_the_product_promises() -> None:
    endings = {(scene.ending.state, scene.ending.finding) for scene in SCENES}

    states = {State(state) for state, _ in endings}
    assert states == {State.HEALED, State.EXPLAINED, State.HELD, State.DENIED}
    assert {FindingName(finding) for _, finding in endings} >= {
        FindingName.FIREWALL_MISSING_EGRESS,
        FindingName.PUBLIC_ACCESS_DISABLED,
        FindingName.TAG_MISSING,
        FindingName.PULL_ROLE_MISSING,
        FindingName.PULL_ROLE_WRONG_FOR_ABAC,
        FindingName.CREDENTIALS_STALE,
        FindingName.IDENTITY_NOT_USED,
        FindingName.PRIVATE_PATH_NOT_ROUTED,
        FindingName.PRIVATE_DNS_NOT_LINKED,
        FindingName.CLIENT_SIDE_BLOCK,
    }


def test_the_policy_in_the_readme_is_valid_and_says_what_the_readme_says() -> None:
    page = transcript.README.read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)

    said = policy.load(text)

    assert said.mode_of(RemedyName.FIREWALL_SYNC) == "auto"
    assert said.mode_of(RemedyName.RESTART) == "observe"


_INCIDENT: dict[str, Any] = {
    "id": "inc-1",
    "state": "held",
    "resource": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop",
    "diagnosis": None,
    "plan": None,
    "decision": None,
    "outcome": [],
    "verification": None,
    "signals": [],
    "azure_calls": {"reads": 3, "writes": 0},
}
_PLAYED = Played(
    scene=SCENES[0],
    line="denied",
    incident=_INCIDENT,
    next_pull={"ok": False},
    deliveries=1,
    writes=[],
    seconds=1.0,
    checks=(),
)
