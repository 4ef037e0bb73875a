"""
Advice about who pulls: roles, identities, credentials.

In:  a Subject.  Out: a text for a person.

Role ids and the condition's form: container-registry-rbac-built-in-roles-overview and
-rbac-abac-repository-permissions. Pure.
"""

from shared.model.evidence import Access, PermissionMode, PullMode
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
        f"identity the right to pull, and nothing more:{commands(_grant(s))}\n"
        "It may take ten minutes or more to take effect. If somebody took the role away on "
        "purpose, ask first: the Activity Log of the registry names who it was."
    )


def pull_role_wrong_for_abac(s: Subject) -> str:
    return (
        f"{s.host} grants pulls per repository, and there the old roles give none. Give the "
        f"identity the reader role for this repository (do not change the registry's mode, others "
        f"rely on it):{commands(_grant(s))}\n"
        "Hosts keep their old sign-in for a while; a restart makes them ask again."
    )


def identity_recreated(s: Subject) -> str:
    return (
        "The workload's identity was made anew, and the old one's role did not move with it. If "
        f"the workload is still the same one, grant the role to the new identity:"
        f"{commands(_grant(s))}\nThe assignment to the former identity can then be deleted."
    )


def identity_not_attached(s: Subject) -> str:
    auth = s.auth
    if auth and auth.mode is PullMode.SYSTEM_IDENTITY:
        switch_on = (
            f"az webapp identity assign {s.site_args}"
            if s.is_site
            else f"{s.app} identity assign {s.app_args} --system-assigned"
        )
        return (
            "Switch the workload's system identity on. It will be a new identity without any role, "
            f"so the pull role has to be granted to it afterwards:{commands(switch_on)}"
        )
    attach = (
        f"az webapp identity assign {s.site_args} --identities '<resource id of the identity>'"
        if s.is_site
        else f"{s.app} identity assign {s.app_args} --user-assigned "
        f"{quoted(auth.identity if auth else '<resource id of the identity>')}"
    )
    return (
        "Attach the configured identity to the workload, or configure one that is attached:"
        + commands(attach, _use_identity(s))
    )


def identity_not_used(s: Subject) -> str:
    access = s.evidence.access
    able = isinstance(access, Access) and access.pulls is True
    first = (
        "The identity has the right already; tell the workload to pull with it:"
        if able
        else "Let the workload pull with its managed identity; that needs the pull role first:"
    )
    lines = [_use_identity(s)] if able else [_grant(s), _use_identity(s)]
    return first + commands(*lines) + "\nThis restarts the workload."


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


def credentials_admin_disabled(s: Subject) -> str:
    return (
        f"The admin user of {s.host} is off, and that is good practice: leave it off. Let the "
        f"workload pull with its managed identity:{commands(_grant(s), _use_identity(s))}"
    )


def credentials_not_admin(s: Subject) -> str:
    name = quoted(s.username or "<name of the token>")
    return (
        f"{f'The user {s.username}' if s.username else 'The configured user'} is a repository "
        "token or a service principal. Its owner has to look whether it is expired or disabled and "
        "issue a new password; nobody can read the old one back. For a token:"
        + commands(
            f"az acr token show --registry {s.registry_name} --name {name}",
            f"az acr token credential generate --registry {s.registry_name} --name {name} "
            "--password1 --expiration-in-days 90",
        )
        + "\nA managed identity needs no such password at all."
    )


def credentials_stale(s: Subject) -> str:
    return (
        f"The stored password is none of the two that {s.host} accepts now: they were rotated. Put "
        "the present one where the workload reads it, or better, let it pull with its managed "
        f"identity and be done with passwords:{commands(_grant(s), _use_identity(s))}"
    )


def keyvault_reference_broken(s: Subject) -> str:
    look = (
        f"az webapp config appsettings list {s.site_args} "
        "--query \"[?name=='DOCKER_REGISTRY_SERVER_PASSWORD']\""
        if s.is_site
        else f"{s.app} secret list {s.app_args}"
    )
    return (
        "The registry password is taken from a Key Vault and does not arrive. See which vault and "
        "secret it is, then ask the vault's owner whether the secret, its version and the "
        f"workload's access to it are still there:{commands(look)}"
    )


def _grant(s: Subject) -> str:
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


def _use_identity(s: Subject) -> str:
    if s.is_site:
        return (
            f"az resource update --ids {quoted(f'{s.workload}/config/web')} "
            "--set properties.acrUseManagedIdentityCreds=true"
        )
    return f"{s.app} registry set {s.app_args} --server {quoted(s.host)} --identity system"
