"""
The case: one incident's evidence with the questions every check asks of it.

In:  signal, reading and evidence.
Out: a Case (questions answered in words of the field), and the Answer a check gives.

Pure.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from shared.model.evidence import (
    Access,
    Evidence,
    ImageUse,
    Instance,
    PullAuth,
    PullMode,
    Registry,
    Unread,
    Workload,
)
from shared.model.private_path import LegName, PrivatePath
from shared.model.signal import Reading, Signal
from shared.model.words import Cause, FindingName

#: `lastError` of siteStatus stays after recovery; the Azure command line shows it for 15 minutes.
FRESH = timedelta(minutes=15)

#: What a host prints when the registry, or the way to it, said no without saying why.
REFUSED = frozenset({Cause.NETWORK_DENIED, Cause.UNAUTHORIZED, Cause.UNKNOWN_PULL_FAILURE})
#: Texts that can only be printed after the registry's network rules let the pull in.
PAST_THE_FIREWALL = frozenset({Cause.MANIFEST_UNKNOWN, Cause.PLATFORM_MISMATCH})
#: Texts about the way to the registry rather than the registry's answer.
ON_THE_WAY = frozenset(
    {Cause.DNS_FAILURE, Cause.NETWORK_TIMEOUT, Cause.TLS_ERROR, Cause.DATA_ENDPOINT_DENIED}
)
_HOST = re.compile(r"[A-Za-z0-9.-]+\.[A-Za-z]+\.?")
_NO_CLAIM = frozenset({Cause.NOT_A_PULL_FAILURE, Cause.UNKNOWN_PULL_FAILURE})


class Verdict(StrEnum):
    """What a check says about its finding."""

    FOUND = "found"
    EXCLUDED = "excluded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """One check's answer. `because` is a sentence for a person, without its full stop."""

    finding: FindingName
    verdict: Verdict
    because: str


def found(finding: FindingName, because: str) -> Answer:
    return Answer(finding, Verdict.FOUND, because)


def excluded(finding: FindingName, because: str) -> Answer:
    return Answer(finding, Verdict.EXCLUDED, because)


def unknown(finding: FindingName, because: str) -> Answer:
    return Answer(finding, Verdict.UNKNOWN, because)


