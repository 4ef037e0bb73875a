"""
Powers: what the policy in force and the identity's permissions let the service do.

In:  the Medic on duty.
Out: sentences or JSON; the exit status.
"""

from typing import Any

from functions.advice import advice
from functions.cli import sheets
from functions.cli.paper import Desk
from shared import policy
from shared.errors import HealError
from shared.evidence import permissions
from shared.medic import Medic
from shared.model.views import presentable


def tell(medic: Medic, desk: Desk, *, as_json: bool) -> int:
    """The policy first, then what the identity holds of what its remedies need.

    Raises what kept us from Azure, once the policy is told.
    """
    force = medic.policy or policy.default()
    said = policy.sentences(force)
    if not as_json:
        desk.show(sheets.sentences(said))
    held, refusal = _held(medic, desk)
    powers = [one.sentence for one in held or ()]
    advised = advice(medic, held)
    if as_json:
        desk.json(
            presentable(
                {
                    "policy": force.model_dump(mode="json", by_alias=True),
                    "sentences": [*said, *powers],
                    "permissions": None if held is None else [_shown(one) for one in held],
                    "advice": advised,
                }
            )
        )
    else:
        desk.show(sheets.sentences([*powers, *advised]))
    if refusal is not None:
        raise refusal
    return 0


def _held(medic: Medic, desk: Desk) -> tuple[tuple[permissions.Held, ...] | None, HealError | None]:
    try:
        with desk.busy("reading what the identity may do"):
            return permissions.held(medic.azure()), None
    except HealError as refusal:
        return None, refusal


def _shown(one: permissions.Held) -> dict[str, Any]:
    return {
        "subscription": one.subscription,
        "remedy": one.remedy.value,
        "held": one.held,
        "lacking": one.lacking,
        "unread": one.unread,
    }
