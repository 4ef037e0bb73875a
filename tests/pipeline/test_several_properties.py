"""
Random apps of several images: whatever is wrong with which, only what was consented to is changed,
and the app runs again exactly when all its images can be helped.
"""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.model.words import State
from shared.pipeline.looking import diagnose
from tests.clinic import Clinic
from tests.simulator import estates
from tests.simulator.estates import Estate, hosts_cases

OPEN, SHUT, NO_ROLE, NO_TAG = "open", "shut", "shut and without a role", "without the tag"
STATES = (OPEN, SHUT, NO_ROLE, NO_TAG)


def estate_of(host: str, faults: list[str]) -> Estate:
    """An app of one image from each of so many registries, each with its own fault."""
    estate = Estate(retry=[60])
    registries, images = [], []
    for number, fault in enumerate(faults):
        shut = fault in (SHUT, NO_ROLE)
        acr = estate.registry(f"contoso{number}", deny=shut, allow=estates.OFFICE if shut else ())
        image = estate.image(acr, "shop/part", "1.0.0")
        registries.append(acr)
        images.append(image.replace("1.0.0", "2.0.0") if fault == NO_TAG else image)
    names = {f"part{number}": {"image": image} for number, image in enumerate(images)}
    if host == "sidecars":
        made = estate.sidecars("shop", names, outbound=estates.OUTBOUND)
    elif host == "compose":
        services = {name: one["image"] for name, one in names.items()}
        made = estate.compose("shop", services, outbound=estates.OUTBOUND)
    else:
        subnet = estate.subnet("environment", nat=(estates.NAT,))
        environment = estate.environment("apps-env", subnet=subnet)
        build = estate.job if host == "job" else estate.container_app
        made = build("shop", environment, image=images[0], registry=registries[0])
        for number in range(1, len(images)):
            estate.also_runs(
                made, f"part{number}", image=images[number], registry=registries[number]
            )
    granted = [acr for acr, fault in zip(registries, faults, strict=True) if fault != NO_ROLE]
    hosts_cases.pulls(estate, made, *granted)
    return estate


def rules(clinic: Clinic) -> dict[str, set[str]]:
    """The address rules of every registry."""
    return {
        str(one["name"]): {rule["value"] for rule in one["properties"]["networkRuleSet"]["ipRules"]}
        for one in clinic.simulator.world.resources.of_type(
            "Microsoft.ContainerRegistry/registries"
        )
    }


@settings(
    max_examples=16,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    host=st.sampled_from(["sidecars", "compose", "app", "job"]),
    faults=st.lists(st.sampled_from(STATES), min_size=2, max_size=2),
)
def test_only_consented_registries_are_opened_and_the_app_runs_when_all_can_be_helped(
    host: str, faults: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        clinic = Clinic(estate_of(host, faults).scenario(), Path(place))
        shop = clinic.find("shop")
        pulled = clinic.pull(shop)["ok"]
        before = rules(clinic)
        diagnose(shop, None, medic=clinic.medic)
        assert (rules(clinic), clinic.writes) == (before, [])

        incident = clinic.sweep_until_done(clinic.heal(shop))
        after = rules(clinic)

        own = {estates.NAT} if host in ("app", "job") else set(estates.OUTBOUND)
        for number, fault in enumerate(faults):
            added = after[f"contoso{number}"] - before[f"contoso{number}"]
            assert added <= (own if fault == SHUT else set()), (fault, added)
        helped = set(faults) <= {OPEN, SHUT}
        assert clinic.pull(shop)["ok"] is helped, incident.state
        if pulled:
            assert incident.state is State.CLOSED
        elif helped:
            assert incident.state is State.HEALED
        else:
            assert incident.state not in (State.HEALED, State.CLOSED)
        assert len(clinic.writes) == sum(bool(after[name] - before[name]) for name in after), (
            "no registry is written twice"
        )
