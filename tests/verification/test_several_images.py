"""Platforms pull side by side: one image's pull is no proof while another's is still awaited."""

from pathlib import Path

import pytest

from shared.model.words import Result
from tests.simulator.estates import hosts_cases
from tests.simulator.logs import timestamp
from tests.simulator.siterows import PLATFORM
from tests.simulator.systemrows import SYSTEM_OLD
from tests.verification.test_verification import Bed

WEB = "contosoimages.azurecr.io/shop/web:4.2.1"
PROXY = "contosotools.azurecr.io/net/proxy:1.0.0"
MIGRATE = "contosotools.azurecr.io/db/migrate:3.0.0"
API = "contosoimages.azurecr.io/basket/api:1.8.0"


def says(bed: Bed, message: str, *, level: str = "Informational") -> None:
    """The platform of a site logs a line now."""
    world = bed.clinic.simulator.world
    row = {
        "TimeGenerated": timestamp(world.clock.now()),
        "_ResourceId": bed.workload.text.lower(),
        "Level": level,
        "Message": message,
    }
    world.log(PLATFORM, row)


def notes(bed: Bed, reason: str, text: str) -> None:
    """Container Apps logs an event now."""
    world = bed.clinic.simulator.world
    row = {
        "TimeGenerated": timestamp(world.clock.now()),
        "ContainerAppName_s": "basket",
        "EnvironmentName_s": "apps-env",
        "RevisionName_s": "basket--0000001",
        "Reason_s": reason,
        "Log_s": text,
    }
    world.log(SYSTEM_OLD, row)


@pytest.fixture
def shop(tmp_path: Path) -> Bed:
    bed = Bed(hosts_cases.sidecars(), tmp_path, "shop")
    says(bed, f"ERROR - Image pull for {PROXY} failed. UnexpectedFaliure", level="Error")
    bed.clinic.advance(5)
    bed.since = bed.clinic.medic.now()
    bed.clinic.advance(30)
    return bed


@pytest.fixture
def basket(tmp_path: Path) -> Bed:
    bed = Bed(hosts_cases.app_of_two_registries(), tmp_path, "basket")
    notes(bed, "ErrImagePull", f'Failed to pull image "{API}": 403 Forbidden')
    bed.clinic.advance(5)
    bed.since = bed.clinic.medic.now()
    bed.clinic.advance(30)
    return bed


def test_a_site_is_proven_when_every_image_that_failed_was_pulled(shop: Bed) -> None:
    says(shop, f"Pulled image: {WEB}.")
    first = shop.look()
    shop.clinic.advance(20)
    says(shop, f"Pulled image: {PROXY}.")
    second = shop.look()

    assert (first.result, second.result) == (Result.PENDING, Result.HEALED)


def test_an_app_is_proven_when_every_image_that_failed_was_pulled(basket: Bed) -> None:
    notes(basket, "PulledImage", f'Successfully pulled image "{MIGRATE}" in 1s.')
    first = basket.look()
    basket.clinic.advance(20)
    notes(basket, "PulledImage", f'Successfully pulled image "{API}" in 1s.')
    second = basket.look()

    assert (first.result, second.result) == (Result.PENDING, Result.HEALED)


def test_a_failure_of_the_other_image_after_the_change_stands_against_the_proof(shop: Bed) -> None:
    says(shop, f"Pulled image: {PROXY}.")
    says(shop, f"ERROR - Image pull for {WEB} failed. UnexpectedFaliure", level="Error")
    shop.clinic.advance(20)
    says(shop, f"Pulled image: {PROXY}.")

    seen = shop.look()

    assert seen.result is Result.PENDING
    assert WEB in seen.proof
