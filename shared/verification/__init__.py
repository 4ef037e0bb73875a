"""
Verification: does the workload pull now? Healed is something seen, not something done.

In:  a workload, when the change was made and how long it may take to show.
Out: a Verification: healed with what was seen, when and where; pending with the time of the next
     look; deferred when nothing pulls until somebody wants it to; after the deadline unverified,
     or failed when a pull was seen to fail long after the change. Failed before the deadline, with
     what got `worse`, when something ran or pulled before the change and goes on failing since.

    sight.py           what one look shows, and the log rows behind it
    site.py            web apps, slots, function apps
    container_app.py   container apps and jobs
    registry.py        what the registry itself logged, where the host tells nothing

Reads only: nothing is restarted, scaled or started to make proof. Never sleeps: the sweep asks
again when a look is due.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.clients.azure import Azure
from shared.errors import Refused
from shared.model.evidence import Instance
from shared.model.ids import ResourceId
from shared.model.plan import Verification
from shared.model.words import Result
from shared.verification import container_app, registry, site
from shared.verification.registry import Puller
from shared.verification.sight import Sight, when

log = logging.getLogger(__name__)

#: The next look comes after half of the time already waited, within these bounds.
_SOONEST, _LATEST = timedelta(seconds=5), timedelta(minutes=5)
#: What ran before and still fails so long after the change does not come back by waiting.
_UNEASY = timedelta(minutes=2)


def verify(
    workload: ResourceId,
    *,
    since: datetime,
    deadline: datetime,
    azure: Azure,
    before: Sequence[Instance] | None = None,
    puller: Puller | None = None,
) -> Verification:
    """Look once. `since`: when the change was made; `deadline`: when waiting ends; both UTC.

    `before` is how the platform saw the workload before the change, where that is known; then an
    instance that was up all the time proves nothing. `puller` lets the registry's own logs be
    asked, where the host neither shows a pull that worked nor one that failed. Raises what the
    workload's own read raises.
    """
    look = site.look if workload.type.startswith("microsoft.web/") else container_app.look
    try:
        seen = look(workload, since, before, azure=azure)
    except (TypeError, AttributeError, LookupError, ValueError) as error:
        log.exception("What Azure said about %s could not be understood", workload)
        raise Refused(f"Azure's answer about {workload} made no sense") from error
    if puller is not None and seen.proof is None and seen.failed_at is None:
        seen = replace(seen, proof=registry.proof(azure, puller, since))
    now = azure.now()
    if seen.proof:
        return Verification(result=Result.HEALED, proof=_sentence(seen.proof), checked=now)
    if seen.asleep and seen.failed_at is None:
        return Verification(result=Result.DEFERRED, proof=_sentence(seen.asleep), checked=now)
    late = seen.failed_at is not None and seen.failed_at > since + _UNEASY
    if seen.worse and (late or now >= deadline):
        proof = f"it got worse with the change of {when(since)}: {seen.worse}."
        return Verification(result=Result.FAILED, proof=proof, checked=now, worse=seen.worse)
    if now < deadline:
        due = min(now + min(max((now - since) / 2, _SOONEST), _LATEST), deadline)
        return Verification(
            result=Result.PENDING, proof=_nothing_yet(seen, since), checked=now, due=due
        )
    return _at_the_end(seen, since, deadline, now)


def _at_the_end(seen: Sight, since: datetime, deadline: datetime, now: datetime) -> Verification:
    settled = since + (deadline - since) / 2  # until then the change may still be on its way
    if seen.failure and seen.failed_at and seen.failed_at > settled:
        proof = f"pulls still fail after the change of {when(since)}: {seen.failure}."
        return Verification(result=Result.FAILED, proof=proof, checked=now)
    proof = f"{_nothing_yet(seen, since)} A person has to look whether it pulls."
    return Verification(result=Result.UNVERIFIED, proof=proof, checked=now)


def _nothing_yet(seen: Sight, since: datetime) -> str:
    failed = f"; the newest failure is {seen.failure}" if seen.failure else ""
    return f"No pull was seen to work since the change of {when(since)}; {seen.state}{failed}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
