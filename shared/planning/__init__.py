"""
Planning: from why a pull fails to what to change, as data.

In:  a Diagnosis, the Evidence it rests on, and the Policy (None when it is bad: defaults then, for
     the gate denies anyway).
Out: a Plan, always: steps where a remedy is known and safe, advice for a person in every case.

    firewall.py   the step that adds a workload's addresses to a registry's firewall
    vnet_pull.py, zone_link.py   the steps onto a private path: a site's routing, a zone's link
    pull_role.py  the role assignment that gives access back
    credentials.py, use_identity.py   the steps that repair a workload's sign-in
    advice/       what a person can do, one short text for each finding
    together.py   several images of one workload: one plan, and each image's share of it

A plan never guesses: what diagnosis could not exclude before the fault travels with the step as a
doubt, and the gate holds on any. Pure.
"""

from collections.abc import Callable, Iterable, Mapping

from shared.model.evidence import Evidence
from shared.model.plan import Diagnosis, Plan, Step
from shared.model.words import FindingName, RemedyName
from shared.planning import (
    credentials,
    firewall,
    pull_role,
    restart,
    use_identity,
    vnet_pull,
    zone_link,
)
from shared.planning.advice import advise, private_code
from shared.planning.advice.subject import Subject
from shared.planning.firewall import Refusal
from shared.policy import Policy

Planner = Callable[[Diagnosis, Evidence, Policy | None], Step | tuple[Step, ...] | Refusal]


def plan(diagnosis: Diagnosis, evidence: Evidence, policy: Policy | None) -> Plan:
    """Steps in the order a pull meets the faults, up to the first fault that has no remedy."""
    steps: list[Step] = []
    refusals: list[str] = []
    for finding in (diagnosis.finding, *diagnosis.also):
        planner = PLANNERS.get(finding)
        made = planner(diagnosis, evidence, policy) if planner else None
        if isinstance(made, Refusal):
            refusals.append(f"No change is planned: {made.because}.")
        if made is None or isinstance(made, Refusal):
            break
        steps += (made,) if isinstance(made, Step) else made
    texts = [
        text
        for finding in (diagnosis.finding, *diagnosis.also)
        if (text := advise(finding, diagnosis, evidence))
    ]
    return Plan.of(
        tuple(steps),
        advice=tuple(dict.fromkeys((*refusals, *texts))),
        infrastructure_change=_in_code(steps) or _to_build(diagnosis, evidence),
    )


def _in_code(steps: Iterable[Step]) -> str | None:
    """What to write into Bicep or Terraform so that a deployment does not undo the steps."""
    texts = [IN_CODE[step.remedy](step) for step in steps if step.remedy in IN_CODE]
    return "\n\n".join(texts) or None


def _to_build(diagnosis: Diagnosis, evidence: Evidence) -> str | None:
    """What to write where nothing is planned, because something whole is missing."""
    build = TO_BUILD.get(diagnosis.finding)
    return build(Subject(diagnosis, evidence)) if build else None


def _firewall(diagnosis: Diagnosis, evidence: Evidence, policy: Policy | None) -> Step | Refusal:
    section = policy.remedies.firewall_sync if policy else None
    possible = section is not None and section.addresses == "possible"
    return firewall.step(evidence, possible=possible, doubts=diagnosis.doubts)


def _restart(_: Diagnosis, evidence: Evidence, __: Policy | None) -> Step | Refusal:
    """Without the diagnosis' doubts: what an older text leaves open is no reason to stay down."""
    return restart.when_quiet(evidence)


def _credentials(
    diagnosis: Diagnosis, evidence: Evidence, _: Policy | None
) -> tuple[Step, ...] | Refusal:
    return credentials.steps(evidence, doubts=diagnosis.doubts)


def _use_identity(diagnosis: Diagnosis, evidence: Evidence, _: Policy | None) -> Step | Refusal:
    return use_identity.step(evidence, doubts=diagnosis.doubts)


def _vnet_pull(diagnosis: Diagnosis, evidence: Evidence, _: Policy | None) -> Step | Refusal:
    return vnet_pull.step(evidence, doubts=diagnosis.doubts)


def _zone_link(diagnosis: Diagnosis, evidence: Evidence, _: Policy | None) -> Step | Refusal:
    return zone_link.step(evidence, doubts=diagnosis.doubts)


def _pull_role(diagnosis: Diagnosis, evidence: Evidence, _: Policy | None) -> Step | Refusal:
    return pull_role.step(evidence, doubts=diagnosis.doubts)


PLANNERS: Mapping[FindingName, Planner] = {
    FindingName.FIREWALL_MISSING_EGRESS: _firewall,
    FindingName.NOT_RETRYING: _restart,
    FindingName.CREDENTIALS_STALE: _credentials,
    FindingName.IDENTITY_NOT_USED: _use_identity,
    FindingName.PRIVATE_PATH_NOT_ROUTED: _vnet_pull,
    FindingName.PRIVATE_DNS_NOT_LINKED: _zone_link,
    FindingName.PULL_ROLE_MISSING: _pull_role,
    FindingName.PULL_ROLE_WRONG_FOR_ABAC: _pull_role,
    FindingName.IDENTITY_RECREATED: _pull_role,
}

#: What is missing whole, as code.
TO_BUILD: Mapping[FindingName, Callable[[Subject], str]] = {
    FindingName.PUBLIC_ACCESS_DISABLED: private_code.bicep,
}

#: The lines that keep code from undoing a remedy; one that changes nothing lasting has none.
IN_CODE: Mapping[RemedyName, Callable[[Step], str]] = {
    RemedyName.FIREWALL_SYNC: firewall.infrastructure_change,
    RemedyName.USE_IDENTITY: use_identity.infrastructure_change,
    RemedyName.CREDENTIAL_RESYNC: credentials.infrastructure_change,
    RemedyName.VNET_IMAGE_PULL: vnet_pull.infrastructure_change,
    RemedyName.DNS_ZONE_LINK: zone_link.infrastructure_change,
    RemedyName.PULL_ROLE: pull_role.infrastructure_change,
}
