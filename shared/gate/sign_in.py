"""
Sign-in: what may be written into a workload's own sign-in?

In:  a Case.
Out: objections, all of them holds.

The planner plans nothing else; but a password is only ever handed to the workload, and an identity
only ever used, when what was read says so itself. Pure.
"""

from collections.abc import Iterator

from shared.gate.case import Case, Objection, hold
from shared.model.credentials import Credentials
from shared.model.evidence import PullAuth, PullMode
from shared.model.ids import InvalidId, ResourceId
from shared.model.plan import Step
from shared.model.words import RemedyName


def password_where_it_was(case: Case) -> Iterator[Objection]:
    """The admin password goes only where the registry's own admin user signs in with a dead one."""
    for step in case.steps(RemedyName.CREDENTIAL_RESYNC):
        if objection := _objection(case, step):
            yield hold(f"{step.remedy}: {objection}")


def identity_may_pull(case: Case) -> Iterator[Objection]:
    """The identity to be used is attached to the workload and shown to have pull permission."""
    able = {one.principal.lower() for one in case.evidence.idle if one.pulls is True}
    for step in case.steps(RemedyName.USE_IDENTITY):
        principal = str((step.after or {}).get("principal", ""))
        if principal.lower() not in able:
            yield hold(
                f"{step.remedy}: {principal or 'no identity'} is not shown to be the workload's "
                "own and to have pull permission"
            )


def _objection(case: Case, step: Step) -> str | None:
    auth, found, registry = case.workload.auth, case.evidence.credentials, case.registry
    if registry is None or not isinstance(auth, PullAuth) or not isinstance(found, Credentials):
        return "the sign-in, the registry or the comparison could not be read"
    try:
        named = ResourceId.parse((step.after or {}).get("registry"))
    except InvalidId:
        return "it does not name the registry whose password it would write"
    if named != registry.id:
        return f"it would write a password of {named}, and the workload pulls from {registry.id}"
    if auth.mode is not PullMode.CREDENTIALS or found.matches is not False or not found.stored:
        return "the workload is not shown to hold a dead password"
    if found.vault is not None or auth.vaulted:
        return "the password comes from a Key Vault"
    if registry.admin_enabled is not True:
        return "the registry's admin user is not on"
    if (auth.username or "").lower() != registry.id.name.lower():
        return f"the user {auth.username} is not the registry's admin user"
    if not auth.sent_to(registry.login_server):
        return f"the credentials are for {auth.server}"
    return None
