"""Container apps and jobs as Container Apps configures and sees them."""

from pathlib import Path
from typing import Any

from shared import evidence
from shared.model.evidence import Egress, PullAuth, PullMode, Unread, Via
from shared.model.words import Host
from tests.clinic import Clinic
from tests.evidence.examining import estate_of, examine, find, told
from tests.simulator import estates, platform
from tests.simulator.azure import Simulator
from tests.simulator.estates import Estate, hosts_cases
from tests.simulator.estates.containerapps import CONSUMPTION, EXPRESS

NAT = "20.61.18.42"


def app(build: Any = None, **options: Any) -> dict[str, Any]:
    """A container app whose registry admits everybody; `build` spoils it."""

    def make(estate: Estate) -> None:
        acr = estate.registry("contosoimages")
        environment = estate.environment("apps-env", **options)
        image = estate.image(acr, "basket/api", "1.8.0")
        made = estate.container_app("basket", environment, image=image, registry=acr)
        estate.assign(made["identity"]["principalId"], estates.ACR_PULL, acr["id"])
        if build:
            build(estate, made, acr)

    return estate_of(make)


def test_each_image_signs_in_by_the_entry_of_its_own_registry(tmp_path: Path) -> None:
    def build(estate: Estate, made: Any, _: Any) -> None:
        tools = estate.registry("contosotools")
        image = estate.image(tools, "net/proxy", "1")
        user = estate.attach(made, estate.user_identity("puller"))
        estate.also_runs(made, "proxy", image=image, registry=tools, sign_in=user)
        estate.also_runs(made, "open", image="mcr.microsoft.com/hello:1")

    seen = examine(app(build), tmp_path, "basket")

    ways = seen.workload.sign_ins or {}
    modes = {name: way.mode for name, way in ways.items() if isinstance(way, PullAuth)}
    assert modes == {
        "basket": PullMode.SYSTEM_IDENTITY,
        "proxy": PullMode.USER_IDENTITY,
        "open": PullMode.ANONYMOUS,
    }
    assert [each.image and each.image.container for each in seen.siblings] == ["proxy"]
    assert seen.siblings[0].workload.auth == ways["proxy"]


def test_credentials_name_their_secret_and_whether_a_vault_holds_it(tmp_path: Path) -> None:
    def build(estate: Estate, made: Any, acr: Any) -> None:
        configuration = made["properties"]["configuration"]
        configuration["secrets"] = [
            {
                "name": "acr",
                "keyVaultUrl": "https://v.vault.azure.net/secrets/x",
                "identity": "system",
            }
        ]
        configuration["registries"] = [
            {
                "server": acr["properties"]["loginServer"],
                "username": "contosoimages",
                "passwordSecretRef": "acr",
            }
        ]

    auth = examine(app(build), tmp_path, "basket").workload.auth

    assert isinstance(auth, PullAuth)
    assert (auth.mode, auth.secret, auth.keyvault) == (PullMode.CREDENTIALS, "acr", True)


def test_an_identity_of_the_environment_is_not_followed(tmp_path: Path) -> None:
    def build(_: Estate, made: Any, __: Any) -> None:
        made["properties"]["configuration"]["registries"][0]["identity"] = "system-environment"

    seen = examine(app(build), tmp_path, "basket")

    assert isinstance(seen.workload.auth, Unread)
    assert seen.access is None


def test_replicas_say_what_the_revision_does_not(tmp_path: Path) -> None:
    scenario = estates.blocked_container_app()
    clinic = Clinic(scenario, tmp_path)
    clinic.pull(clinic.id("basket"))
    simulator = clinic.simulator

    seen = examine(simulator.world.snapshot(), tmp_path / "again", "basket").workload

    assert not isinstance(seen.instances, Unread)
    revision, replica = seen.instances
    assert (revision.name, revision.state, revision.last_error) == (
        "basket--0000001",
        "Processing",
        "",
    )
    assert (replica.state, replica.last_error) == ("NotRunning", "ImagePullBackOff")
    assert replica.details == "basket: ImagePullBackOff"
    assert seen.revision == "basket--0000001"


def test_in_single_mode_the_older_revision_serves_and_the_newest_is_judged(tmp_path: Path) -> None:
    seen = examine(hosts_cases.newest_revision_fails(), tmp_path, "basket").workload

    assert seen.revision == "basket--0000002"
    assert seen.serving is False
    assert [image.reference for image in seen.images] == ["1.9.0"]


