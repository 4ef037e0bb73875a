"""Every built-in remedy has a card, and every card a remedy."""

from shared import catalog, execution


def test_cards_and_remedies_are_the_same_set() -> None:
    assert set(catalog.CARDS) == set(execution.REMEDIES)


def test_every_card_says_what_it_needs_risks_and_how_it_is_undone() -> None:
    for card in catalog.CARDS.values():
        assert card.permissions
        assert all(action.startswith("Microsoft.") for action in card.permissions)
        assert card.does
        assert card.risk
        assert card.undo
