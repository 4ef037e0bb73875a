"""Image references: Docker's rules, ACR's hosts, and everything that is neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.image import (
    ImageReference,
    InvalidReference,
    is_acr,
    login_server,
    registry_host,
)

_DIGEST = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag", "digest"),
    [
        ("woodgrove.azurecr.io/shop/api:7", "woodgrove.azurecr.io", "shop/api", "7", None),
        ("Woodgrove.AzureCR.io/api", "woodgrove.azurecr.io", "api", "latest", None),
        ("https://woodgrove.azurecr.io/api:7/", "woodgrove.azurecr.io", "api", "7", None),
        (f"woodgrove.azurecr.cn/api@{_DIGEST}", "woodgrove.azurecr.cn", "api", None, _DIGEST),
        (f"woodgrove.azurecr.us/api:7@{_DIGEST}", "woodgrove.azurecr.us", "api", "7", _DIGEST),
        ("nginx", "docker.io", "library/nginx", "latest", None),
        ("fabrikam/web:1", "docker.io", "fabrikam/web", "1", None),
        ("index.docker.io/fabrikam/web:1", "docker.io", "fabrikam/web", "1", None),
        ("localhost:5000/a__b/c-d.e:1", "localhost:5000", "a__b/c-d.e", "1", None),
        ("localhost/web", "localhost", "web", "latest", None),
    ],
)
def test_a_reference_is_taken_apart_as_docker_does(
    text: str, host: str, repository: str, tag: str | None, digest: str | None
) -> None:
    parsed = ImageReference.parse(text)

    assert parsed == ImageReference(
        host=host, repository=repository, tag=tag, digest=digest, text=text
    )
    assert parsed.reference == (digest or tag)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "not NoneType"),
        ("", "empty"),
        ("a" * 600, "longer than 512"),
        ("woodgrove.azurecr.io/a b", "blanks"),
        ("woodgrove.azurecr.io/a\n:1", "control characters"),
        ("woodgrove.azurecr.io/caf\u00e9", "non-ASCII"),
        ("woodgrove.azurecr.io/<b>:1", "cannot be part of a repository"),
        ("woodgrove.azurecr.io/Api:1", "repositories are lower case"),
        ("woodgrove.azurecr.io/a//b", "cannot be part of a repository"),
        ("woodgrove.azurecr.io/../a", "cannot be part of a repository"),
        ("woodgrove.azurecr.io/a:!", "not a tag"),
        ("woodgrove.azurecr.io/a@sha256:12", "not a digest"),
        ("woodgrove..azurecr.io/a", "not a host name"),
        ("ftp://woodgrove.azurecr.io/a", "scheme"),
        ("https://woodgrove.azurecr.io/", "without a repository"),
    ],
)
def test_what_is_no_reference_is_refused_with_the_reason(text: object, complaint: str) -> None:
    with pytest.raises(InvalidReference, match=complaint):
        ImageReference.parse(text)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("woodgrove.azurecr.io", True),
        ("woodgrove-a1b2c3.azurecr.io", True),
        ("WOODGROVE.azurecr.cn", True),
        ("woodgrove.azurecr.us", True),
        ("woodgrove.azurecr.sovcloud-azure.fr", True),
        ("woodgrove.westeurope.geo.azurecr.io", True),
        ("woodgrove.westeurope.data.azurecr.io", False),
        ("woodgrove.azurecr.io.evil.example", False),
        ("azurecr.io", False),
        ("registry.woodgrove.example", False),
        ("woodgrove.azurecr.io:443", False),
    ],
)
def test_only_login_servers_and_regional_endpoints_are_acr(host: str, expected: bool) -> None:
    assert is_acr(host) is expected


def test_a_regional_endpoint_is_mapped_back_to_its_registry() -> None:
    parsed = ImageReference.parse("woodgrove-a1.westeurope.geo.azurecr.io/a:1")

    assert parsed.is_acr
    assert parsed.login_server == "woodgrove-a1.azurecr.io"
    assert login_server("GHCR.io") == "ghcr.io"


def test_a_registry_url_setting_gives_its_host() -> None:
    assert registry_host("https://Woodgrove.azurecr.io/") == "woodgrove.azurecr.io"
    with pytest.raises(InvalidReference, match="not a host name"):
        registry_host("https://<woodgrove>/")


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parsed = ImageReference.parse(text)
    except InvalidReference:
        return

    assert parsed.host == parsed.host.lower()
    assert (
        ImageReference.parse(f"{parsed.host}/{parsed.repository}").repository == parsed.repository
    )
