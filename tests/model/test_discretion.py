"""Secrets that slip into somebody else's text are hidden, and nothing else is."""

import time

import pytest

from shared import classification
from shared.model.discretion import HIDDEN, discreet

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJjYW5hcnkifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        (f"refreshed {TOKEN} for the registry", TOKEN),
        ("https://x.blob.core.windows.net/l?sv=1&sig=canary%2Fcanary%3D&se=2", "canary"),
        ("DOCKER_REGISTRY_SERVER_PASSWORD=canary", "canary"),
        ('{"username":"contoso","password":"canary"}', "canary"),
        (r"{\"refresh_token\":\"canary\"}", "canary"),
        ('{\\\\\\"access_token\\\\\\": \\\\\\"canary\\\\\\"}', "canary"),
        ("client_secret='canary'", "canary"),
        ("AccountName=x;AccountKey=canary==;EndpointSuffix=y", "canary"),
        ("https://contoso:canary@contoso.azurecr.io/v2/", "canary"),
        ("password is Q9zpl0pkG5Cz0yZ7hXqTf1y8ePNWDMlZ0D2X5a8bc+ACRCabcde.", "Q9zpl0"),
        ("Authorization: Basic Y29udG9zbzpjYW5hcnljYW5hcnk=", "Y29udG9z"),
    ],
)
def test_a_secret_is_hidden(text: str, secret: str) -> None:
    said = discreet(text)

    assert secret not in said
    assert HIDDEN in said


@pytest.mark.parametrize(
    "text",
    [
        "failed to fetch oauth token: unexpected status from GET request to https://contoso."
        "azurecr.io/oauth2/token?scope=repository%3Aweb%3Apull&service=contoso: 401 Unauthorized",
        'Www-Authenticate: Bearer realm="https://contoso.azurecr.io/oauth2/token"',
        "invalid username/password: unauthorized: authentication required",
        "sha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865",
        "/subscriptions/5a1d0c3b-2f4e-4d6a-8b7c-9e0f1a2b3c4d/resourceGroups/secret-santa",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert discreet(text) == text


def test_hiding_changes_no_cause() -> None:
    text = (
        f"denied: client with IP '20.50.2.11' is not allowed access. Bearer {TOKEN} "
        "refer https://aka.ms/acr/firewall password=canary"
    )

    assert classification.classify(discreet(text)) == classification.classify(text)


def test_no_text_takes_long() -> None:
    started = time.perf_counter()

    for piece in ("a_", "eyJ", 'password="', "://a:", "Bearer ", "+ACR", "\\"):
        discreet(piece * 20_000)

    assert time.perf_counter() - started < 2