def test_in_multiple_mode_another_active_revision_that_fails_is_judged_too(tmp_path: Path) -> None:
    scenario = hosts_cases.newest_revision_fails()
    newest = find(scenario, "containerApps/basket")
    newest["properties"]["configuration"]["activeRevisionsMode"] = "Multiple"
    older = find(scenario, "basket--0000001")
    older["properties"] |= {"runningState": "Degraded", "healthState": "Unhealthy"}

    seen = examine(scenario, tmp_path, "basket").workload

    assert not isinstance(seen.instances, Unread)
    assert [one.name for one in seen.instances][:2] == ["basket--0000002", "basket--0000001"]
    assert [image.reference for image in seen.images] == ["1.9.0", "1.8.0"]


def test_an_app_scaled_to_zero_wants_no_replica(tmp_path: Path) -> None:
    scenario = hosts_cases.sleeping_app()
    simulator = Simulator(scenario)
    id = find(scenario, "containerApps/basket")["id"]
    platform.pull(simulator.world, id)
    simulator.world.advance(600)

    seen = examine(simulator.world.snapshot(), tmp_path, "basket").workload

    assert not isinstance(seen.instances, Unread)
    assert [(one.state, one.details) for one in seen.instances] == [
        ("Stopped", "health None, no replica is wanted")
    ]


def test_a_refused_deployment_is_told_by_the_activity_log(tmp_path: Path) -> None:
    clinic = Clinic(hosts_cases.refused_deployment(), tmp_path)
    clinic.pull(clinic.id("basket"))
    clinic.advance(30)

    seen = examine(clinic.simulator.world.snapshot(), tmp_path / "again", "basket")

    assert seen.workload.deployment == "Failed"
    assert not isinstance(seen.lines, Unread)
    assert [line.table for line in seen.lines] == ["Activity Log"]
    assert "MANIFEST_UNKNOWN" in seen.lines[0].text
    assert told(seen, "instance deployment").startswith("Failed")


def test_executions_of_a_job_are_its_instances(tmp_path: Path) -> None:
    clinic = Clinic(estates.failing_job(), tmp_path)
    clinic.pull(clinic.id("nightly"))

    seen = examine(clinic.simulator.world.snapshot(), tmp_path / "again", "nightly").workload

    assert seen.host is Host.JOB
    assert not isinstance(seen.instances, Unread)
    assert [one.state for one in seen.instances] == ["Failed"]
    assert seen.serving is None


def test_a_consumption_only_environment_has_no_fixed_way_out_even_with_a_gateway(
    tmp_path: Path,
) -> None:
    seen = examine(hosts_cases.app_of_two_registries(mode=CONSUMPTION), tmp_path, "basket")

    egress = seen.workload.egress
    assert isinstance(egress, Egress)
    assert (egress.via, egress.stable) == (Via.PLATFORM, False)


def test_an_express_app_leaves_through_its_own_subnet(tmp_path: Path) -> None:
    def make(estate: Estate) -> None:
        acr = estate.registry("contosoimages")
        environment = estate.environment("quick", mode=EXPRESS)
        subnet = estate.subnet("apps", nat=(NAT,))
        image = estate.image(acr, "basket/api", "1.8.0")
        estate.container_app("basket", environment, image=image, registry=acr, subnet=subnet)

    egress = examine(estate_of(make), tmp_path, "basket").workload.egress

    assert isinstance(egress, Egress)
    assert (egress.via, egress.addresses) == (Via.NAT_GATEWAY, (NAT,))


def test_an_environment_that_may_not_be_read_leaves_open_which_way_pulls_go(tmp_path: Path) -> None:
    scenario = app()
    clinic = Clinic(scenario, tmp_path)
    clinic.simulator.faults.add(
        {"match": {"path": ".*/managedEnvironments/.*"}, "times": 9, "status": 403}
    )

    seen = evidence.gather(clinic.signal(clinic.id("basket")), azure=clinic.azure()).workload

    assert isinstance(seen.egress, Unread)
    assert isinstance(seen.pulls_over_vnet, Unread)


def test_a_function_app_on_container_apps_is_a_site_that_leaves_as_an_app(tmp_path: Path) -> None:
    clinic = Clinic(hosts_cases.functions_on_container_apps(), tmp_path)
    clinic.pull(clinic.id("worker"))

    seen = examine(clinic.simulator.world.snapshot(), tmp_path / "again", "worker")

    workload = seen.workload
    assert (workload.host, workload.environment) == (Host.FUNCTIONS, "apps-env")
    assert isinstance(workload.egress, Egress)
    assert (workload.egress.via, workload.egress.addresses) == (Via.NAT_GATEWAY, (NAT,))
    assert workload.instances == ()
