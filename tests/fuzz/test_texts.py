"""The policy file and the texts that are classified: a reading, or a mistake with its line."""

import json
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from shared import classification, policy
from shared.classification.jsonl import classify_lines
from shared.policy import Policy, PolicyError
from tests.fuzz.mutations import WORDS, inputs, mutated, torn, written

POLICY = """\
version: 1
mode: observe
scope:
  include: ["/subscriptions/*/resourceGroups/web-*"]
  exclude: ["/subscriptions/*/resourceGroups/web-secret"]
  opt_out_tag: "medic=off"
remedies:
  firewall-sync: {mode: auto, addresses: outbound, max_new_rules: 16, keep_free: 10}
  pull-role: {mode: approve, proof_days: 30}
pairs:
  - {registry: "/subscriptions/*/resourceGroups/acr", workloads: ["/subscriptions/*"]}
limits: {writes_per_registry_per_hour: 4, writes_per_day: 50, azure_calls_per_incident: 40}
breaker: {failed_verifications: 3, window: 1h}
freeze: [{from: "2026-12-24T00:00:00Z", to: "2027-01-02T00:00:00Z"}]
wait: {before_acting: 0s, verify_first: 60s, verify_firewall: 10m, verify_role: 20m}
"""
LINE = (
    "2026-07-14T09:44:55Z ERROR - DockerApiException: Docker API responded with status "
    'code=InternalServerError, response={"message":"Head \\"https://contoso.azurecr.io/v2/shop/web'
    "/manifests/4.2.1\\\": denied: client with IP '20.50.2.11' is not allowed access. Refer "
    'https://aka.ms/acr/firewall to grant access."}'
)


def read_or_refused(text: str) -> tuple[Policy | None, tuple[Any, ...]]:
    try:
        return policy.load(text), ()
    except PolicyError as error:
        return None, tuple(error.problems)


def test_the_policy_that_is_bent_here_is_a_good_one() -> None:
    assert policy.load(POLICY).version == 1


@inputs(120)
@given(
    st.one_of(
        torn(POLICY.encode()).map(lambda whole: whole.decode("utf-8", "replace")),
        mutated(yaml.safe_load(POLICY)).map(lambda value: written(value).decode()),
        mutated(yaml.safe_load(POLICY)).map(
            lambda value: yaml.safe_dump(json.loads(written(value)), allow_unicode=True)
        ),
    )
)
def test_a_bent_policy_is_a_policy_or_mistakes_each_with_its_line(text: str) -> None:
    read, problems = read_or_refused(text)

    assert (read is None) == bool(problems)
    assert all(one.line >= 1 and one.message for one in problems)
    if read is not None:
        assert list(policy.sentences(read))
        assert policy.load(json.dumps(read.model_dump(mode="json", by_alias=True))) == read


@inputs(300)
@given(
    st.one_of(
        torn(LINE.encode()).map(lambda whole: whole.decode("utf-8", "replace")),
        st.lists(WORDS | st.sampled_from(LINE.split()), max_size=12).map(" ".join),
    )
)
def test_a_bent_line_is_read_and_says_only_what_stands_in_it(text: str) -> None:
    reading = classification.classify(text)

    for said in (reading.client_ip, reading.reference):
        assert said is None or said.lower() in text.lower()


@inputs(60)
@given(
    st.lists(
        torn(written({"id": 1, "text": LINE})) | mutated({"id": 1, "text": LINE}).map(written),
        max_size=4,
    )
)
def test_every_bent_line_of_a_file_is_answered_in_order(lines: list[Any]) -> None:
    asked = [line.replace(b"\n", b" ").replace(b"\r", b" ") for line in lines]

    answers = list(classify_lines(asked))

    assert len(answers) == sum(bool(line.strip()) for line in asked)
