"""
Advice about a workload's identity: not attached, or not used.

In:  a Subject.  Out: a text for a person.

Commands: `az webapp`, `az containerapp`, `az identity` references. Pure.
"""

import re

from shared.model.evidence import Access, Attached, PullMode
from shared.planning.advice.identity import grant
from shared.planning.advice.subject import Subject, commands, plain, quoted

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


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
    named = auth.identity if auth and auth.identity else "<client id of the identity>"
    attach = (
        (
            f"az identity list --query {_with_client_id(named)} --output tsv",
            f"az webapp identity assign {s.site_args} --identities '<the id it printed>'",
        )
        if s.is_site
        else (f"{s.app} identity assign {s.app_args} --user-assigned {quoted(named)}",)
    )
    return (
        f"The workload is told to pull with {plain(named)}, and that identity is not attached to "
        "it. Attach it, or configure one that is. It takes somebody who may hand that identity out "
        f"(Managed Identity Operator), so it is not done for you:{commands(*attach)}"
    )


def identity_not_used(s: Subject) -> str:
    able = [one for one in s.evidence.idle if one.pulls is True]
    access = s.evidence.access
    ready = bool(able) or (isinstance(access, Access) and access.pulls is True)
    chosen = able[0] if able else None
    if not ready:
        return (
            _right_address(s)
            + "Let the workload pull with its managed identity; that needs the pull role first:"
            + commands(*to_identity(s))
            + f"\n{counts(s)}"
        )
    several = ""
    if len(able) > 1:
        names = ", ".join(plain(one.id or "its system identity") for one in able)
        several = f" (it has several that may pull: {names}; choose one)"
    return (
        f"The identity has the right already{several}; tell the workload to pull with it:"
        + commands(use_identity(s, chosen))
        + f"\n{counts(s)}"
        + leftovers(s)
    )


def use_identity(s: Subject, chosen: Attached | None = None) -> str:
    """The command that makes the workload pull with an identity."""
    if s.is_site:
        if s.auth and s.auth.sidecar:
            return (
                f"az webapp sitecontainers update {s.site_args} --container-name "
                f"{quoted(s.evidence.image.container if s.evidence.image else '<container>')} "
                "--system-assigned-identity true"
            )
        client = ""
        if chosen and chosen.client:
            client = f" properties.acrUserManagedIdentityID={quoted(chosen.client)}"
        return (
            f"az resource update --ids {quoted(f'{s.workload}/config/web')} "
            f"--set properties.acrUseManagedIdentityCreds=true{client}"
        )
    return (
        f"{s.app} registry set {s.app_args} --server {quoted(s.host)} "
        f"--identity {quoted(chosen.id) if chosen and chosen.id else 'system'}"
    )


def _with_client_id(client: str) -> str:
    """A query that may stand in a shell as it is: a GUID needs no further quoting."""
    if _GUID.fullmatch(client):
        return f"\"[?clientId=='{client}'].id\""
    return quoted(f"[?clientId=='{plain(client)}'].id")


def to_identity(s: Subject) -> tuple[str, ...]:
    """What it takes to pull with the system identity: have one, let it in, use it."""
    known = s.auth is not None and bool(s.auth.principal)
    switch_on = (
        f"az webapp identity assign {s.site_args}"
        if s.is_site
        else f"{s.app} identity assign {s.app_args} --system-assigned"
    )
    return (*(() if known else (switch_on,)), grant(s), use_identity(s))


def counts(s: Subject) -> str:
    """When a changed sign-in counts."""
    if s.is_site:
        return "This restarts the workload."
    if s.is_job:
        return "It counts from the next execution on."
    return "It counts for the next replica; restart the failing revision to have it tried at once."


def _right_address(s: Subject) -> str:
    """For credentials that another registry gets, or none."""
    if not s.is_site or not s.auth or s.auth.mode is not PullMode.CREDENTIALS:
        return ""
    setting = quoted(f"DOCKER_REGISTRY_SERVER_URL=https://{s.host}")
    return (
        "If the stored credentials are this registry's, name it in their address:"
        + commands(f"az webapp config appsettings set {s.site_args} --settings {setting}")
        + "\nBetter: "
    )


def leftovers(s: Subject) -> str:
    """The settings nobody needs any more once an identity pulls."""
    if not s.is_site or not s.auth or s.auth.mode is not PullMode.CREDENTIALS or s.auth.sidecar:
        return ""
    names = "DOCKER_REGISTRY_SERVER_USERNAME DOCKER_REGISTRY_SERVER_PASSWORD"
    return "\nOnce it pulls, the user name and password can go:" + commands(
        f"az webapp config appsettings delete {s.site_args} --setting-names {names}"
    )
