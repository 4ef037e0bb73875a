"""
Permissions: what the service's own identity may do, held against what the remedies need.

In:  an Azure, and the catalog's cards.
Out: one Held for each subscription in scope: the actions held and the actions lacking there.
Errors: TransientError when Azure gave no answer. A refused read is said in the Held.

"Permissions - List For Resource" tells the caller's own effective actions at a scope. Asked at the
subscription, it does not know of roles given on a single group or registry, so *lacking* means not
held for the whole subscription. Deny assignments and conditions of roles are not part of it either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared import catalog
from shared.clients.azure import Azure
from shared.evidence.access import covers
from shared.evidence.reading import attempt
from shared.model.evidence import Unread
from shared.model.words import RemedyName

_VERSION = "2022-04-01"
_SUBSCRIPTIONS = "2022-12-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the identity holds of one remedy's actions in one subscription.

    `unread` says why Azure did not tell; then both lists are empty and mean nothing.
    """

    subscription: str
    remedy: RemedyName
    held: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    unread: str | None = None

    @property
    def sentence(self) -> str:
        """For a person who decides whether to give the identity more, or less."""
        where = f"in the subscription {self.subscription}"
        if self.unread is not None:
            return f"What the identity may do {where} is not known: {self.unread}"
        if not self.lacking:
            return f"The identity holds everything {self.remedy} needs {where}."
        return (
            f"For {self.remedy} the identity lacks {', '.join(self.lacking)} {where}; "
            "a role on a single resource group or registry is not seen from here."
        )


def held(azure: Azure) -> tuple[Held, ...]:
    """One Held for every subscription in scope and every remedy of this version."""
    subscriptions = _subscriptions(azure)
    answers = azure.together(**{id: _reader(azure, id) for id in subscriptions})
    return tuple(
        _compared(id, card, answers[id]) for id in subscriptions for card in catalog.CARDS.values()
    )


def _subscriptions(azure: Azure) -> tuple[str, ...]:
    if azure.subscriptions is not None:
        return azure.subscriptions
    with azure.asking("listed the subscriptions the identity can see"):
        found = list(azure.arm.list("/subscriptions", _SUBSCRIPTIONS))
    return tuple(str(item["subscriptionId"]).lower() for item in found)


def _reader(azure: Azure, subscription: str) -> Any:
    path = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/permissions"

    def ask() -> list[dict[str, Any]]:
        with azure.asking(f"read our own permissions in the subscription {subscription}"):
            return list(azure.arm.list(path, _VERSION))

    return lambda: attempt(ask)


def _compared(
    subscription: str, card: catalog.Card, granted: list[Mapping[str, Any]] | Unread
) -> Held:
    if isinstance(granted, Unread):
        return Held(subscription=subscription, remedy=card.name, unread=granted.because)
    may = {
        action: any(
            covers(one.get("actions"), one.get("notActions"), action.lower()) for one in granted
        )
        for action in card.permissions
    }
    return Held(
        subscription=subscription,
        remedy=card.name,
        held=tuple(action for action, yes in may.items() if yes),
        lacking=tuple(action for action, yes in may.items() if not yes),
    )
