"""
Difference: why a plan cannot be approved any more, in words and as data.

In:  an Incident as the person saw it, and a new Look at its workload.
Out: a Changed, which the HTTP API answers as 409 with `details`; None when all is as it was.

Three things may have changed: the world, then the details tell what the plan was made for, what is
there now and what it would become now; the plan alone; and the policy, told by its keys.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared import audit
from shared.errors import Conflict
from shared.medic import Medic
from shared.model.differences import three_way
from shared.model.incident import Incident
from shared.model.plan import Plan
from shared.pipeline.looking import Look

#: How a row of `three_way` is called here: nothing has been written yet.
_NAMES = {"before": "made_for", "now": "there", "written": "would_be"}


class Changed(Conflict):
    """What the person decided about is not what is there. `details` holds the difference."""

    def __init__(self, message: str, details: dict[str, Any]) -> None:
        super().__init__(message)
        self.details = details


def since(incident: Incident, found: Look, medic: Medic) -> Changed | None:
    """What is different from what the incident shows."""
    shown = incident.plan or Plan()
    said: list[str] = []
    details: dict[str, Any] = {}
    if found.plan.digest != shown.digest:
        rows = list(_rows(shown, found.plan))
        said.append(_in_words(rows, found))
        details["plan"] = {"shown": shown.digest, "now": found.plan.digest or None}
        details["difference"] = rows
        details["summary"] = found.diagnosis.summary
    if changed := _policy(incident, medic):
        said.append(changed.pop("said"))
        details["policy"] = changed
    if not said:
        return None
    return Changed(f"{'; '.join(said)}. Look at the plan again before you approve it", details)


def not_by_approval(found: Look) -> Changed:
    """The plan is the same, and more than an approval is missing."""
    decision = found.decision
    reasons = list(decision.reasons) if decision else ["nothing is to be done"]
    rules = list(decision.rules) if decision else []
    verdict = decision.verdict.value if decision else None
    details = {"decision": {"verdict": verdict, "reasons": reasons, "rules": rules}}
    return Changed(f"approval alone does not allow this plan: {'; '.join(reasons)}", details)


def _rows(shown: Plan, now: Plan) -> Iterator[dict[str, str]]:
    """Each member in which the plan then, the world now and the plan now disagree."""
    then = {(step.remedy, step.target.key): step for step in shown.steps}
    new = {(step.remedy, step.target.key): step for step in now.steps}
    for key in dict.fromkeys([*then, *new]):
        old, step = then.get(key), new.get(key)
        place = (step or then[key]).target
        for row in three_way(
            before=old.before if old else None,
            written=step.after if step else None,
            now=step.before if step else None,
        ):
            what = f"{key[0]} at {place.name}: {row['what']}"
            yield {"what": what} | {_NAMES[name]: row[name] for name in _NAMES}


def _in_words(rows: list[dict[str, str]], found: Look) -> str:
    if not found.plan.steps:
        return f"nothing is to be done any more: {found.diagnosis.summary}"
    moved = [row for row in rows if row["made_for"] != row["there"]]
    if not moved:
        return f"the plan changed since; it is {found.plan.digest} now"
    told = "; ".join(
        f"{row['what']}: the plan was made for {row['made_for']}, now there is {row['there']}, and "
        f"it would become {row['would_be']}"
        for row in moved
    )
    return f"what is there changed since: {told}"


def _policy(incident: Incident, medic: Medic) -> dict[str, Any] | None:
    """Which keys of the policy changed since the plan was held."""
    was = incident.decision.policy if incident.decision else None
    now = medic.policy
    if was is None or now is None or was == now.digest:
        return None
    kept = audit.kept_policy(was, store=medic.store)
    rows = []
    if kept is not None:
        old, new = (
            dict(_leaves(one, "")) for one in (kept, now.model_dump(mode="json", by_alias=True))
        )
        rows = [
            {"key": key, "was": old.get(key), "now": new.get(key)}
            for key in dict.fromkeys([*old, *new])
            if old.get(key) != new.get(key)
        ]
    told = ", ".join(f"{row['key']} was {row['was']} and is {row['now']}" for row in rows)
    said = f"the policy changed since: {told or 'the old one was not kept'}"
    return {"was": was, "now": now.digest, "changed": rows, "said": said}


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every key as people write it, with its value; a list is one value."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path, value
