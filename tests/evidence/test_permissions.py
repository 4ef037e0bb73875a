"""What the service's own identity may do, held against what the remedies need."""

from pathlib import Path

from shared import catalog
from shared.evidence import permissions
from shared.model.words import RemedyName
from tests.clinic import Clinic
from tests.simulator import estates


def test_an_identity_with_every_action_lacks_nothing(tmp_path: Path) -> None:
    clinic = Clinic(estates.healthy_web_app(), tmp_path)

    (held,) = permissions.held(clinic.azure())

    assert held.remedy is RemedyName.FIREWALL_SYNC
    assert held.held == catalog.FIREWALL_SYNC.permissions
    assert held.lacking == ()
    assert "holds everything" in held.sentence


def test_a_reader_lacks_the_write_and_the_sentence_names_it(tmp_path: Path) -> None:
    clinic = Clinic(estates.healthy_web_app(healer_actions=("*/read",)), tmp_path)

    (held,) = permissions.held(clinic.azure())

    assert held.lacking == ("Microsoft.ContainerRegistry/registries/write",)
    assert "lacks Microsoft.ContainerRegistry/registries/write" in held.sentence
    assert "not seen from here" in held.sentence


def test_a_refused_read_is_said_and_claims_nothing(tmp_path: Path) -> None:
    actions = ("Microsoft.Resources/subscriptions/read",)
    clinic = Clinic(estates.healthy_web_app(healer_actions=actions), tmp_path)

    (held,) = permissions.held(clinic.azure())

    assert (held.held, held.lacking) == ((), ())
    assert "AuthorizationFailed" in str(held.unread)
    assert "is not known" in held.sentence