@dataclass(frozen=True)
class Case:
    """What a check looks at."""

    signal: Signal
    reading: Reading
    evidence: Evidence

    @property
    def workload(self) -> Workload:
        return self.evidence.workload

    @property
    def image(self) -> ImageUse | None:
        return self.evidence.image

    @cached_property
    def registry(self) -> Registry:
        """The registry. Only asked behind the checks that establish there is one."""
        assert isinstance(self.evidence.registry, Registry)
        return self.evidence.registry

    @property
    def auth(self) -> PullAuth | Unread:
        return self.workload.auth

    @property
    def access(self) -> Access | Unread | None:
        return self.evidence.access

    @cached_property
    def claim(self) -> Cause | None:
        """What the text says, or None when it says nothing about this image's pull."""
        nothing_said = not self.signal.text.strip() and self.reading.cause in _NO_CLAIM
        return None if nothing_said or self.misdirected else self.reading.cause

    @cached_property
    def misdirected(self) -> str | None:
        """Why the text is about something else than the image judged, or None."""
        said, image = self.reading, self.image
        if image is None:
            return None
        if said.registry and _HOST.fullmatch(said.registry) and not _same_host(said, image):
            return f"the text is about {said.registry}, while the workload pulls from {image.host}"
        if said.cause not in PAST_THE_FIREWALL:
            return None
        if said.repository and said.repository.lower() != image.repository.lower():
            return (
                f"the text is about {said.repository[:80]}, while the workload pulls {image.text}"
            )
        if said.reference and _other_reference(said.reference, image.reference):
            return f"the text is about {said.reference[:80]}, while the workload pulls {image.text}"
        return None

    @cached_property
    def complaints(self) -> tuple[Instance, ...]:
        """Instances whose newest word, by the platform itself, is a failed image pull."""
        if isinstance(self.workload.instances, Unread):
            return ()
        return tuple(one for one in self.workload.instances if self._complains(one))

    def _complains(self, one: Instance) -> bool:
        words = f"{one.last_error} {one.details if one.last_error else ''}".lower()
        if "imagepull" not in words.replace(" ", "") and "pullimage" not in words.replace(" ", ""):
            return False
        if one.state != "Started" or one.at is None:
            return True
        answered = self.evidence.pulled is not None and self.evidence.pulled >= one.at
        return not answered and self.evidence.gathered - one.at <= FRESH

    @property
    def refused(self) -> bool:
        """True when somebody says that the registry, or the way to it, said no.

        Where no text says anything, a workload that is down or complains says it.
        """
        down = bool(self.complaints) or self.workload.serving is False
        return self.claim in REFUSED or (self.claim is None and down)

    @property
    def unprovoked(self) -> bool:
        """True when neither a text nor a person complains, and the platform sees it run or only a
        patrol came by."""
        silent = self.claim in (None, Cause.NOT_A_PULL_FAILURE) and not self.complaints
        idle = self.workload.serving is True or self.signal.source == "patrol"
        return silent and idle and self.signal.source != "person"

    @property
    def uses_identity(self) -> bool:
        return isinstance(self.auth, PullAuth) and self.auth.mode in (
            PullMode.SYSTEM_IDENTITY,
            PullMode.USER_IDENTITY,
        )

    @property
    def in_a_network(self) -> bool:
        """True when pulls may leave through a network of the customer's own."""
        if self.workload.id.type.startswith("microsoft.web/"):
            return self.workload.pulls_over_vnet is not False
        unknown = isinstance(self.workload.pulls_over_vnet, Unread)
        return self.workload.subnet is not None or unknown

    @cached_property
    def approved_endpoints(self) -> tuple[str, ...]:
        return tuple(
            entry
            for entry in self.registry.private_endpoints
            if entry.lower().endswith(" approved")
        )

    @property
    def path(self) -> PrivatePath | None:
        """The private path, where it was asked for and could be read at all."""
        found = self.evidence.private_path
        return found if isinstance(found, PrivatePath) else None

    @property
    def private(self) -> bool | None:
        """Whether pulls find the registry by its private name: then no address rule applies.

        None: they may; that depends on something that was not read, or that no reading settles.
        """
        if not self.in_a_network or not self.registry.private_endpoints:
            return False
        if self.path is None or isinstance(self.workload.pulls_over_vnet, Unread):
            return None if self.approved_endpoints else False
        return self.path.stays_private

    @property
    def maybe_private(self) -> bool:
        """True when pulls may reach the registry by a private endpoint, and nobody can tell."""
        return self.private is None and bool(self.approved_endpoints)

    @property
    def open_question(self) -> str:
        """What keeps the private path from being settled, in words."""
        found = self.evidence.private_path
        if isinstance(found, Unread):
            return f"the private path is {found.because}"
        if found is None:
            return "the private name resolution of the workload's network was not checked"
        legs = [leg for leg in found.legs if leg.holds is None and leg.name is not LegName.ROUTED]
        return legs[0].because if legs else "its pulls may use either network"

    @property
    def better_private(self) -> bool:
        """True when an app that knocks at a guarded public door has a proven private way beside it.

        Both would work (rows 1 and 5 of the decision table). The private way is taken because it
        opens nothing: an address rule lets in every other app that shares the address.
        """
        return (
            self.path is not None
            and self.path.proven
            and self.workload.id.type.startswith("microsoft.web/")
            and self.workload.pulls_over_vnet is False
            and self.workload.routing is not None
            and not self.workload.windows
            and not self.workload.environment
        )


def _same_host(said: Reading, image: ImageUse) -> bool:
    """True for the registry's own host and for its regional and data hosts."""
    return (said.registry or "").lower().partition(".")[0] == image.host.partition(".")[0]


def _other_reference(said: str, configured: str) -> bool:
    """True when both are tags, or both digests, and differ. A tag may be reported as its digest."""
    return said != configured and (":" in said) == (":" in configured)
