"""Random estates: each ends healed, or explained by what fails; and nothing moves but the plan.

`ESTATES=5000 make nightly` draws that many, anew each time; without it a few hundred, always the
same, so that a change is judged by the estates it was judged by yesterday.
"""

import os

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.estates import promises
from tests.estates.blueprint import (
    FAULTS,
    HOSTS,
    Blueprint,
    broken,
    broken_ones,
    healing_ones,
    sound,
    sound_ones,
)
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


@_examples(120)
@given(blueprint=broken_ones(), rehearse=st.sampled_from([False, False, True]))
def test_a_broken_estate_ends_healed_or_explained_and_keeps_every_promise(
    blueprint: Blueprint, rehearse: bool
) -> None:
    case = treat(blueprint, rehearse=rehearse, repeat=rehearse)

    event(f"{case.incident.state} {case.findings[:1]}")
    assert promises.broken(case) == (), promises.told(case)


@_examples(80)
@given(blueprint=healing_ones(), rehearse=st.sampled_from([False, False, True]))
def test_what_has_a_cure_is_cured(blueprint: Blueprint, rehearse: bool) -> None:
    case = treat(blueprint, rehearse=rehearse, repeat=rehearse)

    event(f"{case.incident.state} {case.findings[:1]}")
    assert promises.broken(case) == (), promises.told(case)


@_examples(30)
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


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_fails_a_pull_and_keeps_every_promise(fault: str) -> None:
    """On two hosts each, another pair for each fault, so that none waits to be drawn."""
    failed = False
    for blueprint in _homes(fault):
        case = treat(blueprint)
        failed = failed or bool(case.failing)

        assert promises.broken(case) == (), promises.told(case)

    assert failed, "a fault that never fails a pull proves nothing"


def _homes(fault: str) -> list[Blueprint]:
    """Two estates on different hosts in which the fault means something."""
    turn = FAULTS.index(fault)
    hosts = [HOSTS[(turn + step) % len(HOSTS)] for step in range(len(HOSTS))]
    found: dict[str, Blueprint] = {}
    for host in hosts:
        for base in _BASES:
            one = broken(sound(base.but(host=host, pair=bool(turn % 2))), [fault])
            if one.faults:
                found.setdefault(host, one)
    return list(found.values())[:2]


_BASES = (
    Blueprint(posture="deny", way="nat"),
    Blueprint(posture="deny"),
    Blueprint(posture="closed", way="private"),
    *(Blueprint(sign_in=kind) for kind in ("admin", "vault", "token")),
)
