"""
From why it fails to what to change: diagnosis, plan, decision, outcome, verification.

Plans are data. Printing one is the dry run; nothing else is.

Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.model.evidence import Fact
from shared.model.ids import ResourceId
from shared.model.words import Cause, FindingName, RemedyName, Result, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledOut:
    """A finding that was looked for and excluded."""

    finding: FindingName
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why the pull failed. Compare Signal, which only says that it did, and Reading, which
    repeats what a log line claimed.

    `finding` is the first fault a pull meets; `also` are those hidden behind it, in the order a
    pull would meet them. `summary` is one or two sentences for a person.
    """

    cause: Cause
    finding: FindingName
    summary: str
    also: tuple[FindingName, ...] = ()
    facts: tuple[Fact, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    doubts: tuple[str, ...] = ()  # what could not be read or does not add up


#: As the key of a JSON object: its other members are sent as they were just read.
AS_READ = "…"
#: As a value: a text that is sent and never shown, stored or logged.
SECRET = "(secret)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One request a step will send: exactly this method, url path and body.

    The body may say less than is sent in two ways only: AS_READ as a key, and SECRET as a value.
    """

    method: str
    url: str
    body: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One intended change by one remedy to one target.

    `before` and `after` are JSON values: the part of the target that changes, whole.
    `doubts` are preconditions nobody could prove; the gate holds on any. `not_before` is how long
    the platform may still do it by itself; it is no part of what the step is.
    """

    remedy: RemedyName
    target: ResourceId
    summary: str
    before: Any
    after: Any
    requests: tuple[Write, ...]
    permissions: tuple[str, ...]
    risk: str
    undo: str
    doubts: tuple[str, ...] = ()
    not_before: datetime | None = None  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Intended changes, in the order a pull meets the faults, and advice where none is safe."""

    steps: tuple[Step, ...] = ()
    advice: tuple[str, ...] = ()
    infrastructure_change: str | None = None
    digest: str = ""

    @classmethod
    def of(
        cls,
        steps: tuple[Step, ...],
        advice: tuple[str, ...] = (),
        infrastructure_change: str | None = None,
    ) -> "Plan":
        """A plan whose digest names exactly these steps against exactly this world."""
        essence = [
            [step.remedy, step.target.key, step.before, step.after]
            + [[write.method, write.url, write.body] for write in step.requests]
            for step in steps
        ]
        text = json.dumps(essence, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        return cls(
            steps=steps,
            advice=advice,
            infrastructure_change=infrastructure_change,
            digest=digest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The gate's answer. `reasons` are sentences for a person, `rules` the names of the rules
    that objected (or, for allow, the policy entries that permit). `until` is when a hold may be
    over by itself; None: not without somebody. `policy` is the digest of the policy asked.
    `approvable`: it holds, and a person's approval is all that is missing."""

    verdict: Verdict
    reasons: tuple[str, ...]
    rules: tuple[str, ...] = ()
    until: datetime | None = None  # UTC
    policy: str | None = None
    approvable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one step did, as seen by reading back. `changed` False: it was already so, or the step
    stopped; `detail` says which."""

    remedy: RemedyName
    target: ResourceId
    changed: bool
    detail: str
    at: datetime
    failed: bool = False
    before: Any = None  # what was there just before our write (not what the plan saw)
    after: Any = None  # what was read back
    undoes: bool = False  # it took an earlier outcome back, or part of it
    harm: str = ""  # what got worse with the write itself, as read back


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was seen of the workload afterwards. A 2xx of our own is never proof."""

    result: Result
    proof: str
    checked: datetime
    due: datetime | None = None  # when the sweep looks again; None when it is final
    worse: str = ""  # what worked before the change and was seen to fail after it
