"""What azd runs around a deployment; stand-ins for `az` and `azd` note what they are told."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.infra.ways import HERE, INFRA
from tests.simulator.estates.healer import ROLES

pytestmark = pytest.mark.skipif(shutil.which("sh") is None, reason="there is no sh to run hooks")
KEYS = ("actions", "dataActions")
_TOPIC = "/subscriptions/s/resourceGroups/ops/providers/Microsoft.EventGrid/systemTopics/all"


@dataclass
class Stage:
    """A terminal with tools that answer what the test says."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def tool(self, name: str, answers: dict[str, str], *, fails: str = "") -> None:
        """`answers`: what is printed, by how the command begins."""
        cases = "".join(f'"{start}"*) printf "%s" "{said}" ;;\n' for start, said in answers.items())
        failing = f'case "$*" in "{fails}"*) exit 1 ;; esac\n' if fails else ""
        path = self.folder / name
        path.write_text(
            f'#!/bin/sh\necho "{name} $*" >> "{self.log}"\n{failing}case "$*" in\n{cases}esac\n'
        )
        path.chmod(0o755)

    @property
    def log(self) -> Path:
        return self.folder / "said.txt"

    @property
    def said(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def run(self, hook: str, **environ: str) -> subprocess.CompletedProcess[str]:
        given = {
            "PATH": f"{self.folder}:/usr/bin:/bin",
            "AZURE_ENV_NAME": "prod",
            "AZURE_LOCATION": "westeurope",
            "AZURE_SUBSCRIPTION_ID": HERE,
        }
        return subprocess.run(
            [str(INFRA / "hooks" / hook)],
            env={"LANG": os.environ.get("LANG", "C"), **given, **environ},
            cwd=INFRA.parent,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def azure(topics: str = "", others: str = "", unknown: str = "none") -> dict[str, str]:
    """What `az` answers. `unknown`: no provider knows an action with that in its name."""
    actions = {action for role in ROLES.values() for key in KEYS for action in role[key]}
    listed = {
        f"provider operation show --namespace {provider} ": "\n".join(
            one for one in sorted(actions) if one.lower().startswith(f"{provider}/")
        )
        for provider in {one.split("/")[0].lower() for one in actions}
    }
    listed = {
        start: "\n".join(one for one in said.split("\n") if unknown not in one)
        for start, said in listed.items()
    }
    return listed | {
        "functionapp list-flexconsumption-locations": "East US\nwesteurope\n",
        "eventgrid system-topic list": topics,
        "resource list": others,
    }


def test_where_all_is_well_nothing_is_said(stage: Stage) -> None:
    stage.tool("az", azure())

    ran = stage.run("before.sh")

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_region_without_the_plan_stops_it_with_those_that_have_it(stage: Stage) -> None:
    stage.tool("az", azure())

    ran = stage.run("before.sh", AZURE_LOCATION="chinanorth3")

    assert ran.returncode == 1
    assert "chinanorth3 has no Flex Consumption" in ran.stderr
    assert "eastus westeurope" in ran.stderr
    assert "azd env set AZURE_LOCATION" in ran.stderr
    assert "azd env set HOSTING_PLAN Dedicated" in ran.stderr


def test_a_plan_of_its_own_runs_in_any_region(stage: Stage) -> None:
    stage.tool("az", azure())

    ran = stage.run("before.sh", AZURE_LOCATION="chinanorth3", HOSTING_PLAN="Dedicated")

    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_topic_that_is_there_stops_it_with_how_to_share_it(stage: Stage) -> None:
    stage.tool("az", azure(topics=_TOPIC))

    ran = stage.run("before.sh", EVENT_TOPICS="/other")

    assert ran.returncode == 1
    assert "--resource-group ops --name all --identity systemassigned" in ran.stderr
    assert f"azd env set EVENT_TOPICS /other,{_TOPIC}" in ran.stderr


def test_a_topic_that_is_named_is_no_reason_to_stop(stage: Stage) -> None:
    stage.tool("az", azure(topics=_TOPIC))

    ran = stage.run("before.sh", EVENT_TOPICS=f"/other, {_TOPIC}")

    assert (ran.returncode, ran.stderr) == (0, "")


def test_every_subscription_is_asked_for_its_topics(stage: Stage) -> None:
    stage.tool("az", azure())

    stage.run("before.sh", WATCHED_SUBSCRIPTIONS="one, two")

    asked = [line for line in stage.said if "system-topic list" in line]
    assert [line.split()[5] for line in asked] == ["one", "two"]


def test_actions_a_cloud_does_not_know_are_found_and_left_out(stage: Stage) -> None:
    stage.tool("az", azure(unknown="siteStatus"))
    stage.tool("azd", {})
    missing = "microsoft.web/sites/sitestatus/read,microsoft.web/sites/slots/sitestatus/read"

    ran = stage.run("before.sh")

    assert ran.returncode == 0
    assert f"this cloud does not know {missing}; the roles go without" in ran.stderr
    assert f"azd env set UNKNOWN_ACTIONS {missing}" in stage.said


def test_what_was_unknown_and_is_known_now_is_not_left_out_any_more(stage: Stage) -> None:
    stage.tool("az", azure())
    stage.tool("azd", {})

    ran = stage.run("before.sh", UNKNOWN_ACTIONS="microsoft.web/sites/sitestatus/read")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert stage.said[-2].strip() == "azd env set UNKNOWN_ACTIONS"


def test_another_service_beside_it_is_a_warning(stage: Stage) -> None:
    stage.tool("az", azure(others="func-medic-old"))

    ran = stage.run("before.sh")

    assert ran.returncode == 0
    assert "another Pull Medic in this subscription: func-medic-old" in ran.stderr


@pytest.mark.parametrize("signed_in", [True, False])
def test_without_a_usable_az_it_goes_on_and_says_what_is_not_checked(
    signed_in: bool, stage: Stage
) -> None:
    if not signed_in:
        stage.tool("az", {}, fails="account show")
    elif shutil.which("az", path="/usr/bin:/bin"):
        pytest.skip("az is installed where every program is")

    ran = stage.run("before.sh")

    assert ran.returncode == 0
    assert "are not checked beforehand" in ran.stderr


def test_topics_that_cannot_be_read_are_a_warning(stage: Stage) -> None:
    stage.tool("az", azure(), fails="eventgrid")

    ran = stage.run("before.sh")

    assert ran.returncode == 0
    assert f"the event topics of subscription {HERE} cannot be read" in ran.stderr


def test_after_the_first_deployment_it_provisions_once_more(stage: Stage) -> None:
    stage.tool("azd", {})

    ran = stage.run("connect.sh")

    assert ran.returncode == 0
    assert stage.said == ["azd env set FUNCTIONS_DEPLOYED true", "azd provision --no-prompt"]


def test_after_later_deployments_there_is_nothing_to_do(stage: Stage) -> None:
    stage.tool("azd", {})

    assert stage.run("connect.sh", FUNCTIONS_DEPLOYED="true").returncode == 0
    assert stage.said == []


def test_a_second_run_that_fails_says_what_does_not_work_yet(stage: Stage) -> None:
    stage.tool("azd", {}, fails="provision")

    ran = stage.run("connect.sh")

    assert ran.returncode == 1
    assert "no event and no alert reaches them yet" in ran.stderr
