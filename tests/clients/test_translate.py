"""Whatever shape Azure's refusal has, a person reads one sentence and knows what kind it is."""

from pathlib import Path
from typing import Any

import pytest

from shared.clients.translate import sentence
from shared.errors import (
    Conflict,
    HealError,
    NotFound,
    PermissionMissing,
    Refused,
    Throttled,
    Unreachable,
)
from tests.clinic import Clinic
from tests.simulator import estates


def asked(clinic: Clinic) -> None:
    azure = clinic.azure()
    with azure.asking("listed the subscriptions"):
        azure.arm.get("/subscriptions", "2022-12-01")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 401}, PermissionMissing),
        ({"status": 403}, PermissionMissing),
        ({"status": 404}, NotFound),
        ({"status": 409}, Conflict),
        ({"status": 400}, Refused),
        ({"status": 429, "headers": {"Retry-After": "7"}}, Throttled),
        ({"status": 500}, Unreachable),
        ({"status": 503}, Unreachable),
        ({"drop": "before"}, Unreachable),
        ({"drop": "after"}, Unreachable),
        ({"status": 200, "body": "not json {"}, Unreachable),
    ],
)
def test_every_answer_becomes_one_of_our_errors(
    fault: dict[str, Any], error: type[HealError], tmp_path: Path
) -> None:
    clinic = Clinic(estates.blocked_web_app(), tmp_path)
    clinic.simulator.faults.add({"match": {"path": "/subscriptions"}, "times": 99, **fault})

    with pytest.raises(error, match="while we listed the subscriptions"):
        asked(clinic)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "Busy", "message": "The scope is busy"}},
        {"Code": "Busy", "Message": "The scope is busy", "Details": []},
        {"code": "Busy", "message": "The scope is busy"},
    ],
)
def test_the_service_s_own_words_are_kept_whatever_the_shape(
    body: dict[str, Any], tmp_path: Path
) -> None:
    clinic = Clinic(estates.blocked_web_app(), tmp_path)
    clinic.simulator.faults.add(
        {"match": {"path": "/subscriptions"}, "times": 9, "status": 409, "body": body}
    )

    with pytest.raises(Conflict, match="Busy The scope is busy"):
        asked(clinic)


def test_a_throttled_call_carries_azure_s_own_delay(tmp_path: Path) -> None:
    clinic = Clinic(estates.blocked_web_app(), tmp_path)
    clinic.simulator.faults.add(
        {
            "match": {"path": "/subscriptions"},
            "times": 99,
            "status": 429,
            "headers": {"Retry-After": "11"},
        }
    )

    with pytest.raises(Throttled) as caught:
        asked(clinic)

    assert caught.value.delay == 11


def test_secrets_and_control_characters_never_enter_a_sentence() -> None:
    said = sentence("sent Bearer eyJ0eXAi.abc to\r\n\x1b[31m?sig=s3cr3t&se=1 password='hunter2'")

    for secret in ("eyJ0", "s3cr3t", "hunter2", "\n", "\x1b"):
        assert secret not in said
    assert len(sentence("x" * 5000)) == 500
