"""
The way in for whoever runs the service: is it well, what may it do, let it go on.

In:  nothing, or the breaker to reset.
Out: health (503 when it cannot do its work), the policy in force and in sentences.

All need a key. Health too: it says what is wrong with the service, which is a map for whoever
wants to misuse it. A platform probe that only asks whether the process lives can use the page at
`/api/console`.
"""

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import azure.functions as func
import msgspec

from functions import duty, questions
from functions.advice import advice
from functions.answers import answer, answering
from shared.errors import BadInput, HealError

if TYPE_CHECKING:
    from shared.evidence.permissions import Held
    from shared.medic import Medic

bp = func.Blueprint()
_FUNCTION = func.AuthLevel.FUNCTION


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """`{"registry" or "scope", "reason"}`."""

    reason: str
    registry: str | None = None
    scope: str | None = None


@bp.route(route="health", methods=["GET"], auth_level=_FUNCTION)
@answering
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Whether the service can do its work. What the identity lacks is told, and no illness: a
    service that may only look is a service. Nor is what could not be used: anybody with a key may
    send nonsense, and nobody should be able to make the service look ill by that."""
    from shared.model.views import letters_view
    from shared.store.interface import KEPT_LETTERS

    medic = duty.medic()
    parts: dict[str, Any] = {
        "settings": _part(medic.setting_problems),
        "policy": _part(medic.policy_problems),
        "queue": _part(_queue_problems()),
        "store": _store(medic.store.where),
    }
    breakers: list[dict[str, Any]] = []
    poison: dict[str, Any] | None = None  # not known
    waiting: dict[str, Any] | None = None
    try:
        medic.store.check()
        parts["store"]["unreadable"] = _damaged(medic)
        breakers = [
            {"scope": one.scope, "because": one.because, "since": one.since}
            for one in medic.store.breakers()
        ]
        letters = medic.store.letters(KEPT_LETTERS)
        waiting = msgspec.to_builtins(medic.store.held())
        poison = letters_view(letters, now=medic.now())
    except HealError as error:
        parts["store"] = _store(medic.store.where, [str(error)])
    held, parts["azure"] = _permissions(medic)
    well = all(part["ok"] for part in parts.values())
    report = {"healthy": well, **parts, "breakers": breakers, "poison": poison, "held": waiting}
    report["permissions"] = [asdict(one) for one in held or ()]
    report["notifications"] = _notifications(medic)
    report["advice"] = advice(medic, held)
    return answer(report, 200 if well else 503)


@bp.route(route="policy", methods=["GET"], auth_level=_FUNCTION)
@answering
def policy(req: func.HttpRequest) -> func.HttpResponse:
    """The policy in force (null: a bad one, so nothing is written), and what it amounts to."""
    from shared.model.views import presentable
    from shared.policy import sentences

    medic = duty.medic()
    force = medic.policy
    said = sentences(force) if force else ("Nothing is written: the policy is bad.",)
    shown = {
        "policy": force.model_dump(mode="json", by_alias=True) if force else None,
        "problems": medic.policy_problems,
        "sentences": list(said),
    }
    return answer(presentable(shown))


@bp.route(route="breaker/reset", methods=["POST"], auth_level=_FUNCTION)
@answering
def reset_breaker(req: func.HttpRequest) -> func.HttpResponse:
    """Let writes for one registry, or for all ("*"), pass again."""
    asked = questions.read(req, Reset)
    reason, who = questions.said(asked.reason), questions.person(req)
    if asked.scope == "*" and asked.registry is None:
        scope = "*"
    elif asked.registry is not None and asked.scope is None:
        scope = questions.resource(asked.registry, "registry").key
    elif asked.scope is not None and asked.registry is None:
        scope = questions.resource(asked.scope, "scope").key
    else:
        raise BadInput('give either registry (a resource id) or scope (one, or "*")')
    from shared import pipeline

    done = pipeline.reset_breaker(scope, reason, who, medic=duty.medic())
    return answer({"scope": scope, "reset": done})


def _permissions(medic: "Medic") -> tuple[Sequence["Held"] | None, dict[str, Any]]:
    """What the identity holds and lacks for each remedy, and whether Azure answered at all."""
    from shared.evidence import permissions

    try:
        return permissions.held(medic.azure()), _part([])
    except HealError as error:
        return None, _part([str(error)])


def _notifications(medic: "Medic") -> dict[str, Any]:
    """How each channel fared. A dead one is told, and no illness: heals go on without it."""
    try:
        fared = {one.name: one for one in medic.store.outbox.channels()}
    except HealError:
        fared = {}  # the store's own part says so
    shown = [
        {
            "channel": one.label,
            "last_used": fared[one.name].at if one.name in fared else None,
            "last_error": fared[one.name].error if one.name in fared else None,
        }
        for one in medic.channels
    ]
    wrong = [f"{one['channel']}: {one['last_error']}" for one in shown if one["last_error"]]
    return {**_part(wrong), "channels": shown}


def _store(place: str, problems: Sequence[str] = ()) -> dict[str, Any]:
    """What keeps the incidents, whether it answers, and whose rows are damaged (null: unknown)."""
    return {**_part(problems), "place": place, "reachable": not problems, "unreadable": None}


def _damaged(medic: "Medic") -> list[str]:
    """A sentence for each damaged incident. The others are healed as always."""
    return [
        f"the row of incident {id} is damaged: restore it, or remove it and look at its workload "
        "by hand; GET /api/incidents shows the others, and its audit is kept apart"
        for id in medic.store.unreadable(now=medic.now())
    ]


def _part(problems: Any) -> dict[str, Any]:
    return {"ok": not problems, "problems": list(problems)}


def _queue_problems() -> list[str]:
    """A connection is one setting, or a family of them when an identity is used instead of a key
    ("Azure Queue storage trigger", identity-based connections)."""
    if any(name.split("__")[0] == duty.STORAGE and text for name, text in os.environ.items()):
        return []
    return [
        f"{duty.STORAGE} is not set, so no signal can be queued: set {duty.STORAGE}__accountName "
        "to the storage account, and give the identity Storage Queue Data Contributor there"
    ]
