"""
The plan for an identity that lost its pull role.

In:  evidence whose pull identity may not pull.
Out: one Step that makes exactly one role assignment at the registry, or a Refusal saying why a
     person has to.

The role is the pull role of the registry's permission mode: AcrPull, or Container Registry
Repository Reader. The latter gets the lost repository role's own condition; where another kind of
role was lost, it is narrowed to the repositories this workload pulls (Azure Container Registry,
Microsoft Entra ABAC repository permissions). Its scope is always the registry itself, whatever the
lost one's was, and its name follows from what it is for, so that twice equals once. Azure knows one
assignment of a role to an identity at a scope, so where one stands under a condition, that is for
whoever made it to change. The registry's mode is never changed. Pure.
"""

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared import catalog
from shared.model.evidence import (
    Access,
    Evidence,
    ImageUse,
    PermissionMode,
    PullAuth,
    PullMode,
    Registry,
    RoleAssignment,
)
from shared.model.plan import Step, Write
from shared.model.trail import PastAccess, Trail
from shared.planning.firewall import Refusal

API_VERSION = "2022-04-01"
ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
REPOSITORY_READER = "b93aa761-3e63-49ed-ac28-beffa264f7ac"
_NAMES = {ACR_PULL: "AcrPull", REPOSITORY_READER: "Container Registry Repository Reader"}
_REPOSITORY_ROLES = frozenset(
    {
        REPOSITORY_READER,
        "2a1e307c-b015-4ebd-883e-5b7698a07328",  # Container Registry Repository Writer
        "2efddaa5-3f1f-4df3-97df-af3f13818f4c",  # Container Registry Repository Contributor
    }
)
#: AcrPull, AcrPush: given for pulling and idle in ABAC mode.
_FOR_PULLING = frozenset({ACR_PULL, "8311e382-0749-4cb8-b61a-304f252e45ec"})
_IDENTITIES = (PullMode.SYSTEM_IDENTITY, PullMode.USER_IDENTITY)
DESCRIPTION = "Pull Medic: gives back the right to pull images from this registry"


def step(evidence: Evidence, *, doubts: Sequence[str] = ()) -> Step | Refusal:
    """The assignment that lets the pull identity pull again, and nothing more."""
    registry, access, auth = evidence.registry, evidence.access, evidence.workload.auth
    if not isinstance(registry, Registry) or not isinstance(access, Access):
        return Refusal("the registry or the roles of the pull identity could not be read")
    if not isinstance(auth, PullAuth) or auth.mode not in _IDENTITIES or not auth.attached:
        return Refusal("the workload does not pull with an identity of its own")
    if access.denials:
        return Refusal("a deny assignment takes the permission away, and no role brings it back")
    if registry.mode is None:
        return Refusal(
            "Azure did not report the registry's permission mode, which decides the role"
        )
    if registry.arm_audience is False:
        return Refusal("the registry refuses the tokens of identities, so no role would help")
    lost = _lost(evidence)
    if registry.mode is not PermissionMode.ABAC:
        return _step(evidence, registry, access, ACR_PULL, None, lost, doubts)
    if any(_same_place(one, registry) for one in access.assignments):
        return Refusal(
            f"the identity has the role {_NAMES[REPOSITORY_READER]} at the registry, under a "
            "condition that leaves this repository out, and that condition is its maker's to change"
        )
    again = lost is not None and lost.role in _REPOSITORY_ROLES
    condition = lost.condition if lost and again else _only(_repositories(evidence, access))
    return _step(evidence, registry, access, REPOSITORY_READER, condition, lost, doubts)


def _same_place(one: RoleAssignment, registry: Registry) -> bool:
    return one.role == REPOSITORY_READER and one.scope.lower().rstrip("/") == registry.id.key


def name_of(registry: str, principal: str, role: str) -> str:
    """The assignment's name: the same for the same purpose, on every machine."""
    return str(uuid5(NAMESPACE_URL, f"{registry}|{principal}|{role}".lower()))


def _lost(evidence: Evidence) -> PastAccess | None:
    """The assignment to make up for: the identity's own, else its predecessor's."""
    trail = evidence.trail
    if not isinstance(trail, Trail):
        return None
    return next(iter((*trail.past, *trail.former)), None)


def _repositories(evidence: Evidence, access: Access) -> tuple[str, ...]:
    """What the workload pulls from this registry with this identity."""
    workload, judged = evidence.workload, evidence.image
    if judged is None:
        return ()

    def pulled_so(image: ImageUse) -> bool:
        auth = (workload.sign_ins or {}).get(image.container, workload.auth)
        same = (
            isinstance(auth, PullAuth)
            and (auth.principal or "").lower() == access.principal.lower()
        )
        return image.host == judged.host and same

    found = {image.repository for image in workload.images if pulled_so(image)}
    return tuple(sorted({judged.repository, *found}))


