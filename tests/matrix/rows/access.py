"""Rows 9, 10, 11 and 16: the role an identity needs, who took it away, and whose it was."""

from functools import partial
from typing import Any

from shared.model.words import FindingName, Host
from tests.matrix.story import Story
from tests.simulator.estates import access_cases as cases
from tests.simulator.estates.past import PERSON

_PAIRED = """
version: 1
mode: auto
pairs:
  - registry: "/subscriptions/*/resourceGroups/*/providers/*/registries/contosoimages"
    workloads: ["/subscriptions/*/resourceGroups/*/providers/*/sites/shop"]
wait: {verify_first: 0s}
"""
_HOSTS: tuple[tuple[Host, str, str, str], ...] = (
    (Host.WEB_APP, "site", "shop", ""),
    (Host.WEB_APP, "windows", "shop", "Windows"),
    (Host.SLOT, "slot", "staging", ""),
    (Host.FUNCTIONS, "functions", "shop", ""),
    (Host.CONTAINER_APP, "app", "shop", ""),
)
_JOB = (Host.JOB, "job", "shop", "")
_MISSING: dict[str, Any] = {"row": 9, "finding": FindingName.PULL_ROLE_MISSING}
_GIVEN_BACK = "gives the role back where the Activity Log proves that it was there"
_SWITCHED: dict[str, Any] = {
    "row": 10,
    "finding": FindingName.PULL_ROLE_WRONG_FOR_ABAC,
    "does": "gives the role of the registry's new permission mode, for this repository alone",
}
_REMADE: dict[str, Any] = {
    "row": 11,
    "finding": FindingName.IDENTITY_RECREATED,
    "does": "gives the new identity the role its predecessor has",
}
_PUT = ("PUT …",)

STORIES = (
    *(
        Story(
            **_MISSING,
            host=host,
            variant=variant,
            scenario=partial(cases.lost, kind, propagation={"role": 60}),
            workload=workload,
            ends="healed",
            does=_GIVEN_BACK,
            writes=_PUT,
        )
        for host, kind, workload, variant in (*_HOSTS, _JOB)
    ),
    *(
        Story(
            **_MISSING,
            host=Host.WEB_APP,
            variant=cloud,
            scenario=partial(cases.lost, cloud=name),
            workload="shop",
            ends="healed",
            does=_GIVEN_BACK,
            writes=_PUT,
        )
        for cloud, name in (("China", "AzureChinaCloud"), ("US Government", "AzureUSGovernment"))
    ),
    Story(
        **_MISSING,
        host=Host.WEB_APP,
        variant="deletion told by id alone",
        scenario=partial(cases.lost, told=False),
        workload="shop",
        ends="healed",
        does=_GIVEN_BACK,
        writes=_PUT,
    ),
    Story(
        **_MISSING,
        host=Host.WEB_APP,
        variant="given above the registry",
        scenario=cases.lost_above,
        workload="shop",
        ends="healed",
        does=_GIVEN_BACK,
        writes=_PUT,
    ),
    Story(
        **_MISSING,
        host=Host.WEB_APP,
        variant="repository permissions",
        scenario=partial(cases.lost, abac=True, propagation={"role": 60}),
        workload="shop",
        ends="healed",
        does=_GIVEN_BACK,
        writes=_PUT,
    ),
    Story(
        **_MISSING,
        host=Host.WEB_APP,
        variant="a pair names them",
        scenario=cases.never,
        workload="shop",
        ends="healed",
        does=_GIVEN_BACK,
        policy=_PAIRED,
        writes=_PUT,
    ),
    *(
        Story(
            **_MISSING,
            host=host,
            variant="a person removed it",
            scenario=partial(cases.lost, kind, by=PERSON),
            workload="shop",
            ends="held",
            does="asks a person where a person took it away",
            says=("a person", PERSON),
        )
        for host, kind in ((Host.WEB_APP, "site"), (Host.CONTAINER_APP, "app"))
    ),
    Story(
        **_MISSING,
        host=Host.WEB_APP,
        variant="nothing proves it",
        scenario=cases.never,
        workload="shop",
        ends="held",
        does="asks a person where nothing proves that it was there",
        says=("Activity Log knows of no pull role",),
    ),
    Story(
        **_MISSING,
        host=Host.WEB_APP,
        variant="deny assignment",
        scenario=cases.denied,
        workload="shop",
        ends="explained",
        does="names the deny assignment",
        says=("no pulls during the audit",),
    ),
    Story(
        **_MISSING,
        host=Host.WEB_APP,
        variant="policy refused it",
        scenario=cases.refused,
        workload="shop",
        ends="held",
        does="names the policy that refused the grant",
        says=("only-approved-roles",),
    ),
    Story(
        **_MISSING,
        host=Host.WEB_APP,
        variant="locked",
        scenario=cases.locked,
        workload="shop",
        ends="held",
        does="names the lock",
        says=("hands-off",),
    ),
    *(
        Story(
            **_SWITCHED,
            host=host,
            variant=variant,
            scenario=partial(cases.switched, kind, propagation={"role": 60}),
            workload=workload,
            ends="healed",
            writes=_PUT,
        )
        for host, kind, workload, variant in (*_HOSTS, _JOB)
    ),
    Story(
        **_SWITCHED,
        host=Host.WEB_APP,
        variant="only a wider role was there",
        scenario=partial(cases.switched, role="acdd72a7-3385-48ef-bd42-f606fba81ae7"),
        workload="shop",
        ends="held",
    ),
    *(
        Story(
            **_REMADE,
            host=host,
            variant=variant,
            scenario=partial(cases.remade_identity, kind, propagation={"role": 60}),
            workload=workload,
            ends="healed",
            writes=_PUT,
        )
        for host, kind, workload, variant in (*_HOSTS, _JOB)
    ),
    Story(
        **_REMADE,
        host=Host.WEB_APP,
        variant="the app was made anew, too",
        scenario=partial(cases.remade_identity, workload_too=True),
        workload="shop",
        ends="held",
        says=("another one of the same name",),
    ),
    *(
        Story(
            row=16,
            finding=FindingName.ARM_AUDIENCE_DISABLED,
            host=host,
            variant=variant,
            scenario=partial(cases.deaf, kind),
            workload=workload,
            ends="explained",
            does="says which setting refuses identities, and whose decision it is",
        )
        for host, kind, workload, variant in (*_HOSTS, _JOB)
    ),
)
