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


def test_what_the_page_says_of_the_deployment_is_what_is_deployed() -> None:
    page = documents.text("docs/cost.md")
    host, alerts = (documents.text(f"infra/modules/{name}.bicep") for name in ("host", "alerts"))

    assert "instances of 2048 MB" in page
    assert "instanceMemoryMB: 2048" in host
    assert "maximumInstanceCount: maximumInstances" in host
    assert "every five minutes" in page
    assert "evaluationFrequency: 'PT5M'" in alerts
    assert alerts.count("evaluationFrequency") == 1
