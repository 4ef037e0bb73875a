"""A policy file is understood whole, or refused with every mistake by line and key."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import policy
from shared.model.words import RemedyName
from shared.policy import Addresses, Backlog, Mode, PolicyError, SharedEgress

FULL = """\
version: 1
mode: observe
scope:
  include: ["/subscriptions/*/resourceGroups/web-*"]
  exclude: []
  opt_out_tag: "medic=off"
remedies:
  firewall-sync: {mode: auto, addresses: possible, max_new_rules: 8, keep_free: 5, shared_egress: allow}
  pull-role: {mode: approve, proof_days: 14}
pairs:
  - registry: "/subscriptions/*/resourceGroups/web-acr"
    workloads: ["/subscriptions/*/resourceGroups/web-shop"]
limits: {writes_per_registry_per_hour: 2, writes_per_workload_per_day: 3, writes_per_day: 5, cooldown: 20m, workloads_at_once: 7, azure_calls_per_incident: 99}
breaker: {failed_verifications: 2, failed_everywhere: 4, window: 1d}
freeze: [{from: "2026-12-24T00:00:00Z", to: "2027-01-02T00:00:00+01:00"}]
wait: {before_acting: 0s, verify_first: 90s, verify_firewall: 15m, verify_role: 2h}
approval: {expires: 8h}
backlog: act
"""  # noqa: E501


def problems(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(PolicyError) as caught:
        policy.load(text)
    return [(each.line, each.key, each.message) for each in caught.value.problems]


def test_every_key_of_the_contract_is_understood() -> None:
    read = policy.load(FULL)

    assert read.mode is Mode.OBSERVE
    assert read.remedies.firewall_sync.addresses is Addresses.POSSIBLE
    assert read.remedies.firewall_sync.shared_egress is SharedEgress.ALLOW
    assert read.remedies.firewall_sync.max_new_rules == 8
    assert read.remedies.firewall_sync.keep_free == 5
    assert read.remedies.pull_role.proof_days == 14
    assert read.limits.model_dump() == {
        "writes_per_registry_per_hour": 2,
        "writes_per_workload_per_day": 3,
        "writes_per_day": 5,
        "cooldown": "1200s",
        "workloads_at_once": 7,
        "azure_calls_per_incident": 99,
    }
    assert read.breaker.window == timedelta(days=1)
    assert read.breaker.failed_everywhere == 4
    assert read.approval.expires == timedelta(hours=8)
    assert read.backlog is Backlog.ACT
    assert read.freeze[0].start == datetime(2026, 12, 24, tzinfo=UTC)
    assert read.freeze[0].end == datetime(2027, 1, 1, 23, tzinfo=UTC)
    assert read.wait.verify_first == timedelta(seconds=90)
    assert read.wait.verify_role == timedelta(hours=2)


def test_a_remedy_without_a_mode_of_its_own_has_the_policys() -> None:
    read = policy.load(FULL)

    assert read.mode_of(RemedyName.FIREWALL_SYNC) is Mode.AUTO
    assert read.mode_of(RemedyName.PULL_ROLE) is Mode.APPROVE
    assert {read.mode_of(remedy) for remedy in RemedyName} == set(Mode)
    assert read.mode_of(RemedyName.RESTART) is Mode.OBSERVE


def test_what_is_left_out_gets_the_cautious_default() -> None:
    read = policy.load("version: 1")

    assert read == policy.default()
    assert read.mode is Mode.OBSERVE
    assert read.remedies.firewall_sync.shared_egress is SharedEgress.HOLD
    assert read.remedies.firewall_sync.azure_firewall is SharedEgress.HOLD
    assert read.remedies.firewall_sync.keep_free == 10
    assert read.limits.writes_per_registry_per_hour == 4
    assert read.wait.verify_firewall == timedelta(minutes=10)
    assert read.pairs == ()


def test_json_says_the_same_as_yaml() -> None:
    text = json.dumps({"version": 1, "scope": {"include": ["*"]}, "mode": "auto"}, indent="\t")

    assert policy.load(text) == policy.load("version: 1\nmode: auto\nscope: {include: ['*']}")


def test_a_policy_written_as_json_is_a_policy_again() -> None:
    read = policy.load(FULL)

    assert policy.load(read.model_dump_json(by_alias=True)) == read


def test_the_digest_names_what_is_said_and_not_how() -> None:
    one = policy.load("version: 1\nwait: {verify_first: 60s}\nmode: auto")
    same = policy.load('{"mode": "auto", "version": 1, "wait": {"verify_first": "1m"}}')
    other = policy.load("version: 1\nmode: approve")

    assert one.digest == same.digest
    assert one.digest != other.digest


def test_every_mistake_is_named_at_once_with_its_line_and_key() -> None:
    said = problems(
        "version: 2\n"
        "modus: auto\n"
        "remedies:\n"
        "  firewall_sync: {mode: auto}\n"
        "  firewall-sync: {max_new_rules: '4'}\n"
        "freeze:\n"
        "  - {from: 2026-12-24T00:00:00, to: 2027-01-01T00:00:00Z}\n"
        "wait: {verify_first: 60}\n"
        "pairs: [{registry: '*'}]\n"
    )

    assert [(line, key) for line, key, _ in said] == [
        (1, "version"),
        (2, "modus"),
        (4, "remedies.firewall_sync"),
        (5, "remedies.firewall-sync.max_new_rules"),
        (7, "freeze[0].from"),
        (8, "wait.verify_first"),
        (9, "pairs[0].workloads"),
    ]
    assert said[1][2] == "unknown key; did you mean 'mode'?"
    assert "did you mean 'firewall-sync'" in said[2][2]
    assert "offset from UTC" in said[4][2]


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ("mode: auto", 1, "version", "is missing"),
        ("version: 1\nversion: 1", 2, "version", "given twice, first on line 1"),
        ("version: true", 1, "version", "is True"),
        ("version: 2", 1, "version", "this release understands version 1"),
        ("version: 1\nmode: yes", 2, "mode", "expected 'observe', 'approve' or 'auto'"),
        ("version: 1\nscope:", 2, "scope", "is None"),
        ("version: 1\nscope: {include: /a}", 2, "scope.include", "is '/a'"),
        ("version: 1\nscope: {include: [\n1]}", 3, "scope.include[0]", "is 1"),
        ("version: 1\nlimits: {writes_per_day: true}", 2, "limits.writes_per_day", "is True"),
        ("version: 1\nlimits: {writes_per_day: -1}", 2, "limits.writes_per_day", "is -1"),
        ("version: 1\nlimits: {writes_per_day: 1.5}", 2, "limits.writes_per_day", "is 1.5"),
        ("version: 1\nlimits: {writes_per_day: .nan}", 2, "limits.writes_per_day", "nan"),
        ("version: 1\nbreaker: {window: 1w}", 2, "breaker.window", "expected a duration"),
        ("version: 1\nbreaker: {window: 367d}", 2, "breaker.window", "longer than a year"),
        ("version: 1\nbreaker: {window: -1h}", 2, "breaker.window", "expected a duration"),
        ("version: 1\nremedies: {reboot: {}}", 2, "remedies.reboot", "unknown key"),
        (
            "version: 1\nremedies: {restart: {proof_days: 3}}",
            2,
            "remedies.restart.proof_days",
            "un",
        ),
        ("version: 1\nscope: {opt_out_tag: '=off'}", 2, "scope.opt_out_tag", "expected a tag"),
        (
            "version: 1\nfreeze: [{from: 2027-01-01T00:00:00Z, to: 2026-01-01T00:00:00Z}]",
            2,
            "freeze[0]",
            "'to' must be later",
        ),
        ("version: 1\nmode: !!binary YXV0bw==", 2, "mode", "unexpected tag"),
        ("version: 1\nmode: !!python/name:os.system x", 2, "mode", "unexpected tag"),
        ("version: 1\n? [a]\n: 2", 2, "", "a key must be a plain word"),
        ("version: 1\nlimits: {<<: {writes_per_day: 1}}", 2, "limits.<<", "unknown key"),
        ("version: " + "9" * 5000, 1, "version", "not a number"),
    ],
)
def test_a_mistake_is_named_where_it_stands(text: str, line: int, key: str, message: str) -> None:
    said = problems(text)

    assert (line, key) in [(at, where) for at, where, _ in said]
    assert message in " ".join(what for _, _, what in said)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing",
        "just words",
        "[1, 2]",
        "version: 1\n---\nversion: 1",
        "version: [",
        "version: 1\nmode: *nowhere",
        "version: 1\n\x00",
        "!!python/object/apply:os.system [echo]",
        "[" * 2_000,
        "version: 1\n" + "#" * 140_000,
        "a: &a [*a]\nversion: 1",
    ],
)
def test_what_is_no_policy_at_all_is_refused_in_words(text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy.load(text)

    assert all(problem.line >= 1 and problem.message for problem in caught.value.problems)


def test_nested_anchors_cannot_grow_without_bound() -> None:
    layers = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    bomb = "\n".join(["version: 1", "a0: &a0 [lol, lol]", *layers])

    assert "too many" in " ".join(message for _, _, message in problems(bomb))


def test_an_honest_alias_is_understood() -> None:
    read = policy.load("version: 1\nscope: {include: &all ['*'], exclude: *all}")

    assert read.scope.exclude == ("*",)


@given(st.text(max_size=300))
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    with suppress(PolicyError):  # anything else that is raised fails the test
        assert policy.load(text).version == 1


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["mode", "scope", "include", "from", "window", "wait", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["mode", "scope", "remedies", "pairs", "limits", "freeze", "wait"]), _values
    )
)
def test_any_document_is_a_policy_or_a_policy_error(document: dict[str, object]) -> None:
    with suppress(PolicyError):
        assert policy.load(json.dumps({"version": 1, **document})).version == 1


def test_a_file_is_read_with_or_without_a_mark_at_its_start(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes("\ufeffversion: 1".encode())

    assert policy.load_file(path) == policy.default()


def test_a_file_that_cannot_be_read_is_a_policy_error_that_names_it(tmp_path: Path) -> None:
    missing, binary = tmp_path / "none.yaml", tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\xff")

    with pytest.raises(PolicyError, match=r"none\.yaml cannot be read"):
        policy.load_file(missing)
    with pytest.raises(PolicyError, match=r"binary\.yaml is not UTF-8"):
        policy.load_file(binary)
    with pytest.raises(PolicyError, match="cannot be read"):
        policy.load_file(tmp_path)


def test_a_policy_cannot_be_changed_after_it_was_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        policy.default().mode = Mode.AUTO
