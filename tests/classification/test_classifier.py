"""Precedence, forged text, and any text at all."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.classification import classify
from shared.classification.signatures import TABLE
from shared.model.words import Cause

_FIELDS = ("registry", "repository", "reference", "client_ip")

_ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.characters(categories=("Cs", "Cc", "Ll", "Lu", "Nd", "Po", "Ps", "Pe", "Zs", "Sm")),
        st.sampled_from("\\\"'<>[]()*:/@.\x00\u0130\ud800 \n"),
    ),
    max_size=200,
)
_SCRAPS = st.lists(
    st.one_of(
        st.sampled_from([phrase for signature in TABLE for phrase in signature.phrases]),
        st.sampled_from(
            [
                "image ",
                "https://",
                "a.azurecr.io/b:1 ",
                "/v2/",
                "client with IP '",
                '\\"',
                "docker pull ",
            ]
        ),
        _ANY_TEXT,
    ),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(_ANY_TEXT)
def test_any_text_gets_a_reading_made_of_its_own_words(text: str) -> None:
    reading = classify(text)

    for field in _FIELDS:
        value = getattr(reading, field)
        assert value is None or (value and value in text)


@settings(max_examples=300, deadline=None)
@given(_SCRAPS)
def test_scraps_of_real_messages_never_break_the_reading(scraps: list[str]) -> None:
    text = "".join(scraps)

    reading = classify(text)

    for field in _FIELDS:
        value = getattr(reading, field)
        assert value is None or (value and value in text)


def test_the_firewalls_own_sentence_wins_over_the_words_wrapped_round_it() -> None:
    text = (
        "Image woodgrove.azurecr.io/a:1 not found in registry. ErrorMessage=Image not found or "
        "access denied. Error: DENIED client with IP '192.0.2.1' is not allowed access\n"
        "unauthorized: authentication required, visit https://aka.ms/acr/authorization"
    )

    reading = classify(text)

    assert (reading.cause, reading.client_ip) == (Cause.NETWORK_DENIED, "192.0.2.1")


def test_the_first_authenticated_answer_decides_not_the_anonymous_retry() -> None:
    first = "rpc error: code = Unknown desc = unexpected status 429 Too Many Requests"
    retry = "rpc error: code = Unknown desc = failed to fetch anonymous token: 401 Unauthorized"

    reading = classify(f'Failed to pull image "woodgrove.azurecr.io/a:1": [{first}, {retry}]')

    assert reading.cause is Cause.RATE_LIMITED


def test_forbidden_is_the_network_for_acr_and_the_credential_elsewhere() -> None:
    said = 'failed to resolve reference "{0}/a:1": HEAD https://{0}/v2/a/manifests/1: 403 Forbidden'

    assert classify(said.format("woodgrove.azurecr.us")).cause is Cause.NETWORK_DENIED
    assert classify(said.format("ghcr.io")).cause is Cause.UNAUTHORIZED


def test_a_layer_host_keeps_throttling_outages_and_certificates_apart() -> None:
    url = "https://weu.blob.core.windows.net/1/docker/registry/v2/blobs/sha256/aa/aa/data"
    said = f"error pulling image configuration: Get {url}: "

    assert classify(said + "403 Forbidden").cause is Cause.DATA_ENDPOINT_DENIED
    assert classify(said + "no such host").cause is Cause.DATA_ENDPOINT_DENIED
    assert classify(said + "429 Too Many Requests").cause is Cause.RATE_LIMITED
    assert classify(said + "503 Service Unavailable").cause is Cause.REGISTRY_UNAVAILABLE
    assert classify(said + "x509: certificate has expired").cause is Cause.TLS_ERROR


def test_generic_words_without_a_word_about_pulling_decide_nothing() -> None:
    for words in ("403 Forbidden", "401 Unauthorized", "i/o timeout", "no such host", "EOF"):
        assert classify(f"GET https://api.woodgrove.example/orders: {words}").signature is None


def test_the_platform_hint_does_not_change_what_a_text_says() -> None:
    text = "Failed to pull image woodgrove.azurecr.io/a:1: 503 Service Unavailable"

    assert classify(text, "appservice-linux") == classify(text)


_MEBIBYTE = 1 << 20
_HOSTILE = {
    "one letter": "a",
    "quotes": '"',
    "backslashes": "\\",
    "escaped quotes": '\\"',
    "unicode escapes": "\\u0027",
    "the firewall's beginning": "client with IP '",
    "api roots": "https://a.azurecr.io/v2/",
    "paths that never end": "/v2/a",
    "look-ups": "dial tcp: lookup ",
    "pull words": 'failed to pull image "',
    "kubelet brackets": "[rpc error: ",
    "dots": "a.",
    "slashes": "a/",
    "references": "a.b/c:1 ",
    "frames": "\u2502\n\u2502 ",
    "letters that grow": "\u0130",
    "error details": "Type:repository map[Action:pull",
    "token scopes": "scope=repository:a",
    "manifests read": "reading manifest a in b ",
    "tags first": "pulling image (a) from ",
    "the first API": "http://a/v1/repositories/",
    "solved": "failed to solve: a:b: ",
    "progress lines": "pulling a: Pulling from a.a (",
    "tags looked for": "manifest tagged by 'a",
    "runs": "docker run a/b ",
    **{signature.name: signature.phrases[-1].split(" \u2026 ")[0] + " " for signature in TABLE},
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_a_mebibyte_of_near_matches_costs_milliseconds(name: str) -> None:
    pattern = _HOSTILE[name]
    text = (pattern * (_MEBIBYTE // len(pattern) + 1))[:_MEBIBYTE]

    started = time.process_time()
    classify(text)
    spent = time.process_time() - started

    assert spent < 0.5  # measured at most 0.08 s; the margin is for slow and shared machines


def test_a_message_at_either_end_of_a_huge_dump_is_still_read() -> None:
    said = "Failed to pull image woodgrove.azurecr.io/a:1: 503 Service Unavailable"
    dump = "building step 17 of 90\n" * 50_000

    assert classify(f"{said}\n{dump}").cause is Cause.REGISTRY_UNAVAILABLE
    assert classify(f"{dump}\n{said}").cause is Cause.REGISTRY_UNAVAILABLE