def _only(repositories: Sequence[str]) -> str:
    """The documented condition that narrows a repository role to these repositories."""
    actions = " AND ".join(
        f"!(ActionMatches{{'Microsoft.ContainerRegistry/registries/repositories/{part}/read'}})"
        for part in ("content", "metadata")
    )
    names = " OR ".join(
        "@Request[Microsoft.ContainerRegistry/registries/repositories:name] "
        f"StringEqualsIgnoreCase '{name.replace(chr(39), '')}'"
        for name in repositories
    )
    return f"(({actions}) OR ({names}))"


def _step(
    evidence: Evidence,
    registry: Registry,
    access: Access,
    role: str,
    condition: str | None,
    lost: PastAccess | None,
    doubts: Sequence[str],
) -> Step:
    card, id = catalog.PULL_ROLE, registry.id
    name = name_of(id.key, access.principal, role)
    definition = (
        f"/subscriptions/{id.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    )
    properties: dict[str, Any] = {
        "roleDefinitionId": definition,
        "principalId": access.principal,
        "principalType": "ServicePrincipal",
        "description": DESCRIPTION,
    }
    if condition:
        properties |= {"condition": condition, "conditionVersion": "2.0"}
    url = f"{id}/providers/Microsoft.Authorization/roleAssignments/{name}"
    return Step(
        remedy=card.name,
        target=id,
        summary=f"Give {access.principal}, the identity {evidence.workload.id.name} pulls with, "
        f"the role {_NAMES[role]} at {registry.login_server}{_narrowed(condition)}",
        before={"roleAssignment": None},
        after={"roleAssignment": {"name": name, **properties}},
        requests=(
            Write(
                method="PUT",
                url=f"{url}?api-version={API_VERSION}",
                body={"properties": properties},
            ),
        ),
        permissions=card.permissions,
        risk=_risk(registry, access, condition, lost),
        undo=f"Delete the role assignment {name} again, if it is still as written",
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _narrowed(condition: str | None) -> str:
    return ", under a condition on repositories" if condition else ""


def _risk(
    registry: Registry, access: Access, condition: str | None, lost: PastAccess | None
) -> str:
    what = "the repositories its condition names" if condition else "every repository"
    said = f"The identity can read {what} in {registry.login_server}"
    held = next((one.role_name for one in access.assignments if one.role in _FOR_PULLING), None)
    if lost is not None:
        return f"{said}, as it could before"
    if held is not None:
        return f"{said}, which its role {held} stood for in the registry's other permission mode"
    return f"{said}; nobody proved that it could before"


def infrastructure_change(step: Step) -> str:
    """What to put into Bicep or Terraform so that the assignment is part of the code.

    Under its own name: Azure refuses the same role for the same identity under a second one.
    """
    made = step.after["roleAssignment"]
    name, role = made["name"], str(made["roleDefinitionId"]).rpartition("/")[2]
    condition = made.get("condition")
    in_bicep = (
        f"        condition: '''{condition}'''\n        conditionVersion: '2.0'\n"
        if condition
        else ""
    )
    in_terraform = (
        f'    condition            = "{condition}"\n    condition_version    = "2.0"\n'
        if condition
        else ""
    )
    return (
        f"If the role assignments of {step.target.name} are deployed from code, add this one there,"
        " or a clean-up takes it away again. Keep its name: the same role for the same identity "
        "under another one is refused (RoleAssignmentExists).\n\n"
        "Bicep, beside the registry:\n"
        "    resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n"
        f"      name: '{name}'\n"
        "      scope: registry\n"
        "      properties: {\n"
        f"        principalId: '{made['principalId']}'\n"
        "        principalType: 'ServicePrincipal'\n"
        "        roleDefinitionId: subscriptionResourceId("
        f"'Microsoft.Authorization/roleDefinitions', '{role}')\n"
        f"        description: '{made['description']}'\n"
        f"{in_bicep}      }}\n    }}\n\n"
        "Terraform:\n"
        "  import {\n"
        "    to = azurerm_role_assignment.pull\n"
        f'    id = "{step.target}/providers/Microsoft.Authorization/roleAssignments/{name}"\n'
        "  }\n"
        '  resource "azurerm_role_assignment" "pull" {\n'
        f'    name                 = "{name}"\n'
        f'    scope                = "{step.target}"\n'
        f'    role_definition_name = "{_NAMES.get(role, role)}"\n'
        f'    principal_id         = "{made["principalId"]}"\n'
        f'    description          = "{made["description"]}"\n'
        f"{in_terraform}  }}\n"
    )
