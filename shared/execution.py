"""
Execution: carry out one allowed step, or take one outcome back.

In:  a Step the gate allowed (or an Outcome to undo), and the incident's Azure.
Out: an Outcome, as read back. Errors of the remedy pass through; then nothing was changed, or it
     says that the fate of a write is unknown.

The only room that opens the guard on the wire, and only for the requests the step announces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from shared.clients.azure import Azure
from shared.model.plan import Outcome, Step
from shared.model.words import RemedyName
from shared.remediations import (
    credential_resync,
    dns_zone_link,
    firewall_sync,
    pull_role,
    restart,
    rule_removal,
    use_identity,
    vnet_image_pull,
)
from shared.remediations.drifting import Drifted


class Remedy(Protocol):
    """What a file in `remediations/` offers. Each has its card in the catalog."""

    def apply(self, step: Step, *, azure: Azure) -> Outcome: ...

    def settle(self, step: Step, *, azure: Azure) -> Outcome | None: ...

    def reverse(self, outcome: Outcome) -> Step: ...

    def undo(self, outcome: Outcome, *, azure: Azure) -> Outcome: ...


REMEDIES: Mapping[RemedyName, Remedy] = {
    RemedyName.FIREWALL_SYNC: firewall_sync,
    RemedyName.RESTART: restart,
    RemedyName.CREDENTIAL_RESYNC: credential_resync,
    RemedyName.USE_IDENTITY: use_identity,
    RemedyName.VNET_IMAGE_PULL: vnet_image_pull,
    RemedyName.DNS_ZONE_LINK: dns_zone_link,
    RemedyName.PULL_ROLE: pull_role,
}


def apply(step: Step, *, azure: Azure) -> Outcome:
    """Do it."""
    with azure.permit(step):
        return _remedy(step).apply(step, azure=azure)


def apply_together(steps: Sequence[Step], *, azure: Azure) -> tuple[Outcome, ...]:
    """Do what several incidents need at one registry in one write; an outcome for each step.

    For firewall-sync alone: a registry has no other write that workloads could share. The steps
    announce the same request but for the items of its list, so the first one's opens the guard.
    """
    with azure.permit(steps[0]):
        return firewall_sync.apply_together(steps, azure=azure)


def settle(step: Step, *, azure: Azure) -> Outcome | None:
    """What became of a step that was interrupted: its outcome if it is in place.

    Writes nothing, but for a site left stopped half-way: that is started, as announced.
    """
    remedy = _remedy(step)
    if step.remedy is not RemedyName.RESTART:
        return remedy.settle(step, azure=azure)
    with azure.permit(step):
        return remedy.settle(step, azure=azure)


def reverse(outcome: Outcome) -> Step:
    """What undoing would send, for the audit to keep before it is sent."""
    return _remedy(outcome).reverse(outcome)


def undo(outcome: Outcome, *, azure: Azure, begun: bool = False) -> Outcome:
    """Take it back, if what is there is still what was written; else Conflict with `details`.

    `begun`: a worker announced it before and told of no outcome; what is gone then, it took away.
    """
    remedy = _remedy(outcome)
    try:
        with azure.permit(remedy.reverse(outcome)):
            return remedy.undo(outcome, azure=azure)
    except Drifted as drift:
        if not (begun and drift.is_back):
            raise
    return replace(
        outcome,
        detail=f"{outcome.target.name} found as it was before; taking back was announced and cut",
        at=azure.now(),
        before=outcome.after,
        after=outcome.before,
    )


def _remedy(about: Step | Outcome) -> Remedy:
    """The remedy's file; taking address rules away is one of its own."""
    firewall = about.remedy is RemedyName.FIREWALL_SYNC
    return rule_removal if firewall and rule_removal.concerns(about) else REMEDIES[about.remedy]
