"""Random estates: each ends healed, or explained by what fails; and nothing moves but the plan.

`ESTATES=5000 make nightly` draws that many, anew each time; without it a few hundred, always the
same, so that a change is judged by the estates it was judged by yesterday.
"""

import os

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.estates import promises
from tests.estates.blueprint import FAULTS, Blueprint, broken_ones, healing_ones, sound_ones
from tests.estates.building import build
from tests.estates.treating import failures, treat
from tests.simulator.world import World

_MANY = int(os.environ.get("ESTATES", "0"))


def _examples(usual: int) -> settings:
    """So many examples; a share of ESTATES where a night is asked for."""
    return settings(
        max_examples=usual * _MANY // 300 if _MANY else usual,
        derandomize=not _MANY,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@_examples(140)
@given(blueprint=broken_ones(), rehearse=st.sampled_from([False, False, True]))
def test_a_broken_estate_ends_healed_or_explained_and_keeps_every_promise(
    blueprint: Blueprint, rehearse: bool
) -> None:
    case = treat(blueprint, rehearse=rehearse, repeat=rehearse)

    event(f"{case.incident.state} {case.findings[:1]}")
    assert promises.broken(case) == (), promises.told(case)


@_examples(100)
@given(blueprint=healing_ones(), rehearse=st.sampled_from([False, False, True]))
def test_what_has_a_cure_is_cured(blueprint: Blueprint, rehearse: bool) -> None:
    case = treat(blueprint, rehearse=rehearse, repeat=rehearse)

    event(f"{case.incident.state} {case.findings[:1]}")
    assert promises.broken(case) == (), promises.told(case)


@_examples(40)
@given(blueprint=sound_ones)
def test_a_sound_estate_is_left_alone(blueprint: Blueprint) -> None:
    case = treat(blueprint)

    assert promises.broken(case) == (), promises.told(case)
    assert case.writes == []


@_examples(60)
@given(blueprint=sound_ones)
def test_what_is_drawn_as_sound_pulls(blueprint: Blueprint) -> None:
    built = build(blueprint)

    world = World.load(built.estate.scenario())

    assert failures(world, built.workload["id"]) == ()


def test_every_fault_alone_breaks_some_estate() -> None:
    """A fault that never fails a pull would prove nothing."""
    harmless = []
    for fault in FAULTS:
        if not any(_fails(one) for one in _homes(fault)):
            harmless.append(fault)

    assert harmless == []


def _homes(fault: str) -> list[Blueprint]:
    """Sound estates in which the fault may mean something."""
    bases = [
        Blueprint(posture="deny"),
        Blueprint(posture="closed", way="private"),
        Blueprint(posture="closed", way="private", host="container-app"),
        Blueprint(way="nat", posture="deny", host="job"),
        *(Blueprint(sign_in=kind) for kind in ("admin", "vault", "token")),
    ]
    return [base.but(faults=(fault,)) for base in bases]


def _fails(blueprint: Blueprint) -> bool:
    try:
        built = build(blueprint)
    except (KeyError, IndexError, StopIteration):
        return False  # the fault has nothing to break here
    return bool(failures(World.load(built.estate.scenario()), built.workload["id"]))
