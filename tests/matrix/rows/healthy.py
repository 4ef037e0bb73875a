"""Nothing is wrong, or what is wrong is no image pull: looked at, said, and left alone."""

from functools import partial
from typing import Any

from shared.model.words import FindingName, Host
from tests.matrix.story import Story
from tests.simulator.estates import healthy_cases as cases

_WELL: dict[str, Any] = {
    "row": 24,
    "finding": FindingName.HEALTHY,
    "ends": "closed",
    "does": "sees that the pull works and closes the incident",
    "works": True,
}
_ELSEWHERE: dict[str, Any] = {
    "row": 24,
    "finding": FindingName.NOT_A_PULL_FAILURE,
    "ends": "explained",
    "does": "says what else it is",
    "works": True,
}
_HOSTS = (
    (Host.WEB_APP, "site", "shop", ""),
    (Host.WEB_APP, "windows", "shop", "Windows"),
    (Host.SLOT, "slot", "staging", ""),
    (Host.FUNCTIONS, "functions", "shop", ""),
    (Host.CONTAINER_APP, "app", "shop", ""),
    (Host.JOB, "job", "shop", ""),
)


def _unheard(kind: str) -> tuple[str, ...]:
    """The alert rule names a container app by its failing rows, and here there are none."""
    return ("alert",) if kind in ("app", "job") else ()


STORIES = (
    *(
        Story(
            **_WELL,
            host=host,
            scenario=partial(cases.working, kind),
            workload=workload,
            variant=variant,
            unheard=_unheard(kind),
        )
        for host, kind, workload, variant in _HOSTS
    ),
    Story(
        **_WELL,
        host=Host.WEB_APP,
        scenario=cases.working_in_private,
        workload="shop",
        variant="private endpoint",
    ),
    Story(
        **_WELL,
        host=Host.WEB_APP,
        scenario=cases.working_as_the_admin_user,
        workload="shop",
        variant="admin user",
    ),
    Story(
        **_WELL,
        host=Host.WEB_APP,
        scenario=cases.working_sidecars,
        workload="shop",
        variant="sidecars",
    ),
    *(
        Story(
            **_ELSEWHERE,
            host=host,
            scenario=partial(cases.from_elsewhere, kind),
            workload=workload,
            variant=variant,
            unheard=_unheard(kind),
            says=("docker.io",),
        )
        for host, kind, workload, variant in _HOSTS
        if kind != "windows"
    ),
    Story(
        **_ELSEWHERE,
        host=Host.WEB_APP,
        scenario=cases.built_from_code,
        workload="shop",
        variant="built-in stack",
        says=("PYTHON|3.12",),
    ),
)
