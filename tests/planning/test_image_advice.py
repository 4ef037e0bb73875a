"""Advice about images: what there is, what can be brought back, and nothing a shell would run."""

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.diagnosis import diagnose
from shared.model.catalogue import Catalogue, Tag, Whereabouts
from shared.model.plan import Diagnosis
from shared.model.words import Cause, FindingName
from shared.planning import plan
from shared.planning.advice import advise
from tests.diagnosis import given
from tests.planning.test_advice import WIDENING, command_lines

F = FindingName
PUSHED = datetime(2026, 7, 20, tzinfo=UTC)
NASTY = "7'; reboot #$(reboot)\x1b[2J"
MISSING = Catalogue(
    repository_exists=True,
    image_exists=False,
    soft_delete_days=0,
    tags=(Tag(name="6", pushed=PUSHED),),
)
RESTORABLE = replace(
    MISSING,
    soft_delete_days=7,
    deleted=datetime(2026, 7, 30, 8, 15, tzinfo=UTC),
    restorable_until=datetime(2026, 8, 6, 8, 15, tzinfo=UTC),
)


def said(finding: FindingName, catalogue: Catalogue, *, summary: str = "?", **members: Any) -> str:
    diagnosis = Diagnosis(cause=Cause.MANIFEST_UNKNOWN, finding=finding, summary=summary)
    return advise(finding, diagnosis, given.evidence(catalogue=catalogue, **members))


def test_tags_that_come_close_are_named_with_their_age() -> None:
    text = said(F.TAG_MISSING, MISSING)

    assert "6 (pushed 2026-07-20)" in text
    assert "does not keep what is deleted" in text
    assert "list-deleted" not in text


def test_what_can_be_restored_comes_first_with_its_command() -> None:
    text = said(F.TAG_MISSING, RESTORABLE)

    assert text.startswith("The image was deleted on 2026-07-30 at 08:15 UTC")
    assert "until 2026-08-06" in text
    assert command_lines(text)[0] == ("az acr manifest restore --registry contoso --name shop:7")


def test_a_purged_digest_is_explained_by_the_retention_policy() -> None:
    policies = {"retentionPolicy": {"status": "enabled", "days": 14}}
    registry = given.registry(snapshot={"properties": {"policies": policies}})
    image = replace(given.IMAGE, reference="sha256:" + "a" * 64)

    text = said(F.TAG_MISSING, MISSING, registry=registry, image=image)

    assert "purges untagged images after 14 days" in text


def test_an_unasked_registry_is_advised_about_all_the_same() -> None:
    text = said(F.TAG_MISSING, Catalogue(because="kept out"))

    assert "Wait ten minutes" in text
    assert any("list-deleted-tags" in line for line in command_lines(text))


@pytest.mark.parametrize(
    ("catalogue", "words"),
    [
        (Catalogue(readable=False), "Somebody switched reading off"),
        (Catalogue(quarantined=True), "waits in quarantine"),
        (Catalogue(), "held back on purpose"),
    ],
)
def test_a_lock_is_somebodys_decision(catalogue: Catalogue, words: str) -> None:
    text = said(F.IMAGE_LOCKED, catalogue)

    assert words in text
    assert "never overrides a lock" in text
    assert "--read-enabled" not in text


def test_what_an_image_is_built_for_is_said() -> None:
    assert "built for linux/arm64" in said(
        F.PLATFORM_MISMATCH, Catalogue(platforms=("linux/arm64",))
    )


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (Whereabouts(name_taken=True), "lost the role assignments"),
        (Whereabouts(namesake="contoso-a1b2.azurecr.io"), "contoso-a1b2.azurecr.io"),
        (Whereabouts(name_taken=False), "does not come back"),
    ],
)
def test_a_registry_out_of_sight_is_advised_by_where_it_is(where: Whereabouts, words: str) -> None:
    catalogue = Catalogue(because="there is no registry to ask", whereabouts=where)

    assert words in said(F.REGISTRY_NOT_FOUND, catalogue, registry=None)


def test_capitals_in_the_registrys_name_are_pointed_out_where_nothing_else_is_known() -> None:
    image = replace(given.IMAGE, text="Contoso.azurecr.io/shop:7")

    assert "lower case" in said(F.UNDETERMINED, Catalogue(), image=image)
    assert "lower case" not in said(F.UNDETERMINED, Catalogue())


def test_an_image_from_elsewhere_is_not_said_to_be_well() -> None:
    hub = replace(given.IMAGE, host="docker.io", text="docker.io/library/nginx:1", acr=False)

    text = said(F.NOT_A_PULL_FAILURE, Catalogue(), image=hub, registry=None)

    assert "az acr import --name '<your registry>' --source docker.io/library/nginx:1" in text
    assert "Nothing about the registry" not in text


@pytest.mark.parametrize(
    "cause", [Cause.RATE_LIMITED, Cause.REGISTRY_UNAVAILABLE], ids=lambda cause: str(cause)
)
def test_nothing_is_changed_while_the_registry_is_in_trouble(cause: Cause) -> None:
    shut = given.evidence(registry=given.registry(ip_rules=()))

    diagnosis = diagnose(given.signal(), given.reading(cause), shut)
    planned = plan(diagnosis, shut, None)

    assert F.FIREWALL_MISSING_EGRESS in diagnosis.also
    assert planned.steps == ()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("the container does not answer on the port the host asks", "WEBSITES_PORT"),
        ("the health probe fails", "healthCheckPath"),
        ("the storage the container mounts cannot be mounted", "storage-account list"),
        ("the program in the image is for another processor", "linux/amd64"),
        ("the container starts and ends again by itself", "wrong start command"),
    ],
)
def test_what_comes_after_the_pull_has_its_own_place_to_look(kind: str, words: str) -> None:
    summary = f"The image was pulled; what fails comes after it: {kind}."

    text = said(F.NOT_A_PULL_FAILURE, Catalogue(), summary=summary)

    assert text.startswith("Nothing about the registry needs to change.")
    assert words in text


@pytest.mark.parametrize(
    "finding",
    [
        F.TAG_MISSING,
        F.REPOSITORY_MISSING,
        F.IMAGE_LOCKED,
        F.PLATFORM_MISMATCH,
        F.REGISTRY_NOT_FOUND,
    ],
)
def test_names_chosen_by_others_run_nothing_and_move_no_cursor(finding: FindingName) -> None:
    nasty = replace(
        RESTORABLE,
        tags=(Tag(name=NASTY, pushed=PUSHED),),
        platforms=(NASTY,),
        whereabouts=Whereabouts(namesake=NASTY),
    )
    image = replace(given.IMAGE, repository=NASTY, reference=NASTY)

    text = said(finding, nasty, image=image)

    assert all(char.isprintable() or char == "\n" for char in text)
    assert not WIDENING.search(text)
    for line in command_lines(text):
        assert "$(" not in _outside_quotes(line)


def _outside_quotes(line: str) -> str:
    """The part of a command a shell would look at: what is in single quotes it takes as it is."""
    kept, quoted = "", False
    for char in line.replace("'\"'\"'", ""):
        quoted ^= char == "'"
        kept += "" if quoted else char
    assert shlex.split(line)
    return kept
