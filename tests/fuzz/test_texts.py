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
from tests.fuzz.valid import LINE, POLICY


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
