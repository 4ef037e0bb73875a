"""The policy read aloud: every permission and every limit is said, and nothing else."""

from shared import policy
from shared.model.words import RemedyName
from tests.policy.test_loading import FULL


def said(text: str) -> str:
    return "\n".join(policy.sentences(policy.load(text)))


def test_a_newcomers_policy_begins_with_nothing_is_changed() -> None:
    first, *rest = policy.sentences(policy.default())

    assert first.startswith("Nothing in Azure is changed")
    assert "everything the service's identity can read" in rest[0]
    assert "acts by itself" not in "\n".join(rest)


def test_every_remedy_and_every_number_is_said() -> None:
    text = said(FULL)

    for remedy in RemedyName:
        assert f"{remedy} (" in text
    for phrase in (
        "by itself: firewall-sync; after a person's approval: pull-role.",
        "/subscriptions/*/resourceGroups/web-*",
        "at most 8 new rules, and leaves at least 5 rules free",
        "shared with other customers' apps, but not where",
        "also the addresses an app may get after scaling",
        "Access to /subscriptions/*/resourceGroups/web-acr may be given to",
        "within the last 14 days",
        "At most 2 writes per registry and hour, 3 per workload and 5 in all within 24 hours",
        "at most 99 calls to Azure",
        "not made once more within 20 minutes",
        "When 7 workloads of one registry fail alike",
        "After 2 failed verifications within 1 day",
        "after 4 at all registries together, every write",
        "An approval counts for 8 hours",
        "it acts on the signals that waited meanwhile",
        "from 2026-12-24T00:00:00+00:00 to 2027-01-02T00:00:00+01:00",
        "It waits 0 seconds before acting and 90 seconds before the first look",
        "after 15 minutes, a role after 2 hours",
        "Never, whatever the policy says",
    ):
        assert phrase in text


def test_an_empty_scope_says_that_nothing_happens() -> None:
    text = said("version: 1\nmode: auto\nscope: {include: []}")

    assert text.startswith("Nothing in Azure is changed")
    assert "Nothing is in scope" in text


def test_shared_addresses_are_refused_in_words_when_the_policy_refuses_them() -> None:
    assert "lets in no address that is shared" in said("version: 1\nmode: auto")


def test_whether_an_azure_firewall_may_be_let_in_is_said() -> None:
    assert "no address of an Azure Firewall" in said("version: 1\nmode: auto")
    accepting = "version: 1\nremedies: {firewall-sync: {azure_firewall: allow}}"
    assert "with them everything behind it" in said(accepting)


def test_whose_removal_of_a_role_is_a_decision_is_said() -> None:
    robot = "12121212-3434-5656-7878-909090909090"
    plain = said("version: 1\nmode: auto")
    keys = f"{{removed_by: [person, service], intentional: ['{robot}']}}"
    told = said(f"version: 1\nremedies: {{pull-role: {keys}}}")

    assert "that a person removed is given back only when a person approves it" in plain
    assert "whoever removed it, a person too" in told
    assert f"{robot} removed waits for a person" in told
