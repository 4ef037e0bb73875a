"""
Identities a workload has and does not pull with: could one of them?

In:  the evidence read so far.
Out: the aspect `idle`; () where the workload signs in with something that may work.

Asked only when the workload signs in with nothing, or with credentials that cannot work: for a
registry other than the judged one, or for an admin user that is off.
"""

from collections.abc import Iterator
from dataclasses import replace

from shared.clients.azure import Azure
from shared.evidence import access
from shared.evidence.reading import attempt
from shared.model.evidence import (
    Access,
    Attached,
    Evidence,
    Fact,
    PullAuth,
    PullMode,
    Registry,
    Unread,
)

#: A workload rarely has more than one identity; each costs two requests.
_MOST = 3


def read(azure: Azure, evidence: Evidence) -> tuple[Attached, ...]:
    """Each attached identity with its pull permission; those beyond the first few stay unjudged."""
    auth, registry = evidence.workload.auth, evidence.registry
    if not isinstance(auth, PullAuth) or not isinstance(registry, Registry):
        return ()
    if not auth.spare or registry.anonymous_pull or not _signs_in_with_nothing(auth, registry):
        return ()
    judged = {
        str(number): (lambda one=one: _judged(azure, evidence, registry, one))
        for number, one in enumerate(auth.spare[:_MOST])
    }
    answers = azure.together(**judged)
    return (*(answers[number] for number in judged), *auth.spare[_MOST:])


def _signs_in_with_nothing(auth: PullAuth, registry: Registry) -> bool:
    if auth.mode is PullMode.ANONYMOUS:
        return True
    if auth.mode is not PullMode.CREDENTIALS:
        return False
    admin = (auth.username or "").lower() == registry.id.name.lower()
    return not auth.sent_to(registry.login_server) or (admin and registry.admin_enabled is False)


def _judged(azure: Azure, evidence: Evidence, registry: Registry, one: Attached) -> Attached:
    known = evidence.access
    if isinstance(known, Access) and known.principal.lower() == one.principal.lower():
        return replace(one, pulls=known.pulls)
    repository = evidence.image.repository if evidence.image else ""
    asked = access.ask(azure, one.principal, registry.id)
    if isinstance(asked, Unread):
        return replace(one, pulls=asked)
    seen = attempt(lambda: access.judge(azure, asked, registry, repository))
    return replace(one, pulls=seen if isinstance(seen, Unread) else seen.pulls)


def facts(evidence: Evidence) -> Iterator[Fact]:
    for one in evidence.idle:
        told = {True: "may pull", False: "may not pull", None: "cannot be judged"}
        value = one.pulls.because if isinstance(one.pulls, Unread) else told[one.pulls]
        yield Fact(
            fact=f"unused identity {one.id or one.client or 'of the system'}",
            value=f"{value} (principal {one.principal})",
            source="role assignments at the registry, inherited and by group included",
        )
