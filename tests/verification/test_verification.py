"""Healed is a pull the platform reports after the change; everything else is said as it is."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.errors import NotFound
from shared.model.evidence import Instance
from shared.model.ids import ResourceId
from shared.model.plan import Verification
from shared.model.words import Result
from shared.verification import verify
from shared.verification.registry import Puller
from tests.clinic import Clinic
from tests.simulator import estates
from tests.simulator.estates.cases import NAT, OUTBOUND

PATIENCE = timedelta(minutes=10)


class Bed:
    """One workload that failed, was changed at `since`, and is looked at."""

    def __init__(self, scenario: dict[str, Any], place: Path, name: str, *, logs: bool = True):
        self.clinic = Clinic(scenario, place)
        if not logs:
            self.clinic.connection.workspaces = ()
        self.workload = self.clinic.id(name)
        self.pull()
        self.clinic.advance(5)
        self.since = self.clinic.medic.now()

    def pull(self) -> bool:
        return bool(self.clinic.pull(self.workload)["ok"])

    def admit(self, *addresses: str) -> None:
        """The registry's rules become these."""
        registry = self.clinic.id("contosoimages")
        found = self.clinic.simulator.world.resources.get(str(registry))
        assert found is not None
        rules = [{"action": "Allow", "value": value} for value in addresses]
        found["properties"]["networkRuleSet"]["ipRules"] = rules

    def look(self, **more: Any) -> Verification:
        return verify(
            self.workload,
            since=self.since,
            deadline=self.since + PATIENCE,
            azure=self.clinic.azure(),
            **more,
        )

    def status(self, **members: str) -> None:
        """What siteStatus says of every instance."""
        found = self.clinic.simulator.world.resources.get(f"{self.workload}/siteStatus")
        assert found is not None
        for instance in found["properties"]:
            instance.update(members)


@pytest.fixture
def shop(tmp_path: Path) -> Bed:
    return Bed(estates.blocked_web_app(), tmp_path, "shop")


@pytest.fixture
def shop_without_logs(tmp_path: Path) -> Bed:
    return Bed(estates.blocked_web_app(), tmp_path, "shop", logs=False)


@pytest.fixture
def basket(tmp_path: Path) -> Bed:
    return Bed(estates.blocked_container_app(nat=True), tmp_path, "basket")


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def test_a_pull_the_platform_logged_after_the_change_is_proof(shop: Bed) -> None:
    shop.admit(*OUTBOUND)
    shop.clinic.advance(30)
    shop.pull()

    seen = shop.look()

    assert seen.result is Result.HEALED
    assert seen.due is None
    assert "Pulled image: contosoimages.azurecr.io/shop/web:4.2.1" in seen.proof
    assert "UTC in AppServicePlatformLogs" in seen.proof


def test_a_change_alone_is_no_proof_and_the_next_look_is_planned(shop: Bed) -> None:
    shop.admit(*OUTBOUND)

    seen = shop.look()

    assert seen.result is Result.PENDING
    assert seen.due == shop.since + timedelta(seconds=5)
    assert "1 Stopped" in seen.proof


def test_looks_grow_rarer_and_end_at_the_deadline(shop: Bed) -> None:
    gaps = []

    for _ in range(20):
        seen = shop.look()
        if seen.due is None:
            break
        gaps.append((seen.due - seen.checked).total_seconds())
        shop.clinic.advance(gaps[-1])

    assert seen.result is Result.UNVERIFIED
    assert seen.checked == shop.since + PATIENCE
    assert len(gaps) < 15
    assert gaps[:-1] == sorted(gaps[:-1])


def test_a_pull_before_the_change_proves_nothing(tmp_path: Path) -> None:
    healthy = Bed(estates.healthy_web_app(), tmp_path, "shop")

    seen = healthy.look()

    assert seen.result is Result.PENDING


def test_a_failure_soon_after_the_change_may_be_the_change_on_its_way(shop: Bed) -> None:
    shop.clinic.advance(60)
    shop.pull()
    shop.clinic.advance(600)

    seen = shop.look()

    assert seen.result is Result.UNVERIFIED
    assert "the newest failure is" in seen.proof


def test_a_failure_long_after_the_change_is_a_failed_change(shop: Bed) -> None:
    shop.clinic.advance(400)
    shop.pull()
    shop.clinic.advance(300)

    seen = shop.look()

    assert seen.result is Result.FAILED
    assert "pulls still fail" in seen.proof


def test_a_pull_that_works_and_then_fails_again_is_not_healed(shop: Bed) -> None:
    shop.admit(*OUTBOUND)
    shop.clinic.advance(30)
    shop.pull()
    shop.admit()
    shop.clinic.advance(30)
    shop.pull()

    seen = shop.look()

    assert seen.result is Result.PENDING


def test_without_logs_instances_that_came_back_are_proof(shop_without_logs: Bed) -> None:
    bed = shop_without_logs
    bed.admit(*OUTBOUND)
    bed.clinic.advance(30)
    bed.pull()

    seen = bed.look(before=[Instance(name="i", state="Stopped")])

    assert seen.result is Result.HEALED
    assert "before it, 1 of 1 were down (siteStatus)" in seen.proof


def test_without_logs_an_instance_that_never_was_down_proves_nothing(
    shop_without_logs: Bed,
) -> None:
    bed = shop_without_logs
    bed.status(state="Started")

    seen = bed.look(before=[Instance(name="i", state="Started")])

    assert seen.result is Result.PENDING


