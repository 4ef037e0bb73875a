"""What the service's own identity may do, held against what the remedies need."""

from pathlib import Path

import pytest

from shared import catalog
from shared.evidence import permissions
from shared.evidence.permissions import Held
from shared.model.words import RemedyName
from tests.clinic import Clinic
from tests.simulator import estates


def asked(place: Path, *actions: str) -> dict[RemedyName, Held]:
    """What is held of each remedy, by an identity with these actions (or the sample healer's)."""
    options = {"healer_actions": actions} if actions else {}
    found = permissions.held(Clinic(estates.healthy_web_app(**options), place).azure())
    return {held.remedy: held for held in found}


def test_every_remedy_is_asked_about_once(tmp_path: Path) -> None:
    assert set(asked(tmp_path)) == set(catalog.CARDS)


@pytest.mark.parametrize(
    "remedy", [RemedyName.FIREWALL_SYNC, RemedyName.CREDENTIAL_RESYNC, RemedyName.USE_IDENTITY]
)
def test_an_identity_with_every_action_lacks_nothing(remedy: RemedyName, tmp_path: Path) -> None:
    held = asked(tmp_path)[remedy]

    assert held.held == catalog.CARDS[remedy].permissions
    assert held.lacking == ()
    assert "holds everything" in held.sentence


def test_a_reader_lacks_the_write_and_the_sentence_names_it(tmp_path: Path) -> None:
    held = asked(tmp_path, "*/read")[RemedyName.FIREWALL_SYNC]

    assert held.lacking == ("Microsoft.ContainerRegistry/registries/write",)
    assert "lacks Microsoft.ContainerRegistry/registries/write" in held.sentence
    assert "not seen from here" in held.sentence


def test_a_reader_may_neither_list_passwords_nor_write_them(tmp_path: Path) -> None:
    held = asked(tmp_path, "*/read")[RemedyName.CREDENTIAL_RESYNC]

    assert "Microsoft.ContainerRegistry/registries/listCredentials/action" in held.lacking
    assert "Microsoft.Web/sites/config/list/action" in held.lacking


def test_a_refused_read_is_said_and_claims_nothing(tmp_path: Path) -> None:
    for held in asked(tmp_path, "Microsoft.Resources/subscriptions/read").values():
        assert (held.held, held.lacking) == ((), ())
        assert "AuthorizationFailed" in str(held.unread)
        assert "is not known" in held.sentence
