"""Which image a text speaks of, and whose a row is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared import evidence
from shared.clients.logs import PULLING, LogRow
from shared.evidence import lines
from shared.evidence.lines import ITS_HOST, ITS_REPOSITORY, ITSELF, NOT_AT_ALL, Rows
from shared.model.evidence import ImageUse, Unread, Workload
from shared.model.ids import ResourceId
from tests.clinic import Clinic
from tests.diagnosis import given
from tests.simulator.estates import Estate

API = ImageUse(
    container="api",
    text="contoso.azurecr.io/shop/api:7",
    host="contoso.azurecr.io",
    repository="shop/api",
    reference="7",
    acr=True,
)
WORKER = replace(API, container="worker", text="contoso.azurecr.io/shop/api-worker:7")
WORKER = replace(WORKER, repository="shop/api-worker")
NOW = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
HERE = ResourceId.parse(
    f"{given.SUBSCRIPTION}/resourceGroups/apps/providers/Microsoft.App/managedEnvironments/env"
)
THERE = ResourceId.parse(HERE.text.replace("/apps/", "/others/"))


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("Pulling image: contoso.azurecr.io/shop/api:7.", ITSELF),
        ("manifest for CONTOSO.azurecr.io/shop/api:7 not found", ITSELF),
        ('Head "https://contoso.azurecr.io/v2/shop/api/manifests/7": denied', ITSELF),
        ("contoso.azurecr.io/shop/api:70 is not there", ITS_REPOSITORY),
        ("https://contoso.azurecr.io/v2/shop/api/blobs/sha256:ab: timeout", ITS_REPOSITORY),
        ("contoso.azurecr.io/shop/api-worker:7 not found", ITS_HOST),
        ("contoso.azurecr.io/shop/api/deep:7 not found", ITS_HOST),
        ("https://contoso.azurecr.io/oauth2/token?scope=x: 403 Forbidden", ITS_HOST),
        ("lookup contoso.azurecr.io: no such host", ITS_HOST),
        ("mycontoso.azurecr.io/shop/api:7", NOT_AT_ALL),
        ("contoso.azurecr.io.evil.example/shop/api:7", NOT_AT_ALL),
        ("Container pull image failed with unauthorized error.", NOT_AT_ALL),
        ("", NOT_AT_ALL),
    ],
)
def test_how_plainly_a_text_speaks_of_an_image(text: str, how: int) -> None:
    assert lines.speaks_of(text, API) == how


def workload(**changes: object) -> Workload:
    made = replace(given.workload(), images=(API, WORKER), environment="env", environment_id=HERE)
    return replace(made, **changes)  # type: ignore[arg-type]


def row(
    text: str, minute: int = 0, *, reason: str = "", resource: str = "", environment: str = ""
) -> LogRow:
    return LogRow(
        at=NOW + timedelta(minutes=minute),
        table="ContainerAppSystemLogs",
        reason=reason,
        text=text,
        trusted=True,
        workspace="w",
        resource=resource,
        environment=environment,
    )


def test_a_row_about_another_image_of_the_workload_is_not_about_this_one() -> None:
    rows = Rows(failed=[row("contoso.azurecr.io/shop/api-worker:7: denied"), row("no reason said")])

    api = lines.current(rows, workload(), API, None)
    worker = lines.current(rows, workload(), WORKER, None)

    assert not isinstance(api, Unread)
    assert not isinstance(worker, Unread)
    assert [line.text for line in api] == ["no reason said"]
    assert len(worker) == 2


def test_each_image_has_its_own_last_pull_and_its_own_last_try() -> None:
    rows = Rows(
        worked=[
            row("Pulling image 'contoso.azurecr.io/shop/api-worker:7'", 9, reason=PULLING),
            row('Successfully pulled image "contoso.azurecr.io/shop/api:7"', 5, reason="Pulled"),
            row("State: Started, contoso.azurecr.io/shop/api:7", 8, reason="Started"),
        ],
        failed=[row("contoso.azurecr.io/shop/api-worker:7: denied", 3)],
    )

    assert lines.pulled(rows, workload(), API) == NOW + timedelta(minutes=5)
    assert lines.pulled(rows, workload(), WORKER) is None
    assert lines.attempted(rows, workload(), API) == NOW + timedelta(minutes=5)
    assert lines.attempted(rows, workload(), WORKER) == NOW + timedelta(minutes=9)


@pytest.mark.parametrize(
    ("more", "ours"),
    [
        ({"environment": "env"}, True),
        ({"environment": "ENV", "resource": HERE.text.lower()}, True),
        ({"environment": "env", "resource": THERE.text}, False),
        ({"environment": "another"}, False),
        ({}, True),
    ],
)
def test_a_namesake_in_another_environment_is_somebody_else(
    more: dict[str, str], ours: bool
) -> None:
    told = replace(row("denied"), **more)  # type: ignore[arg-type]
    found = lines.current(Rows(failed=[told]), workload(), API, None)

    assert not isinstance(found, Unread)
    assert bool(found) is ours


def test_rows_from_elsewhere_stand_also_where_no_workspace_answers() -> None:
    beside = lines.beside(Unread("not readable: 403"), [row("refused")])

    assert not isinstance(beside, Unread)
    assert [one.text for one in beside.failed] == ["refused"]
    assert lines.beside(Unread("not readable: 403"), []) == Unread("not readable: 403")


@pytest.mark.parametrize("destination", ["log-analytics", "azure-monitor"])
def test_two_apps_of_one_name_in_environments_of_one_name_keep_their_own_failures(
    destination: str, tmp_path: Path
) -> None:
    estate = Estate()
    acr = estate.registry("contosoimages")
    for group in ("web-shop", "platform"):
        environment = estate.environment("apps-env", destination=destination, group=group)
        host = acr["properties"]["loginServer"]
        tag = estate.image(acr, "basket/api", "1.8.0") if group == "web-shop" else None
        app = estate.container_app(
            "basket",
            environment,
            image=tag or f"{host}/basket/api:0.0.1",
            registry=acr,
            group=group,
        )
        estate.assign(
            app["identity"]["principalId"], "7f951dda-4ed3-4680-a7ca-43fe172d538d", acr["id"]
        )
    clinic = Clinic(estate.scenario(), tmp_path)
    well, ill = (
        clinic.find(f"{group}/providers/Microsoft.App/containerApps/basket")
        for group in ("web-shop", "platform")
    )
    clinic.pull(ill)
    clinic.pull(well)

    found = [evidence.gather(clinic.signal(id), azure=clinic.azure()) for id in (well, ill)]

    shown = [[] if isinstance(one.lines, Unread) else list(one.lines) for one in found]
    if destination == "azure-monitor":
        assert (shown[0], bool(shown[1])) == ([], True)
    assert all("0.0.1" not in line.text for line in shown[0])
