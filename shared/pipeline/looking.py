"""
Looking: everything up to the gate's answer. A heal goes on from here; a dry run ends here.

In:  a Signal, an Azure and the Medic's policy and history.
Out: what was seen, why it fails, what would be done, and whether that is allowed.

A workload of several images is looked at image by image: each has a diagnosis and a plan by its own
evidence, they become one diagnosis and one plan, and the gate judges every image's share of it by
that image's evidence. A text that names one image says nothing about the others.

Nothing here writes to Azure; the guard on the wire would stop it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from shared import classification, diagnosis, evidence, gate, planning
from shared.clients import telemetry
from shared.clients.azure import Azure
from shared.clients.remembered import Memory
from shared.diagnosis import together
from shared.errors import BudgetSpent, OutOfScope, PermanentError, PermissionMissing
from shared.evidence import lines
from shared.medic import Medic
from shared.model.evidence import Evidence, ImageUse, Registry, Unread
from shared.model.ids import ResourceId
from shared.model.incident import Heard, Incident
from shared.model.plan import Decision, Diagnosis, Plan
from shared.model.signal import Reading, Signal
from shared.model.words import Cause, FindingName, State
from shared.pipeline import offering, weighing
from shared.planning import together as plans

#: One failed pull prints several lines; what is older belongs to an earlier one.
_ONE_FAILURE = timedelta(minutes=2)
#: States of an instance or revision that is up; what it last complained about may be long over.
_UP = frozenset({"Started", "Running"})
#: How Container Apps words what it finds wrong with an image before it deploys it.
_BEFORE_DEPLOYMENT = re.compile(r"Field 'template\.(initC|c)ontainers\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a workload, from evidence to decision."""

    evidence: Evidence
    diagnosis: Diagnosis
    plan: Plan
    decision: Decision | None  # None: there is nothing to decide, because nothing would be done
    shares: tuple[gate.Share, ...] = ()  # what the gate was asked, to ask it again before a write

    @property
    def registry(self) -> ResourceId | None:
        registry = self.evidence.registry
        return registry.id if isinstance(registry, Registry) else None

    def onto(self, incident: Incident) -> Incident:
        """The incident with everything this look found; state and timeline are the caller's."""
        image, seen = self.evidence.image, self.evidence.workload.instances
        auth, way = self.evidence.workload.auth, self.evidence.workload.egress
        return replace(
            incident,
            resource=self.evidence.workload.id,
            host=self.evidence.workload.host,
            image=image.text if image else None,
            images=len(self.evidence.workload.images),
            registry=self.registry,
            cause=self.diagnosis.cause,
            diagnosis=self.diagnosis,
            plan=self.plan,
            decision=self.decision,
            instances=() if isinstance(seen, Unread) else seen,
            pulls_as=None if isinstance(auth, Unread) else auth.principal,
            leaves_by=() if isinstance(way, Unread) else way.addresses,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One image of the workload, looked at by itself."""

    evidence: Evidence
    judged: together.Judged
    plan: Plan

    @property
    def registry(self) -> ResourceId | None:
        registry = self.evidence.registry
        return registry.id if isinstance(registry, Registry) else None


def look(signal: Signal, *, azure: Azure, medic: Medic, incident: Incident | None = None) -> Look:
    """Gather, read, diagnose, plan, decide. Errors of the workload's own read pass through.

    `incident` is the one looked at, for what a person said about it; None in a dry run.
    """
    azure = azure.remembering()
    if offering.is_offer(signal.resource):
        return _offer(
            offering.look(signal.resource, azure=azure, medic=medic), azure, medic, incident
        )
    seen = telemetry.spanned("evidence")(evidence.gather)(signal, azure=azure)
    parts = [_part(signal, one, seen, medic) for one in _in_pull_order(seen)]
    first = together.leading([part.judged for part in parts])
    diagnosed = together.merge([part.judged for part in parts], read(signal, seen).cause)
    planned, shares = plans.merge(
        [
            plans.Part(
                name=part.judged.name,
                registry=part.registry,
                plan=part.plan,
                faulty=part.judged.faulty,
                leads=number == first,
                troubled=part.judged.diagnosis.finding in together.TROUBLE,
            )
            for number, part in enumerate(parts)
        ]
    )
    decision: Decision | None = None
    asked: tuple[gate.Share, ...] = ()
    if planned.steps:
        asked = tuple(
            _share(part, share, planned, diagnosed.finding, incident, azure, medic)
            for part, share in zip(parts, shares, strict=True)
        )
        decision = weighing.decide(planned, asked, medic.policy, now=azure.now(), incident=incident)
    return Look(
        evidence=parts[first].evidence,
        diagnosis=diagnosed,
        plan=planned,
        decision=decision,
        shares=asked,
    )


def _offer(seen: offering.Offer, azure: Azure, medic: Medic, incident: Incident | None) -> Look:
    """A look at a registry's own rules; from here on it is like any other."""
    decision: Decision | None = None
    if seen.shares:
        now = azure.now()
        decision = weighing.decide(seen.plan, seen.shares, medic.policy, now=now, incident=incident)
    return Look(
        evidence=seen.evidence,
        diagnosis=seen.diagnosis,
        plan=seen.plan,
        decision=decision,
        shares=seen.shares,
    )


def _in_pull_order(seen: Evidence) -> list[Evidence]:
    """The evidence of every image, in the order in which the workload names them."""
    images = seen.workload.images
    return sorted(
        (seen, *seen.siblings), key=lambda one: images.index(one.image) if one.image else 0
    )


@telemetry.spanned("diagnosis", lambda part: {"finding": part.judged.diagnosis.finding})
def _part(signal: Signal, one: Evidence, whole: Evidence, medic: Medic) -> _Part:
    """One image's diagnosis and plan; a text about another image is no text about this one."""
    others = [each.image for each in (whole, *whole.siblings) if each is not one and each.image]
    heard = signal
    if one.image and others and _is_about_another(signal.text, one.image, others):
        heard = replace(signal, text="")
    found = diagnosis.diagnose(heard, read(heard, one), one)
    return _Part(
        evidence=one,
        judged=together.Judged(one.image, found),
        plan=planning.plan(found, one, medic.policy),
    )


def _is_about_another(text: str, image: ImageUse, others: Iterable[ImageUse]) -> bool:
    mine = lines.speaks_of(text, image)
    return any(lines.speaks_of(text, other) > mine for other in others)


def _share(
    part: _Part,
    share: Plan,
    whole: Plan,
    finding: FindingName,
    incident: Incident | None,
    azure: Azure,
    medic: Medic,
) -> gate.Share:
    return gate.Share(
        of=part.judged.name,
        plan=share,
        evidence=weighing.surrounded(part.evidence, share.steps, azure),
        history=weighing.history(
            share,
            part.evidence,
            digest=whole.digest,
            finding=finding,
            incident=incident,
            azure=azure,
            medic=medic,
        ),
    )


def read(signal: Signal, seen: Evidence) -> Reading:
    """What the texts say: the signal's own, else the platform's lines of the newest failure, else
    what it notes of instances that are not up."""
    if signal.text:
        return _said(signal.text)
    lines = () if isinstance(seen.lines, Unread) else seen.lines
    said = [(line.at, _said(line.text)) for line in lines if line.platform]
    failing = [at for at, reading in said if reading.cause is not Cause.NOT_A_PULL_FAILURE]
    since = max(failing, default=seen.gathered) - _ONE_FAILURE
    found = classification.strongest(reading for at, reading in said if at >= since)
    if found.cause is not Cause.NOT_A_PULL_FAILURE:
        return found
    instances = seen.workload.instances
    return classification.strongest(
        classification.classify(f"{one.last_error}: {one.details}")
        for one in (() if isinstance(instances, Unread) else instances)
        if one.last_error and one.state not in _UP
    )


def _said(text: str) -> Reading:
    """What one text says. Container Apps looks at an image from its own side before it deploys it,
    so the address in such a refusal is not the workload's, and a refusal by address is not what
    the workload itself would meet."""
    found = classification.classify(text)
    if not _BEFORE_DEPLOYMENT.search(text):
        return found
    denied = found.cause is Cause.NETWORK_DENIED
    cause = Cause.UNKNOWN_PULL_FAILURE if denied else found.cause
    return replace(found, cause=cause, client_ip=None)


def diagnose(
    resource: ResourceId, message: str | None, *, medic: Medic, memory: Memory | None = None
) -> Incident:
    """A dry run: the same look a heal takes, kept nowhere and changing nothing. `memory` is shared
    with others that are looked at together.

    Raises OutOfScope, NotFound, PermissionMissing or a TransientError.
    """
    from shared import signals

    now = medic.now()
    within_scope(resource, medic)
    signal = signals.manual(resource, message, now=now, id="dry-run")
    incident = Incident(
        id="dry-run",
        state=State.DRY_RUN,
        resource=resource,
        opened=now,
        updated=now,
        signals=(Heard(id=signal.id, source=signal.source, at=now, text=signal.text),),
    )
    azure = medic.azure(memory)
    try:
        found = look(signal, azure=azure, medic=medic)
    except BudgetSpent as spent:
        return replace(unable(incident, spent), state=State.DRY_RUN)
    told = found.onto(incident)
    return told.at("diagnosis", found.diagnosis.summary, medic.now(), azure_calls=azure.calls)


def within_scope(resource: ResourceId, medic: Medic) -> None:
    """Raise OutOfScope unless settings and policy let us look at the resource."""
    if (why := medic.outside(resource)) is not None:
        raise OutOfScope(why)


def unable(incident: Incident, error: PermanentError | BudgetSpent) -> Incident:
    """The incident when looking itself was refused: undetermined, and what would help."""
    if isinstance(error, PermissionMissing):
        advice = "Give the service's identity the Reader role on this resource and its registry."
    elif isinstance(error, BudgetSpent):
        advice = "Raise limits.azure_calls_per_incident in the policy, or look by hand."
    else:
        advice = f"Azure would not tell; look by hand: az resource show --ids {incident.resource}"
    return replace(
        incident,
        cause=incident.cause or Cause.UNKNOWN_PULL_FAILURE,
        diagnosis=Diagnosis(
            cause=incident.cause or Cause.UNKNOWN_PULL_FAILURE,
            finding=FindingName.UNDETERMINED,
            summary=str(error),
        ),
        plan=Plan.of((), advice=(advice,)),
        decision=None,
    )
