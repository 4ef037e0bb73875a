"""
Advice about what the pull identity may do: its role at the registry.

In:  a Subject.  Out: a text for a person.

Role ids and the condition's form: container-registry-rbac-built-in-roles-overview and
-rbac-abac-repository-permissions. Pure.
"""

from shared.model.evidence import Access, PermissionMode
from shared.model.trail import Trail
from shared.planning.advice.subject import Subject, commands, plain, quoted

ACR_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
REPOSITORY_READER = "b93aa761-3e63-49ed-ac28-beffa264f7ac"


def pull_role_missing(s: Subject) -> str:
    access = s.evidence.access
    if isinstance(access, Access) and access.denials:
        return (
            "A deny assignment takes the permission away; a further role would not bring it back. "
            f"Talk to whoever made it: {plain(access.denials[0])}."
        )
    return (
        f"If this workload is meant to pull from {s.host}, the registry's owner can give its "
        f"identity the right to pull, and nothing more:{commands(grant(s))}\n"
        f"It may take ten minutes or more to take effect. {_history(s)}"
    )


def _history(s: Subject) -> str:
    """Who took the role away, and what stood in the way of giving it, as far as it is known."""
    trail = s.evidence.trail
    if not isinstance(trail, Trail):
        return (
            "If somebody took the role away on purpose, ask first: the Activity Log of the "
            "registry names who it was."
        )
    said = []
    past = next(iter(trail.past), None)
    if past is not None and past.removed is not None:
        who = plain(past.removed_by) or "somebody the Activity Log does not name"
        said.append(
            f"{who} took it away on {past.removed:%Y-%m-%d at %H:%M} UTC; if that was on purpose, "
            "ask first."
        )
    elif past is None:
        said.append(
            f"The Activity Log, read back to {trail.since:%Y-%m-%d}, knows of no role this "
            "identity had here, so somebody has to decide whether it ever should."
        )
    if trail.refusals:
        said.append(f"It was tried before: {plain(trail.refusals[0])}.")
    return " ".join(said)


def pull_role_wrong_for_abac(s: Subject) -> str:
    return (
        f"{s.host} grants pulls per repository, and there the old roles give none. Give the "
        f"identity the reader role for this repository (do not change the registry's mode, others "
        f"rely on it):{commands(grant(s))}\n"
        "Hosts keep their old sign-in for a while; a restart makes them ask again."
    )


def identity_recreated(s: Subject) -> str:
    return (
        "The workload's identity was made anew, and the old one's role did not move with it. If "
        f"the workload is still the same one, grant the role to the new identity:"
        f"{commands(grant(s))}\nThe assignment to the former identity can then be deleted."
    )


def arm_audience_disabled(s: Subject) -> str:
    return (
        f"{s.host} is set to refuse Azure Resource Manager tokens, which is how App Service and "
        "Container Apps sign in with a managed identity. It is a security setting, often made by "
        "Azure Policy, so its owner decides: accept these tokens again, or let this workload use a "
        "repository token of its own instead. To see the setting and who set it:"
        + commands(
            f"az acr config authentication-as-arm show --registry {s.registry_name}",
            f"az policy state list --resource {s.registry_id} --output table",
        )
    )


def grant(s: Subject) -> str:
    """The command that gives the pull identity the pull role, and nothing more."""
    mode = s.registry.mode if s.registry else None
    role = REPOSITORY_READER if mode is PermissionMode.ABAC else ACR_PULL
    line = (
        f"az role assignment create --assignee-object-id {s.principal} "
        f"--assignee-principal-type ServicePrincipal --role {role} --scope {s.registry_id}"
    )
    if mode is not PermissionMode.ABAC:
        return line
    return f"{line} --condition-version 2.0 --condition {quoted(_only(s.repository))}"


def _only(repository: str) -> str:
    """The condition that narrows Repository Reader to one repository."""
    actions = " AND ".join(
        "!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/" + part + "/read'})"
        for part in ("content", "metadata")
    )
    name = repository.replace("'", "")
    return (
        f"(({actions}) OR (@Request[Microsoft.ContainerRegistry/registries/repositories:name] "
        f"StringEqualsIgnoreCase '{name}'))"
    )
