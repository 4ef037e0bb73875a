"""
The plan for a workload whose stored registry password is not accepted any more.

In:  evidence whose comparison says that the stored password is none of the registry's two.
Out: the step that writes a working one, for a container app with the restart that makes it count;
     or a Refusal saying who has to act.

No password is in a plan: `before` and `after` say in words what the setting holds, and the
announced body carries a mark where the value goes. Pure.
"""

from collections.abc import Sequence

from shared import catalog
from shared.model.credentials import Credentials
from shared.model.evidence import Evidence, PullAuth, Registry, Unread
from shared.model.ids import ResourceId
from shared.model.plan import AS_READ, SECRET, Step, Write
from shared.model.words import Host
from shared.planning import restart
from shared.planning.firewall import Refusal

#: The api-versions azure-mgmt-web 11.0.1 and azure-mgmt-appcontainers 5.1.0 send.
_WEB, _APPS = "2025-05-01", "2026-07-01"


def steps(evidence: Evidence, *, doubts: Sequence[str] = ()) -> tuple[Step, ...] | Refusal:
    """Write the password; then, where only a restart brings it in, restart what is failing."""
    found, registry = evidence.credentials, evidence.registry
    if not isinstance(found, Credentials) or not isinstance(registry, Registry):
        return Refusal("the stored credentials could not be read")
    if objection := _objection(evidence, registry, found):
        return Refusal(objection)
    if isinstance(found.slot_sticky, Unread):
        whether = "whether the setting stays with its slot"
        doubts = (*doubts, f"{whether} is {found.slot_sticky.because}")
    made = _step(evidence, registry, found, doubts)
    if evidence.workload.host is not Host.CONTAINER_APP:
        return (made,)
    behind = restart.step_for(evidence, doubts=doubts)
    return (made,) if isinstance(behind, Refusal) else (made, behind)


def _objection(evidence: Evidence, registry: Registry, found: Credentials) -> str | None:
    """Why writing a password here would be wrong, or None."""
    auth = evidence.workload.auth
    if found.vault is not None or (isinstance(auth, PullAuth) and auth.vaulted):
        return (
            f"the password comes from {found.vault or 'a Key Vault'}, so its owner has to put the "
            "present one there as a new version; the setting itself stays a reference"
        )
    if not isinstance(auth, PullAuth) or isinstance(found.matches, Unread):
        return "the stored password cannot be compared with the registry's"
    if found.matches is not False:
        return "the stored password was not shown to be wrong"
    if registry.admin_enabled is not True:
        return "the registry's admin user is not on, so none of its passwords works"
    if (auth.username or "").lower() != registry.id.name.lower():
        return f"the user {auth.username} is not the registry's admin user"
    if not auth.sent_to(registry.login_server):
        return f"the credentials are for {auth.server}, not for {registry.login_server}"
    if not found.stored:
        return f"no password is stored as {found.place}, and one that never was there is not given"
    if found.shared_by:
        return f"{found.place} also signs in to {', '.join(found.shared_by)}"
    return None


def _step(
    evidence: Evidence, registry: Registry, found: Credentials, doubts: Sequence[str]
) -> Step:
    workload, card = evidence.workload, catalog.CREDENTIAL_RESYNC
    site = workload.id.type.startswith("microsoft.web/")
    kind = "setting" if site else "secret"
    where = {
        "kind": kind,
        "name": found.place,
        "registry": str(registry.id),
        "server": registry.login_server.lower(),
    }
    if evidence.workload.host is Host.CONTAINER_APP and evidence.workload.location:
        where["location"] = evidence.workload.location
    name = registry.id.name
    return Step(
        remedy=card.name,
        target=workload.id,
        summary=f"Write the present password of {registry.login_server} into the {kind} "
        f"{found.place} of {workload.id.name}; every other {kind} is sent as it is",
        before={**where, "value": f"neither of the two passwords of {name}"},
        after={**where, "value": f"the first of the two passwords of {name}"},
        requests=(_write(evidence, found.place),),
        permissions=_permissions(workload.id.type),
        risk=_risk(evidence, registry, found),
        undo="It cannot be taken back: the registry accepts the old password nowhere, and nobody "
        "kept it. To take access away, remove the credentials or rotate the password again",
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _write(evidence: Evidence, place: str) -> Write:
    id = evidence.workload.id
    if id.type.startswith("microsoft.web/"):
        body = {"properties": {place: SECRET, AS_READ: "every other setting, as it was just read"}}
        return Write(method="PUT", url=f"{id}/config/appsettings?api-version={_WEB}", body=body)
    changed = [{"name": place, "value": SECRET}, {AS_READ: "every other secret"}]
    configuration: dict[str, object] = {"secrets": changed}
    if evidence.workload.host is Host.JOB:
        configuration[AS_READ] = "its trigger and time-out, as they were just read"
    whole: dict[str, object] = {"properties": {"configuration": configuration}}
    if evidence.workload.host is Host.CONTAINER_APP and evidence.workload.location:
        whole["location"] = evidence.workload.location  # a PATCH names it (ContainerApps_Update)
    return Write(method="PATCH", url=f"{id}?api-version={_APPS}", body=whole)


def infrastructure_change(step: Step) -> str:
    """How code gets the password without holding it, so that no deployment brings a dead one."""
    name = ResourceId.parse(step.after["registry"]).name
    return (
        f"If {step.target.name} is deployed from code, the password must not stand in it: the next "
        "deployment would bring the dead one back. Take it from the registry each time.\n\n"
        f"Bicep, with the registry as an existing resource:\n"
        f"  resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {{\n"
        f"    name: '{name}'\n  }}\n"
        f"  // {step.after['name']}: registry.listCredentials().passwords[0].value\n\n"
        "Terraform, with data.azurerm_container_registry:\n"
        f"  # {step.after['name']} = data.azurerm_container_registry.registry.admin_password\n\n"
        "Better: let the workload pull with its managed identity, and hold no password at all.\n"
    )


def _permissions(type: str) -> tuple[str, ...]:
    mine = {
        "microsoft.web/sites": "Microsoft.Web/sites/config/",
        "microsoft.web/sites/slots": "Microsoft.Web/sites/slots/config/",
        "microsoft.app/containerapps": "Microsoft.App/containerApps/",
        "microsoft.app/jobs": "Microsoft.App/jobs/",
    }[type]
    return tuple(
        action
        for action in catalog.CREDENTIAL_RESYNC.permissions
        if action.startswith((mine, "Microsoft.ContainerRegistry/"))
    )


def _risk(evidence: Evidence, registry: Registry, found: Credentials) -> str:
    """What it gives, what it disturbs, what a swap may bring back."""
    said = f"The admin user of {registry.login_server} may push as well as pull, so whoever reads "
    said += "this workload's configuration may too, as before the rotation"
    if evidence.workload.id.type.startswith("microsoft.web/"):
        said += "; the write restarts the app"
        if found.slot_sticky is False:
            said += "; the setting moves with a slot swap, so check the other slots' passwords too"
    return said
