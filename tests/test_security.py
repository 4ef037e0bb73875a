"""Every threat in SECURITY.md has its test."""

from tests import documents

THREATS = {
    "forged alert",
    "replayed event",
    "log injection",
    "confused deputy",
    "poisoned policy",
    "stolen function key",
    "healed by loop",
    "token exfiltration through a URL in a payload",
    "secrets in logs",
    "cross-tenant",
    "path and id injection",
    "KQL injection",
    "shared egress",
}


def test_every_threat_has_an_attack_a_defence_and_a_test() -> None:
    page = documents.text("docs/SECURITY.md")
    told = documents.rows(page.split("<!-- threats -->")[1].split("<!-- /threats -->")[0])

    assert {row[0] for row in told} >= THREATS
    for row in told:
        assert len(row) == 4, row[0]
        assert all(row), row[0]
        assert documents.names_tests_alone(row[3]), row[0]
