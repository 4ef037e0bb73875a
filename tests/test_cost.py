"""What the page on cost counts is what is asked for today."""

from tests import costs, documents
from tests.store import azurite


def test_the_page_has_the_numbers_of_today() -> None:
    """`python -m tests.costs` puts them there."""
    told = documents.marked("docs/cost.md", costs.MARK)

    if azurite.missing():  # then nobody can tell what storage is asked
        shown = [row[:-1] for row in documents.rows(told)]
        assert shown == [row[:-1] for row in costs.rows()]
    else:
        assert told == costs.table()
