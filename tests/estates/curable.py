"""
The oracle of cures: which estates must end healed, not just explained.

In:  a Built estate.
Out: whether every fault in it has a cure the decision table lets the service carry out there.

One line for each fault: the conditions of its row. An estate with a fault that is not named, or in
surroundings that hold every write, may be explained instead.
"""

from collections.abc import Callable, Mapping

from tests.estates import consented
from tests.estates.building import Built


def curable(built: Built) -> bool:
    """Whether the service can and may heal all of it."""
    blueprint = built.blueprint
    if blueprint.mode == "observe" or blueprint.opt_out or blueprint.policy:
        return False
    if (
        blueprint.elsewhere == "hidden"
        or blueprint.lock == "ReadOnly"
        or not blueprint.faults
        or _doubtful(built)
    ):
        return False
    return all(_CURES.get(fault, _never)(built) for fault in blueprint.faults)


def _doubtful(built: Built) -> bool:
    """A registry that lists addresses, and a way out that ARM does not prove: nobody can tell
    whether the registry lets the next pull in, so nothing behind that is cured."""
    return built.blueprint.posture == "deny" and not built.blueprint.way_is_fixed


def _never(built: Built) -> bool:
    return False


def _rules(built: Built) -> bool:
    """Rows 1 to 4: addresses that ARM proves, a registry that lists addresses, and consent."""
    if not consented.provably(built) or built.registry["properties"]["anonymousPullEnabled"]:
        return False
    way = built.blueprint.way
    if way == "platform":
        return built.blueprint.is_site
    return way in ("nat", "nat-prefix") or (way == "firewall" and built.blueprint.shared_firewall)


def _role(built: Built) -> bool:
    """Rows 9 to 11: with a proof that the role was not taken by a person, or a pair."""
    return consented.grant_refused(built, "any") is None


def _password(built: Built) -> bool:
    """Row 14: the admin password, kept by the workload itself, and a pair."""
    return built.blueprint.sign_in == "admin" and built.blueprint.pair


def _flag(built: Built) -> bool:
    """Row 12: a site whose own identity may pull already."""
    return built.blueprint.is_site and consented.identity_could_pull(built)


def _routing(built: Built) -> bool:
    """Row 5: the whole private path is there, only not used."""
    return consented.provably(built) and built.blueprint.host != "windows"


def _zone(built: Built) -> bool:
    """Row 7: opted in by the remedy's own mode."""
    return consented.provably(built)


_CURES: Mapping[str, Callable[[Built], bool]] = {
    "no-rules": _rules,
    "some-rules": _rules,
    "role-removed": _role,
    "role-removed-long-ago": _role,
    "role-reaped": _role,
    "role-never": _role,
    "mode-switched": _role,
    "recreated": _role,
    "rotated": _password,
    "not-used": _flag,
    "unrouted": _routing,
    "zone-unlinked": _zone,
}
