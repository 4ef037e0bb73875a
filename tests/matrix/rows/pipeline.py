"""Rows 23 and 25: the cause is gone and the host has given up; and nothing that can be found.

Also several faults at once: what is behind the first one.
"""

from functools import partial

from shared.model.ids import ResourceId
from shared.model.words import FindingName, Host
from tests.clinic import GENEROUS, Clinic
from tests.matrix.story import Story
from tests.simulator import platform
from tests.simulator.estates import pipeline_cases as cases
from tests.simulator.estates.cases import NAT, OUTBOUND

_HOSTS = (
    (Host.WEB_APP, "web app", "sites/shop"),
    (Host.SLOT, "slot", "slots/staging"),
    (Host.FUNCTIONS, "functions", "sites/shop"),
)


def _gives_up(clinic: Clinic, workload: ResourceId) -> None:
    """The platform tries until it blocks the site, or takes the revision for failed; then somebody
    lets the workload in, and the platform never comes back to it."""
    for _ in range(platform.FAILURES - 1):
        clinic.pull(workload)
    world = clinic.simulator.world
    for revision in world.resources.of_type("Microsoft.App/containerApps/revisions"):
        revision["properties"]["runningState"] = "Failed"
    _let_in(clinic)
    platform.trial_of(world, workload.text).turn += 1


def _runs_out(clinic: Clinic, _: ResourceId) -> None:
    """The job's execution fails for good when its time is over; then somebody lets it in."""
    clinic.advance(1900)
    _let_in(clinic)


def _let_in(clinic: Clinic) -> None:
    registry = clinic.simulator.world.resources.get(clinic.id("contosoimages").text)
    assert registry is not None
    rules = registry["properties"]["networkRuleSet"]["ipRules"]
    rules += [{"action": "Allow", "value": value} for value in (*OUTBOUND, NAT)]


#: The registry's owner lets these workloads have access.
_PAIR = (
    GENEROUS + "pairs:\n- registry: /subscriptions/*/resourceGroups/platform\n"
    "  workloads: ['/subscriptions/*/resourceGroups/*']\n"
)

STORIES = (
    *(
        Story(
            row=1,
            finding=FindingName.FIREWALL_MISSING_EGRESS,
            also=(FindingName.PULL_ROLE_MISSING,),
            host=host,
            scenario=partial(cases.firewall_and_role, name),
            workload=workload,
            variant="and the pull role gone",
            policy=_PAIR,
            ends="healed",
            does="adds the addresses, then gives the pull role back",
            writes=("PATCH …/registries/contosoimages", "PUT …"),
        )
        for host, name, workload in (*_HOSTS, (Host.CONTAINER_APP, "container app", "shop"))
    ),
    *(
        Story(
            row=23,
            finding=FindingName.NOT_RETRYING,
            host=host,
            scenario=partial(cases.kept_out, name),
            workload=workload,
            meanwhile=_gives_up,
            ends="healed",
            does="waits for the time the platform names, then stops and starts the site",
            writes=(f"POST …/{workload}/stop", f"POST …/{workload}/start"),
        )
        for host, name, workload in _HOSTS
    ),
    Story(
        row=23,
        finding=FindingName.NOT_RETRYING,
        host=Host.CONTAINER_APP,
        scenario=partial(cases.kept_out, "container app"),
        workload="containerapps/shop",
        meanwhile=_gives_up,
        ends="healed",
        does="waits a quarter of an hour without a try, then restarts that one revision",
        writes=("POST …/revisions/shop--0000001/restart",),
        retry=(),
    ),
    Story(
        row=23,
        finding=FindingName.NOT_RETRYING,
        host=Host.JOB,
        scenario=partial(cases.kept_out, "job"),
        workload="jobs/shop",
        meanwhile=_runs_out,
        ends="explained",
        does="says that the next execution pulls; a job is never started",
        works=True,
        says=("next execution",),
    ),
    *(
        Story(
            row=25,
            finding=FindingName.UNDETERMINED,
            host=host,
            scenario=partial(cases.known_but_kept_out, name),
            workload=workload,
            variant="denied at an address nobody reports",
            ends="explained",
            does="hands over what was read, with both sets of addresses",
            says=("20.77.140.9",),
        )
        for host, name, workload in _HOSTS
    ),
    *(
        Story(
            row=17,
            finding=FindingName.TAG_MISSING,
            host=host,
            scenario=partial(cases.firewall_and_tag, name),
            workload=workload,
            variant="behind a firewall that did not let it in",
            ends="explained",
            does="lets it in, looks again, and explains what is behind",
            works=False,
            writes=("PATCH …/registries/contosoimages",),
            says=("4.3.0",),
        )
        for host, name, workload in (*_HOSTS, (Host.CONTAINER_APP, "container app", "shop"))
    ),
)
