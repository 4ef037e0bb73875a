"""
Diagnosis: from what was seen to why it happens.

In:  a Signal, the Reading of its text and the Evidence gathered.
Out: a Diagnosis, always. Where nothing fits or too little could be read it is `undetermined`.

    case.py        what a check looks at, and the Answer it gives
    scene.py       is there a pull from a registry we can read?
    trouble.py     does that registry answer?
    private.py     is there a private way in, where there is no public one?
    way.py         does it get as far?
    network.py     may the pull in?
    identity.py    may whoever pulls?      credentials.py   does it sign in at all, and rightly?
    image.py       is there something to pull?
    conclusion.py  none of these: what then?
    together.py    several images of one workload: one diagnosis of all

The order of the tables is the order in which a pull meets the faults: network before identity,
because every host reports the firewall's 403 as "unauthorized". A new check is one function and
one line here. Pure: nothing reads Azure, the clock or the settings.
"""

from collections.abc import Callable, Collection, Iterable

from shared.diagnosis import (
    conclusion,
    credentials,
    identity,
    image,
    network,
    private,
    roles,
    scene,
    trouble,
    way,
)
from shared.diagnosis.case import PAST_THE_FIREWALL, Answer, Case, Verdict
from shared.model.evidence import Evidence, Registry
from shared.model.plan import Diagnosis, RuledOut
from shared.model.signal import Reading, Signal
from shared.model.words import FindingName

Check = Callable[[Case], Answer | None]

#: What they find ends the diagnosis: behind it there is nothing to read, or nothing to change.
SCENE: tuple[Check, ...] = (scene.no_acr_pull, scene.registry_not_found)

#: What they find comes first whatever else is wrong: no fix may be made meanwhile.
PRESENT_TROUBLE: tuple[Check, ...] = (
    trouble.registry_unavailable,
    trouble.throttled,
    scene.host_ran_out,
)

#: The faults, in the order a pull meets them.
PATH: tuple[Check, ...] = (
    way.registry_out_of_reach,
    private.private_endpoint_not_approved,
    private.public_access_disabled,
    private.private_dns_not_linked,
    private.private_dns_record_missing,
    private.private_path_blocked,
    private.private_path_not_routed,
    network.firewall_egress_unprovable,
    network.firewall_missing_egress,
    way.sign_in_out_of_reach,
    identity.identity_not_attached,
    roles.arm_audience_disabled,
    credentials.identity_not_used,
    credentials.credentials_admin_disabled,
    credentials.keyvault_reference_broken,
    credentials.credentials_not_admin,
    credentials.credentials_stale,
    roles.pull_role_wrong_for_abac,
    roles.identity_recreated,
    roles.pull_role_missing,
    image.image_locked,
    image.repository_missing,
    image.tag_missing,
    image.platform_mismatch,
    way.layers_out_of_reach,
    scene.after_the_pull,
)


ABOUT_THE_IMAGE = frozenset(
    {
        FindingName.IMAGE_LOCKED,
        FindingName.REPOSITORY_MISSING,
        FindingName.TAG_MISSING,
        FindingName.PLATFORM_MISMATCH,
    }
)


def diagnose(signal: Signal, reading: Reading, evidence: Evidence) -> Diagnosis:
    """The first fault a pull meets, those behind it, what was excluded, and what stays in doubt.

    Raises nothing: evidence that is missing becomes a doubt, never a guess.
    """
    case = Case(signal, reading, evidence)
    answers: list[Answer] = []
    for check in SCENE:
        answer = check(case)
        assert answer is not None
        answers.append(answer)
        if answer.verdict is not Verdict.EXCLUDED:
            return _diagnosis(case, answers)
    answers += _ask((*PRESENT_TROUBLE, *PATH), case)
    return _diagnosis(case, answers)


def _ask(checks: Iterable[Check], case: Case) -> list[Answer]:
    return [answer for check in checks if (answer := check(case)) is not None]


def _diagnosis(case: Case, answers: list[Answer]) -> Diagnosis:
    faults = [answer for answer in answers if answer.verdict is Verdict.FOUND]
    unknowns = _unknowns_before(faults[0] if faults else None, answers, case)
    first = faults[0] if faults else conclusion.conclude(case, unknowns)
    also = tuple(dict.fromkeys(one.finding for one in faults if one.finding != first.finding))
    return Diagnosis(
        cause=case.reading.cause,
        finding=first.finding,
        summary=_summary(first, faults),
        also=also,
        facts=case.evidence.facts,
        ruled_out=_ruled_out(answers, (first.finding, *also)),
        doubts=_doubts(case, unknowns, faulty=bool(faults)),
    )


def _unknowns_before(first: Answer | None, answers: list[Answer], case: Case) -> tuple[Answer, ...]:
    """What could not be judged between the pull's start and the first fault.

    A registry that answers about a manifest has let the pull in, so then nothing before is open.
    """
    if first is not None and first.finding in ABOUT_THE_IMAGE and case.claim in PAST_THE_FIREWALL:
        return ()
    before = answers if first is None else answers[: answers.index(first)]
    return tuple(answer for answer in before if answer.verdict is Verdict.UNKNOWN)


def _ruled_out(answers: list[Answer], shown: Collection[FindingName]) -> tuple[RuledOut, ...]:
    still_open = {one.finding for one in answers if one.verdict is Verdict.UNKNOWN}
    reasons = {
        one.finding: one.because
        for one in answers
        if one.verdict is Verdict.EXCLUDED and one.finding not in {*shown, *still_open}
    }
    return tuple(RuledOut(finding=name, because=why) for name, why in reasons.items())


def _summary(first: Answer, faults: list[Answer]) -> str:
    behind = [one for one in faults if one is not first and one.finding != first.finding]
    if not behind:
        return f"{first.because}."
    return f"{first.because}. Behind that, the pull would also meet: {behind[0].because}" + (
        f" (and {len(behind) - 1} more)." if len(behind) > 1 else "."
    )


def _doubts(case: Case, unknowns: tuple[Answer, ...], *, faulty: bool) -> tuple[str, ...]:
    said = [one.because for one in unknowns]
    if case.misdirected and not case.complaints:  # the platform's own word needs no text beside it
        said.append(case.misdirected)
    if isinstance(case.evidence.registry, Registry):
        said += network.doubts_about_the_address(case)
    if faulty and case.unprovoked:
        runs = "the workload runs, and " if case.workload.serving else ""
        said.append(f"{runs}nothing that was seen says that a pull of it failed")
    return tuple(dict.fromkeys(said))
