"""Every remedy a policy may name is built in, and has a card."""

from shared import catalog, execution
from shared.model.words import RemedyName


def test_every_card_says_what_it_needs_risks_and_how_it_is_undone() -> None:
    for card in catalog.CARDS.values():
        assert card.permissions
        assert all(action.startswith("Microsoft.") for action in card.permissions)
        assert card.does
        assert card.risk
        assert card.undo


def test_every_remedy_the_policy_may_name_is_built_in_and_has_its_card() -> None:
    assert set(execution.REMEDIES) == set(catalog.CARDS) == set(RemedyName)
