"""
What takes a workload's sign-in away: roles, identities, passwords, tokens, vaults.

In:  a Built estate, sound so far.
Out: the same estate, changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.estates import hosts
from tests.simulator.estates import ground as bricks
from tests.simulator.estates.past import PERSON, PIPELINE

if TYPE_CHECKING:
    from tests.estates.building import Built

_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"


def _role_removed(built: Built) -> None:
    _forget(built, by=PERSON)


def _role_removed_long_ago(built: Built) -> None:
    _forget(built, by=PIPELINE, days=45)


def _role_reaped(built: Built) -> None:
    """Removed by an automation, not by a person."""
    _forget(built, by=PIPELINE)


def _forget(built: Built, *, by: str, days: float = 1) -> None:
    """The Activity Log keeps the making and the deletion of the assignment."""
    if built.role is None or built.principal is None:
        return
    held = built.role["properties"]
    role = str(held["roleDefinitionId"]).rsplit("/", 1)[-1]
    _role_never(built)
    built.estate.forgotten_assignment(
        held["principalId"],
        role,
        held["scope"],
        by=by,
        days=days,
        condition=held["condition"] or "",
    )


def _role_never(built: Built) -> None:
    if built.role is not None:
        built.drop(built.role)
        built.role = None


def _mode_switched(built: Built) -> None:
    built.registry["properties"]["roleAssignmentMode"] = "AbacRepositoryPermissions"


def _recreated(built: Built) -> None:
    """The identity was switched off and on: the role is still assigned to the former principal."""
    if built.role is None:
        return
    former = bricks.guid("principal", "before it was made anew")
    built.role["properties"]["principalId"] = former
    if built.workload.get("identity", {}).get("principalId"):
        built.estate.new_identity(built.workload, former=former)


def _denied(built: Built) -> None:
    kind = "Microsoft.Authorization/denyAssignments"
    name = bricks.guid("deny")
    permissions = {
        "actions": ["Microsoft.ContainerRegistry/registries/pull/read"],
        "notActions": [],
        "dataActions": ["Microsoft.ContainerRegistry/registries/repositories/content/read"],
        "notDataActions": [],
    }
    built.estate.add(
        f"{built.registry['id']}/providers/{kind}/{name}",
        kind,
        {
            "denyAssignmentName": "incident response",
            "description": "",
            "scope": built.registry["id"],
            "doNotApplyToChildScopes": False,
            "isSystemProtected": True,
            "permissions": [permissions],
            "principals": [{"id": built.principal, "type": "ServicePrincipal"}],
            "excludePrincipals": [],
        },
    )


def _arm_audience(built: Built) -> None:
    policies = built.registry["properties"]["policies"]
    policies["azureADAuthenticationAsArmPolicy"] = {"status": "disabled"}


def _detached(built: Built) -> None:
    """The identity it is told to use is not attached (any more)."""
    built.workload["identity"] = {"type": "None"}


def _not_used(built: Built) -> None:
    hosts.with_nothing(built)


def _rotated(built: Built) -> None:
    from tests.estates.building import STALE

    if built.blueprint.sign_in == "vault":
        secret = built.of_type("Microsoft.KeyVault/vaults/secrets")[0]
        secret["properties"]["value"] = STALE
    else:
        hosts.change_password(built, STALE)


def _admin_off(built: Built) -> None:
    built.registry["properties"]["adminUserEnabled"] = False


def _vault_closed(built: Built) -> None:
    """The site's identity may not read the secret any more."""
    vault = built.of_type("Microsoft.KeyVault/vaults")[0]
    for item in built.of_type(_ASSIGNMENT):
        if item["id"].startswith(vault["id"]):
            built.drop(item)


def _token_expired(built: Built) -> None:
    for token in built.of_type(f"{built.registry['type']}/tokens"):
        token["properties"]["status"] = "disabled"


FAULTS: Mapping[str, Callable[[Built], None]] = {
    "role-removed": _role_removed,
    "role-removed-long-ago": _role_removed_long_ago,
    "role-reaped": _role_reaped,
    "role-never": _role_never,
    "mode-switched": _mode_switched,
    "recreated": _recreated,
    "denied": _denied,
    "arm-audience": _arm_audience,
    "detached": _detached,
    "not-used": _not_used,
    "rotated": _rotated,
    "admin-off": _admin_off,
    "vault-closed": _vault_closed,
    "token-expired": _token_expired,
}
