"""
A storm: plans were scaled up, and every app in them leaves by addresses no registry knows.

In:  how many apps, pulling from how many registries.
Out: a scenario, and who pulls from where.
"""

from tests.simulator.estates.cases import OFFICE, Scenario
from tests.simulator.estates.estate import ACR_PULL, Estate

#: Plans that one registry's apps are spread over, each with addresses of its own.
PLANS = 3
_ADDRESSES = 4


def storm(apps: int, registries: int, **options: object) -> Scenario:
    """Apps are dealt out to the registries in turn: app-0 pulls from registry 0, and so on."""
    estate = Estate(**options)  # type: ignore[arg-type]
    shelves = [
        estate.registry(f"contoso{number:02d}", deny=True, allow=OFFICE)
        for number in range(registries)
    ]
    for number in range(apps):
        place, acr = number % registries, shelves[number % registries]
        image = estate.image(acr, f"shop/app{number}", "4.2.1")
        site = estate.site(
            f"app-{number}",
            image=image,
            outbound=addresses(place, number // registries),
            group=f"web-{place:02d}",
        )
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def addresses(registry: int, app: int) -> tuple[str, ...]:
    """The way out of the plan this app of the registry is in."""
    plan = app % PLANS
    return tuple(f"20.5{plan}.{registry}.{10 + last}" for last in range(_ADDRESSES))
