"""
The plan for a web app that has an identity which may pull, and is not told to use it.

In:  evidence that says which of the attached identities may pull.
Out: one Step that sets the flag (and names the identity), or a Refusal.

Only for a site as a whole: which identity a container app or a sidecar container pulls with is
part of its shape, and that is its owner's. Nobody is given anything: the identity is the
workload's own, and its role was there before. Pure.
"""

from collections.abc import Sequence
from typing import Any

from shared import catalog
from shared.model.evidence import Attached, Evidence, PullAuth, PullMode, Registry
from shared.model.plan import Step, Write
from shared.planning.firewall import Refusal

_API_VERSION = "2025-05-01"
_FLAG, _CLIENT = "acrUseManagedIdentityCreds", "acrUserManagedIdentityID"


def step(evidence: Evidence, *, doubts: Sequence[str] = ()) -> Step | Refusal:
    """Set the flag for the one identity that may pull already."""
    workload, auth, registry = evidence.workload, evidence.workload.auth, evidence.registry
    if not isinstance(auth, PullAuth) or not isinstance(registry, Registry):
        return Refusal("how the workload signs in could not be read")
    if not workload.id.type.startswith("microsoft.web/"):
        return Refusal(
            "which identity a container app pulls with is written in its list of registries, "
            "and that is changed by its owner"
        )
    if auth.sidecar:
        return Refusal("each sidecar container has a sign-in of its own, which its owner changes")
    chosen = _chosen(evidence, auth)
    if isinstance(chosen, Refusal):
        return chosen
    return _step(evidence, auth, registry, chosen, (*doubts, *_others(evidence, auth)))


def _chosen(evidence: Evidence, auth: PullAuth) -> Attached | Refusal:
    """The identity the site names already, else the system's, else the only one that may pull."""
    able = [one for one in evidence.idle if one.pulls is True]
    if not able:
        return Refusal("none of the workload's identities is shown to have pull permission yet")
    named = [one for one in able if auth.named and one.client.lower() == auth.named.lower()]
    system = [one for one in able if not one.client]
    if named or system:
        return (named or system)[0]
    if len(able) > 1:
        names = ", ".join(one.id or one.client for one in able)
        return Refusal(f"several identities may pull ({names}), and one has to be chosen")
    return able[0]


def _others(evidence: Evidence, auth: PullAuth) -> list[str]:
    """Images that the change would sign in anew, too. The flag holds for the whole site."""
    host = evidence.image.host if evidence.image else ""
    others = sorted({one.host for one in evidence.workload.images if one.host != host and one.acr})
    said = [f"the site also pulls from {one}, with the same identity then" for one in others]
    if auth.mode is PullMode.CREDENTIALS and auth.server:
        used = {one.host for one in evidence.workload.images if auth.sent_to(one.host)} - {host}
        said += [f"the site also pulls from {one} with its credentials" for one in sorted(used)]
    return said


def _step(
    evidence: Evidence,
    auth: PullAuth,
    registry: Registry,
    chosen: Attached,
    doubts: Sequence[str],
) -> Step:
    id, card = evidence.workload.id, catalog.USE_IDENTITY
    before = {_FLAG: False, _CLIENT: auth.named, "principal": ""}
    after = {_FLAG: True, _CLIENT: chosen.client, "principal": chosen.principal}
    whose = f"its identity {chosen.id or chosen.client}" if chosen.client else "its system identity"
    verb = "slots/config/" if id.type.endswith("/slots") else "config/"
    return Step(
        remedy=card.name,
        target=id,
        summary=f"Tell {id.name} to pull with {whose}, which may pull from "
        f"{registry.login_server} already",
        before=before,
        after=after,
        requests=(
            Write(
                method="PATCH",
                url=f"{id}/config/web?api-version={_API_VERSION}",
                body={"properties": _changes(before, after)},
            ),
        ),
        permissions=(
            *(f"Microsoft.Web/sites/{verb}{what}" for what in ("read", "write")),
            f"Microsoft.Web/sites/{'slots/' if verb.startswith('slots') else ''}read",
        ),
        risk="The app restarts; user name and password in its settings are no longer used, and "
        "can be removed later",
        undo="Set the flag and the client id back to what they were; `medic rollback` does it "
        "while they are still as written",
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    client = {} if after[_CLIENT] == before[_CLIENT] else {_CLIENT: after[_CLIENT]}
    return {_FLAG: after[_FLAG], **client}


def infrastructure_change(step: Step) -> str:
    """What to put into Bicep or Terraform so that the next deployment keeps the identity."""
    client = step.after[_CLIENT]
    bicep = f"\n      acrUserManagedIdentityID: '{client}'" if client else ""
    terraform = f'\n  container_registry_managed_identity_client_id = "{client}"' if client else ""
    return (
        f"If {step.target.name} is deployed from code, say there, too, that it pulls with its "
        "identity, or the next deployment switches that off again.\n\n"
        "Bicep, in the site's properties.siteConfig:\n"
        "    siteConfig: { // beside what is there\n"
        f"      acrUseManagedIdentityCreds: true{bicep}\n    }}\n\n"
        "Terraform, in site_config of azurerm_linux_web_app or azurerm_windows_web_app:\n"
        f"  container_registry_use_managed_identity = true{terraform}\n"
    )
