"""The table: every signature earns its place, and noise does not change what it decides."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.classification import classify
from shared.classification.signatures import TABLE, Signature
from shared.model.words import Cause


@pytest.mark.parametrize("signature", TABLE, ids=lambda signature: signature.name)
def test_each_example_decides_by_its_own_signature(signature: Signature) -> None:
    reading = classify(signature.example)

    assert (reading.signature, reading.cause) == (signature.name, signature.cause)


def test_names_are_unique_and_every_signature_says_where_it_was_learned() -> None:
    names = [signature.name for signature in TABLE]

    assert len(set(names)) == len(names)
    assert all(signature.learned and signature.phrases for signature in TABLE)


def test_every_cause_is_reachable() -> None:
    assert {signature.cause for signature in TABLE} == set(Cause)


def test_phrases_are_written_as_matchable_text() -> None:
    for signature in TABLE:
        for phrase in (*signature.phrases, *signature.unless):
            assert phrase == phrase.lower(), (signature.name, phrase)
            assert "  " not in phrase, (signature.name, phrase)


_SURROUNDED = [signature for signature in TABLE if not signature.alone]
_NOISE = st.text(alphabet="0123456789 \n\t{}<>$#~xyzq", max_size=80)


@settings(max_examples=150, deadline=None)
@given(signature=st.sampled_from(_SURROUNDED), before=_NOISE, after=_NOISE)
def test_noise_around_an_example_does_not_change_the_verdict(
    signature: Signature, before: str, after: str
) -> None:
    reading = classify(f"{before} \n{signature.example}\n {after}")

    assert reading.signature == signature.name
