"""
docs/permissions.md: what the service asks of Azure, remedy by remedy, and a reason for each.

In:  the catalog's cards, the roles of `infra/`, and reasons.yaml.
Out: Markdown between the page's marks. `python -m tests.infra.permissions` writes it; a test
     compares the two.
"""

import sys
from collections.abc import Iterable

import yaml

from shared import catalog
from tests import documents
from tests.simulator.estates.healer import ROLES

PAGE = documents.ROOT / "docs" / "permissions.md"
REASONS: dict[str, str] = yaml.safe_load(documents.text("tests/infra/reasons.yaml"))
READER, SETTINGS = "reader", "settings-reader"


def reading() -> str:
    """The role that sees."""
    role = ROLES[READER]
    also = "In registries with repository permissions (data actions):"
    return f"{_table(role['actions'])}\n{also}\n\n{_table(role['dataActions'])}"


def settings() -> str:
    """The role that compares passwords."""
    return _table(ROLES[SETTINGS]["actions"])


def remedies() -> str:
    """One section for each remedy: what it does, what may come of it, what it needs."""
    return "\n".join(_remedy(card) for card in catalog.CARDS.values())


def _remedy(card: catalog.Card) -> str:
    seen = {action.lower() for action in ROLES[READER]["actions"]}
    needed = [action for action in card.permissions if action.lower() not in seen]
    read = len(card.permissions) - len(needed)
    also = f", beside {read} of the reader's actions" if read else ""
    return (
        f"### {card.name}\n\n{_sentence(card.does)}\n\n"
        f"* Risk: {card.risk}.\n* Undo: {card.undo}.\n"
        f"* Role: `infra/roles/{card.name}.json`{also}.\n\n{_table(needed)}"
    )


def _table(actions: Iterable[str]) -> str:
    rows = "".join(f"| `{action}` | {REASONS[action]} |\n" for action in actions)
    return f"| action | why |\n| --- | --- |\n{rows}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


PARTS = {"reading": reading, "settings": settings, "remedies": remedies}


def main() -> int:
    for mark, made in PARTS.items():
        documents.put(PAGE, mark, made())
    return 0


if __name__ == "__main__":
    sys.exit(main())
