"""A failed pull is answered by a later pull of the same image, and by no other."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.clients.logs import LogRow
from shared.verification.sight import unanswered

NOW = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
WEB = "Pulled image: contoso.azurecr.io/shop/web:4.2.1. Digest: sha256:ab."


def row(text: str, minute: int) -> LogRow:
    return LogRow(
        at=NOW + timedelta(minutes=minute),
        table="t",
        reason="",
        text=text,
        trusted=True,
        workspace="w",
    )


@pytest.mark.parametrize(
    ("failed", "answered"),
    [
        ("Failed to pull image: contoso.azurecr.io/shop/web:4.2.1. Unauthorized.", True),
        ('Head "https://contoso.azurecr.io/v2/shop/web/manifests/4.2.1": denied', True),
        ("Container pull image failed with unauthorized error.", True),
        ('Get "https://contoso.azurecr.io/v2/": dial tcp: lookup: no such host', True),
        ("GET request to https://contoso.azurecr.io/oauth2/token?scope=x: 403 Forbidden", True),
        ("Image pull for CONTOSO.azurecr.io/shop/web:4.2.0 failed.", True),
        ("Failed to pull image: contoso.azurecr.io/shop/worker:1. Unauthorized.", False),
        ('Head "https://tools.azurecr.io/v2/shop/web/manifests/4.2.1": denied', False),
        ("Failed to pull image: contoso.azurecr.io/shop/web-admin:1.", False),
    ],
)
def test_what_a_later_pull_answers(failed: str, answered: bool) -> None:
    rows = [row(failed, 1)]

    assert unanswered(rows, [row(WEB, 2)]) == (() if answered else tuple(rows))


def test_an_earlier_pull_answers_nothing_and_the_newest_failure_comes_first() -> None:
    failed = [row("contoso.azurecr.io/shop/web:4.2.1: denied", at) for at in (5, 3, 1)]

    assert unanswered(failed, [row(WEB, 2)]) == tuple(failed[:2])
