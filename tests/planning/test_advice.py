"""Advice: every finding has some, it can be pasted, and it never widens anything."""

import re
import shlex
from dataclasses import replace
from typing import Any

import pytest

from shared.model.evidence import PermissionMode, PullAuth, PullMode, Unread
from shared.model.ids import ResourceId
from shared.model.plan import Diagnosis
from shared.model.words import Cause, FindingName
from shared.planning.advice import ADVICE, advise
from tests.diagnosis import given

JOB = ResourceId.parse(str(given.BASKET).replace("containerApps", "jobs"))
SLOT = given.SHOP.child("slots", "staging")
NASTY = replace(
    given.IMAGE,
    text="contoso.azurecr.io/shop:$(reboot)",
    repository="shop';reboot;'",
    reference="$(reboot)\x1b[2J",
)
WORLDS: dict[str, Any] = {
    "web app": given.evidence(),
    "slot": given.evidence(workload=given.workload(id=SLOT)),
    "in a network": given.evidence(
        workload=given.workload(subnet=given.SUBNET, pulls_over_vnet=True),
        registry=given.registry(private_endpoints=(f"{given.ENDPOINT} Pending",)),
    ),
    "abac": given.evidence(registry=given.registry(mode=PermissionMode.ABAC)),
    "container app": given.evidence(workload=given.basket()),
    "job": given.evidence(workload=given.basket(id=JOB, subnet=given.SUBNET)),
    "credentials": given.evidence(
        workload=given.workload(auth=PullAuth(mode=PullMode.CREDENTIALS, username="ci"))
    ),
    "nothing known": given.evidence(
        registry=None, access=None, workload=given.workload(auth=Unread("?"), egress=Unread("?"))
    ),
    "nasty names": given.evidence(image=NASTY),
}
WIDENING = re.compile(
    r"--public-network-enabled|--default-action|--allow-trusted|--admin-enabled|0\.0\.0\.0"
    r"|--role-assignment-mode|--anonymous|trusted services|enable public|regenerate|--role owner",
    re.IGNORECASE,
)
CASES = [(name, finding) for name in WORLDS for finding in FindingName]


def said(world: str, finding: FindingName) -> str:
    diagnosis = Diagnosis(
        cause=Cause.UNAUTHORIZED, finding=finding, summary="?", doubts=("egress not readable",)
    )
    return advise(finding, diagnosis, WORLDS[world])


def command_lines(text: str) -> list[str]:
    return [
        line.strip()
        for line in text.splitlines()
        if line.startswith("  ") and " - " not in line[:5]
    ]


def test_every_finding_has_its_advice() -> None:
    assert set(ADVICE) == set(FindingName)


@pytest.mark.parametrize(("world", "finding"), CASES)
def test_advice_never_widens_what_it_should_repair(world: str, finding: FindingName) -> None:
    assert not WIDENING.search(said(world, finding))


@pytest.mark.parametrize(("world", "finding"), CASES)
def test_commands_are_whole_shell_words_without_anything_a_shell_would_run(
    world: str, finding: FindingName
) -> None:
    for line in command_lines(said(world, finding)):
        words = shlex.split(line)
        assert words[0] in ("az", "docker", "nslookup")
        bare = shlex.shlex(line, posix=True, punctuation_chars=";|&()")
        bare.whitespace_split = True
        assert not {";", "|", "&", "&&", "("} & set(bare)
        assert "$(" not in re.sub(r"'[^']*'", "", line)


@pytest.mark.parametrize(("world", "finding"), CASES)
def test_advice_is_printable_sentences(world: str, finding: FindingName) -> None:
    text = said(world, finding)

    if finding is FindingName.HEALTHY:
        assert text == ""
        return
    assert text[0].isupper() or text.startswith("contoso")
    assert "None" not in text
    assert all(char.isprintable() or char == "\n" for char in text)
    assert len(text) < 2500


def test_missing_addresses_become_one_command_each() -> None:
    closed = given.evidence(registry=given.registry(ip_rules=()))
    diagnosis = Diagnosis(
        cause=Cause.NETWORK_DENIED, finding=FindingName.FIREWALL_MISSING_EGRESS, summary="?"
    )

    lines = command_lines(advise(diagnosis.finding, diagnosis, closed))

    assert [line.split()[-1] for line in lines] == list(given.ADDRESSES)


def test_a_pull_role_in_abac_mode_is_narrowed_to_the_repository() -> None:
    (line,) = command_lines(said("abac", FindingName.PULL_ROLE_WRONG_FOR_ABAC))

    words = shlex.split(line)
    condition = words[words.index("--condition") + 1]
    assert "StringEqualsIgnoreCase 'shop'" in condition
    assert "b93aa761-3e63-49ed-ac28-beffa264f7ac" in words
    assert words[words.index("--scope") + 1] == str(given.CONTOSO)


def test_undetermined_lists_what_is_open() -> None:
    assert "egress not readable" in said("web app", FindingName.UNDETERMINED)


def test_a_slot_is_named_as_a_slot() -> None:
    text = said("slot", FindingName.NOT_RETRYING)

    assert "--name shop" in text
    assert "--slot staging" in text


def test_jobs_are_never_started_to_find_out() -> None:
    text = said("job", FindingName.NOT_RETRYING)

    assert "next execution" in text
    assert not command_lines(text)
