"""
The oracle of consent: what the estate itself says about who had agreed to what.

In:  a Built estate, as it was before the product heard of it.
Out: the workload's own provable addresses, and whether the registry's owner had agreed.

Asked of the simulated platform and of the Activity Log in the scenario, never of the product.
"""

import json
from datetime import datetime, timedelta

from tests.estates.building import Built
from tests.estates.ways import APPLIANCE, FIREWALL, PREMIUM
from tests.simulator import pull, routing, workloads
from tests.simulator.estates import ACR_PULL
from tests.simulator.estates.containerapps import POOL
from tests.simulator.world import Resource, World

PROOF_DAYS = 30
#: Addresses that ARM does not name as fixed ones of the workload.
_UNPROVABLE = {APPLIANCE, *PREMIUM, *POOL}


def own_addresses(built: Built) -> tuple[str, ...]:
    """What the registry sees of the workload and ARM proves to be its own."""
    world = _world(built)
    workload = workloads.find(world, built.workload["id"])
    registry = world.resources.get(built.registry["id"])
    if workload is None or registry is None:
        return ()
    seen = routing.to_registry(world, workload, registry).addresses
    unprovable = _UNPROVABLE if built.blueprint.shared_firewall else {*_UNPROVABLE, FIREWALL}
    return tuple(address for address in seen if address not in unprovable)


def network(built: Built) -> bool:
    """Whether a way may be opened: may pull, signs in rightly, could pull once, or a pair."""
    if built.blueprint.pair or identity_could_pull(built) or _proof(built):
        return True
    world = _world(built)
    workload = workloads.find(world, built.workload["id"])
    registry = world.resources.get(built.registry["id"])
    assert workload is not None
    return registry is not None and any(
        image.credential.kind == "password"
        and pull._sign_in(world, workload, registry, image) is None
        for image in workload.images
    )


def provably(built: Built) -> bool:
    """Whether the owner's consent can be proven by reading: a token cannot be compared, and what a
    Key Vault holds is its own."""
    blueprint = built.blueprint
    if blueprint.sign_in in ("token", "vault") or "not-used" in blueprint.faults:
        return blueprint.pair  # an identity that lies idle speaks for itself, not for the network
    return network(built)


def identity_could_pull(built: Built) -> bool:
    """Whether the identity meant for pulling holds an effective pull permission now."""
    world = _world(built)
    registry = world.resources.get(built.registry["id"])
    if registry is None or built.principal is None:
        return False
    return pull._may_read(world, registry, built.principal, "shop/web")


def grant_refused(built: Built, condition: str | None) -> str | None:
    """Why no pull role may be granted, or None when it may, with this condition."""
    if built.blueprint.pair:
        return None
    if _disarmed(built):
        return None
    proof = _proof(built)
    if proof is None:
        return "a role was granted without a pair, a proof or a disarmed assignment"
    if proof.get("condition") and not condition:
        return "a role that was narrowed to a repository was granted without its condition"
    return None


def password_refused(built: Built) -> str | None:
    """Why no password may be written, or None when it may."""
    if built.blueprint.sign_in != "admin":
        return "a password was written for a workload that does not use the admin user"
    return None


def _disarmed(built: Built) -> bool:
    """The former pull role is still assigned, and the registry's mode took its effect."""
    properties = built.registry["properties"]
    return (
        built.role is not None
        and properties["roleAssignmentMode"] == "AbacRepositoryPermissions"
        and str(built.role["properties"]["roleDefinitionId"]).endswith(ACR_PULL)
        and "recreated" not in built.blueprint.faults
    )


def _proof(built: Built) -> Resource | None:
    """The assignment the identity had: deleted of late, as the Activity Log shows, and not by a
    person; or still there for the principal its identity had before it was made anew."""
    since = built.estate.now - timedelta(days=PROOF_DAYS)
    for record in built.estate.parts["activityLog"]:
        told = record["properties"].get("responseBody")
        if not told or "@" in record["caller"]:
            continue
        at = datetime.fromisoformat(record["eventTimestamp"][:26] + "+00:00")
        stored = json.loads(told).get("properties") or {}
        gone = record["operationName"]["value"].endswith("roleAssignments/delete")
        if gone and at >= since and stored.get("principalId") == built.principal:
            return dict(stored)
    if "recreated" in built.blueprint.faults and built.role is not None:
        return dict(built.role["properties"])
    return None


def _world(built: Built) -> World:
    """The world as it was built; asking it moves nothing."""
    return World.load(built.estate.scenario())