def test_without_logs_a_newer_error_on_a_started_instance_is_a_failure(
    shop_without_logs: Bed,
) -> None:
    bed = shop_without_logs
    bed.clinic.advance(500)
    bed.status(state="Started", lastErrorTimestamp=stamp(bed.clinic.medic.now()))
    bed.clinic.advance(200)

    seen = bed.look()

    assert seen.result is Result.FAILED
    assert "ImagePullUnauthorizedFailure" in seen.proof


def test_logs_we_may_not_ask_leave_the_platforms_own_view(shop: Bed) -> None:
    shop.clinic.simulator.faults.add({"match": {"path": "/query"}, "times": 99, "status": 403})
    shop.admit(*OUTBOUND)
    shop.clinic.advance(30)
    shop.pull()

    seen = shop.look()

    assert seen.result is Result.HEALED
    assert "siteStatus" in seen.proof


def test_a_container_apps_pulled_image_is_proof(basket: Bed) -> None:
    basket.admit(NAT)
    basket.clinic.advance(30)
    basket.pull()

    seen = basket.look()

    assert seen.result is Result.HEALED
    assert "Successfully pulled image" in seen.proof


def test_a_ready_revision_without_a_pull_is_not_proof(basket: Bed) -> None:
    revision = basket.clinic.id("basket--0000001", "revisions")
    found = basket.clinic.simulator.world.resources.get(str(revision))
    assert found is not None
    found["properties"].update(healthState="Healthy", runningState="Running")

    seen = basket.look()

    assert seen.result is Result.PENDING


def test_an_app_scaled_to_zero_is_not_woken_up(basket: Bed) -> None:
    revision = basket.clinic.id("basket--0000001", "revisions")
    found = basket.clinic.simulator.world.resources.get(str(revision))
    assert found is not None
    found["properties"]["replicas"] = 0

    seen = basket.look()

    assert seen.result is Result.DEFERRED
    assert seen.due is None
    assert basket.clinic.writes == []


def test_a_job_is_never_executed_to_find_out(tmp_path: Path) -> None:
    job = Bed(estates.failing_job(), tmp_path, "nightly")

    seen = job.look()

    assert seen.result is Result.DEFERRED
    assert "not executed since" in seen.proof
    assert job.clinic.writes == []


def test_a_workload_that_is_gone_is_said_to_be_gone(shop: Bed) -> None:
    gone = ResourceId.parse(str(shop.workload).replace("/shop", "/gone"))

    with pytest.raises(NotFound):
        verify(gone, since=shop.since, deadline=shop.since + PATIENCE, azure=shop.clinic.azure())


def test_a_windows_site_has_no_status_and_its_logs_must_do(shop: Bed) -> None:
    shop.clinic.simulator.faults.add({"match": {"path": "/siteStatus"}, "times": 99, "status": 404})
    shop.admit(*OUTBOUND)
    shop.clinic.advance(30)

    before = shop.look()
    shop.pull()
    after = shop.look()

    assert before.result is Result.PENDING
    assert after.result is Result.HEALED
    assert "Pulled image" in after.proof


def test_a_failed_revision_without_replicas_does_not_sleep(basket: Bed) -> None:
    world = basket.clinic.simulator.world
    (revision,) = world.resources.of_type("Microsoft.App/containerApps/revisions")
    revision["properties"].update(runningState="Failed", replicas=0)

    assert basket.look().result is Result.PENDING


# --- the registry's own word


def logged(bed: Bed, table: str, **columns: str) -> None:
    """The registry logs something about the workload's identity."""
    world = bed.clinic.simulator.world
    stamp_ = bed.clinic.medic.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    row = {
        "TimeGenerated": stamp_,
        "LoginServer": "contosoimages.azurecr.io",
        "Identity": PULLER.identity,
        "CallerIpAddress": OUTBOUND[0],
        "ResultDescription": "200",
    }
    world.log(table, row | columns)


PULLER = Puller(
    login_server="contosoimages.azurecr.io",
    repository="shop/web",
    identity="0b0b0b0b-0000-4000-8000-000000000001",
)
PULL = {"OperationName": "Pull", "Repository": "shop/web"}


def test_a_pull_the_registry_logged_is_proof_where_the_host_tells_nothing(shop: Bed) -> None:
    shop.clinic.advance(30)
    logged(shop, "ContainerRegistryRepositoryEvents", **PULL)

    seen = shop.look(puller=PULLER)

    assert seen.result is Result.HEALED
    assert "Pull of shop/web by 0b0b0b0b" in seen.proof
    assert "ContainerRegistryRepositoryEvents" in seen.proof


@pytest.mark.parametrize(
    "columns",
    [
        {"ResultDescription": "401"},
        {"Identity": "somebody-else"},
        {"Repository": "shop/other"},
        {"LoginServer": "another.azurecr.io"},
        {"OperationName": "Push"},
    ],
)
def test_what_the_registry_logged_of_others_proves_nothing(
    columns: dict[str, str], shop: Bed
) -> None:
    shop.clinic.advance(30)
    logged(shop, "ContainerRegistryRepositoryEvents", **PULL | columns)

    assert shop.look(puller=PULLER).result is Result.PENDING


def test_a_sign_in_is_proof_only_where_the_way_in_was_the_fault(shop: Bed) -> None:
    shop.clinic.advance(30)
    logged(shop, "ContainerRegistryLoginEvents", OperationName="Login")

    assert shop.look(puller=PULLER).result is Result.PENDING
    assert shop.look(puller=replace(PULLER, sign_in_counts=True)).result is Result.HEALED


def test_a_failure_the_host_saw_outweighs_the_registrys_word(shop: Bed) -> None:
    shop.clinic.advance(30)
    logged(shop, "ContainerRegistryRepositoryEvents", **PULL)
    shop.pull()

    assert shop.look(puller=PULLER).result is Result.PENDING
