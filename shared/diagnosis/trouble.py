"""
Checks on the registry's own state: out of order, or turning everybody away.

In:  a Case whose registry was read.
Out: an Answer per finding.

Three may speak of it: the text, the platform's lines of the newest failure, and the registry itself
when this service asks it. What it finds comes before every other fault, because no fix may be made
meanwhile; what is over by the registry's own later word is no reason to wait. Pure.
"""

import re
from datetime import timedelta

from shared.diagnosis.case import FRESH, Answer, Case, excluded, found
from shared.model.catalogue import Catalogue, Trouble
from shared.model.evidence import Unread
from shared.model.words import Cause, FindingName

#: One failed pull prints several lines; what is older belongs to an earlier one.
_ONE_FAILURE = timedelta(minutes=2)
_WORDS = {
    Trouble.THROTTLED: re.compile(r"toomanyrequests|too many requests", re.IGNORECASE),
    Trouble.UNAVAILABLE: re.compile(
        r"unexpected (http )?status\b.{0,300}?\b5\d\d\b|\b50[0234] (internal server error|"
        "bad gateway|service unavailable|gateway time)",
        re.IGNORECASE,
    ),
}


def registry_unavailable(case: Case) -> Answer:
    """The registry's own trouble: 5xx in the text, to the platform or to ourselves, or the resource
    half made or half gone."""
    name, host = FindingName.REGISTRY_UNAVAILABLE, case.registry.login_server
    if _to_us(case) is Trouble.UNAVAILABLE:
        return found(
            name,
            f"The registry {host} answers Pull Medic's own question with an error of its own (5xx);"
            " nothing must be changed on it meanwhile",
        )
    if case.registry.provisioning in ("Creating", "Deleting"):
        return found(name, f"The registry {host} is {case.registry.provisioning.lower()} right now")
    said = case.claim is Cause.REGISTRY_UNAVAILABLE
    if not said and not _lately(case, Trouble.UNAVAILABLE):
        return excluded(name, "no 5xx answer is reported and the registry resource exists")
    if _answers(case) and case.evidence.gathered - case.signal.at > FRESH:
        return excluded(name, "the registry answered with an error (5xx), and answers again by now")
    again = ", though it answers Pull Medic again by now" if _answers(case) else ""
    return found(
        name,
        f"The registry {host} itself answered with an error of its own (5xx){again}; its "
        "configuration is not the cause and must not be changed meanwhile",
    )


def throttled(case: Case) -> Answer:
    """429: more requests than the registry's tier serves. No write ever heals that."""
    name, registry = FindingName.THROTTLED, case.registry
    if case.claim is Cause.RATE_LIMITED or _lately(case, Trouble.THROTTLED):
        return found(
            name,
            f"The registry {registry.login_server} ({registry.sku}) is turning requests away "
            "because there are too many (429); the host tries again by itself",
        )
    if _to_us(case) is Trouble.THROTTLED:
        return found(
            name,
            f"The registry {registry.login_server} ({registry.sku}) turned Pull Medic's own "
            "question away because there are too many requests (429)",
        )
    return excluded(name, "nothing speaks of too many requests")


def _to_us(case: Case) -> Trouble | None:
    """How the registry turned this service away, when it was asked."""
    seen = case.evidence.catalogue
    return seen.trouble if isinstance(seen, Catalogue) else None


def _answers(case: Case) -> bool:
    """Whether the registry told this service about the image."""
    seen = case.evidence.catalogue
    return isinstance(seen, Catalogue) and seen.image_exists is not None


def _lately(case: Case, trouble: Trouble) -> bool:
    """Whether the platform's lines of the newest failure of this image tell of it, and that is not
    long ago."""
    lines = () if isinstance(case.evidence.lines, Unread) else case.evidence.lines
    own = [line for line in lines if line.platform]
    newest = max((line.at for line in own), default=None)
    if newest is None or case.evidence.gathered - newest > FRESH:
        return False
    return any(
        _WORDS[trouble].search(line.text) for line in own if newest - line.at <= _ONE_FAILURE
    )
