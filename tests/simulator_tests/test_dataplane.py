"""A registry's own host in the simulated Azure: what Microsoft's SDK and bare clients get there."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.simulator import clouds, identity, registrytokens
from tests.simulator.azure import Simulator
from tests.simulator.estates import ACR_PULL, REPOSITORY_READER, Estate, guid
from tests.simulator.transport import SimulatedCredential, SimulatedTransport
from tests.simulator.wire import Dropped, Request, Response

HOST = "contosoimages.azurecr.io"
HEALER = guid("healer")


def simulator(**registry: Any) -> Simulator:
    """A registry with two tags of one repository; the healer may read everything."""
    return Simulator(scenario(**registry).scenario())


def scenario(**options: Any) -> Estate:
    estate = Estate(healer_actions=("*/read",))
    registry = estate.registry("contosoimages", **options)
    estate.image(registry, "shop/web", "4.2.0", pushed="2026-07-10T08:00:00Z")
    both = ["linux/amd64", "linux/arm64"]
    estate.image(registry, "shop/web", "4.2.1", platforms=both)
    return estate


def ask(there: Simulator, method: str, path: str, *, token: str = "", host: str = HOST) -> Response:
    """One request. Repositories are one segment of the path, as Microsoft's client writes them."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    url = f"https://{host}{path.replace('shop/', 'shop%2F')}"
    return there.handle(Request(method=method, url=url, headers=headers))


def post(there: Simulator, path: str, **form: str) -> Response:
    return there.handle(
        Request(
            method="POST",
            url=f"https://{HOST}{path}",
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )
    )


def signed_in(there: Simulator, scope: str, audience: str = clouds.ACR_AUDIENCE) -> str:
    """An access token for a scope, by way of an Entra token."""
    entra = identity.token_for(there.world, HEALER, audience=audience)
    refresh = post(
        there, "/oauth2/exchange", grant_type="access_token", service=HOST, access_token=entra
    )
    assert refresh.status == 200, refresh.body
    access = post(
        there,
        "/oauth2/token",
        grant_type="refresh_token",
        service=HOST,
        scope=scope,
        refresh_token=refresh.body["refresh_token"],
    )
    assert access.status == 200, access.body
    return str(access.body["access_token"])


def code(answer: Response) -> str:
    return str(json.loads(answer.content)["errors"][0]["code"])


def sdk(there: Simulator, *, anonymous: bool = False) -> Any:
    from azure.containerregistry import ContainerRegistryClient

    return ContainerRegistryClient(
        f"https://{HOST}",
        None if anonymous else SimulatedCredential(there),
        transport=SimulatedTransport(there),
    )


def test_microsofts_own_client_lists_tags_newest_first() -> None:
    from azure.containerregistry import ArtifactTagOrder

    order = ArtifactTagOrder.LAST_UPDATED_ON_DESCENDING
    tags = sdk(simulator()).list_tag_properties("shop/web", order_by=order, results_per_page=1)

    assert [tag.name for tag in tags] == ["4.2.1", "4.2.0"]


def test_microsofts_own_client_reads_attributes_and_repositories() -> None:
    client = sdk(simulator())

    assert list(client.list_repository_names()) == ["shop/web"]
    assert client.get_repository_properties("shop/web").tag_count == 2
    assert client.get_manifest_properties("shop/web", "4.2.0").architecture == "amd64"
    assert client.get_tag_properties("shop/web", "4.2.1").can_read is True


def test_microsofts_own_client_is_told_what_is_missing() -> None:
    from azure.core.exceptions import ResourceNotFoundError

    with pytest.raises(ResourceNotFoundError):
        sdk(simulator()).get_tag_properties("shop/web", "9.9.9")


def test_without_a_token_the_registry_says_where_to_get_one() -> None:
    answer = ask(simulator(), "GET", "/v2/shop/web/manifests/4.2.1")

    assert answer.status == 401
    assert code(answer) == "UNAUTHORIZED"
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer realm="https://{HOST}/oauth2/token",service="{HOST}",'
        'scope="repository:shop/web:pull"'
    )


def test_an_address_the_rules_do_not_admit_is_told_its_address() -> None:
    answer = ask(simulator(deny=True), "GET", "/v2/")

    assert (answer.status, code(answer)) == (403, "DENIED")
    assert registrytokens.HEALER_ADDRESS in answer.body["errors"][0]["message"]


def test_the_healers_address_can_be_admitted() -> None:
    estate = scenario(deny=True, allow=("198.51.100.7",))
    estate.parts["healer"]["address"] = "198.51.100.7"

    assert ask(Simulator(estate.scenario()), "GET", "/v2/").status == 401


def test_a_token_is_given_but_empty_where_nothing_is_granted() -> None:
    there = simulator(abac=True)

    token = signed_in(there, "repository:shop/web:pull,metadata_read")

    assert registrytokens.carried(token) == [
        {"type": "repository", "name": "shop/web", "actions": []}
    ]
    assert ask(there, "GET", "/v2/shop/web/manifests/4.2.1", token=token).status == 401


def test_in_abac_mode_a_condition_narrows_the_token_to_a_repository() -> None:
    estate = scenario(abac=True)
    (registry,) = [one for one in estate.resources if one["name"] == "contosoimages"]
    read = "Microsoft.ContainerRegistry/registries/repositories/content/read"
    about = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]"
    condition = f"((!(ActionMatches{{'{read}'}})) OR ({about} StringEqualsIgnoreCase 'shop/web'))"
    estate.assign(HEALER, REPOSITORY_READER, registry["id"], condition=condition)
    there = Simulator(estate.scenario())

    token = signed_in(there, "repository:shop/web:pull repository:other:pull")

    assert [entry["actions"] for entry in registrytokens.carried(token)] == [["pull"], []]


def test_tokens_for_the_resource_manager_are_refused_once_that_is_switched_off() -> None:
    there = simulator()
    (registry,) = [one for one in there.world.resources if one["name"] == "contosoimages"]
    registry["properties"]["policies"]["azureADAuthenticationAsArmPolicy"]["status"] = "disabled"
    entra = identity.token_for(there.world, HEALER)

    answer = post(
        there, "/oauth2/exchange", grant_type="access_token", service=HOST, access_token=entra
    )

    assert answer.status == 401
    assert "token validation failed" in answer.body["errors"][0]["message"]
    assert signed_in(there, "repository:shop/web:pull")


def test_what_is_missing_is_named_by_what_is_missing() -> None:
    there = simulator()
    token = signed_in(there, "repository:shop/web:pull,metadata_read repository:shop/api:pull")

    tag = ask(there, "GET", "/v2/shop/web/manifests/9", token=token)
    repository = ask(there, "GET", "/v2/shop/api/manifests/9", token=token)

    assert (tag.status, code(tag)) == (404, "MANIFEST_UNKNOWN")
    assert (repository.status, code(repository)) == (404, "NAME_UNKNOWN")


@pytest.mark.usefixtures("off_the_record")
@pytest.mark.parametrize("attribute", ["locked", "quarantined"])
def test_a_locked_or_quarantined_image_shows_its_attributes_and_is_not_served(
    attribute: str,
) -> None:
    estate = scenario()
    (registry,) = [one for one in estate.resources if one["name"] == "contosoimages"]
    registry["properties"]["policies"]["quarantinePolicy"]["status"] = "enabled"
    estate.image(registry, "shop/web", "5", **{attribute: True})
    there = Simulator(estate.scenario())
    token = signed_in(there, "repository:shop/web:pull,metadata_read")

    served = ask(there, "GET", "/v2/shop/web/manifests/5", token=token)
    shown = ask(there, "GET", "/acr/v1/shop/web/_tags/5", token=token)

    assert served.status == 405
    attributes = shown.body["tag"]["changeableAttributes"]
    assert attributes["readEnabled"] is (attribute != "locked")
    assert attributes["quarantineState"] == (
        "Quarantined" if attribute == "quarantined" else "Passed"
    )


def test_an_index_names_its_platforms() -> None:
    there = simulator()
    token = signed_in(there, "repository:shop/web:pull,metadata_read")
    digest = ask(there, "GET", "/acr/v1/shop/web/_tags/4.2.1", token=token).body["tag"]["digest"]

    shown = ask(there, "GET", f"/acr/v1/shop/web/_manifests/{digest}", token=token)

    listed = [one["architecture"] for one in shown.body["manifest"]["references"]]
    assert listed == ["amd64", "arm64"]


@pytest.mark.usefixtures("off_the_record")
def test_a_manifest_is_served_by_tag_and_a_head_request_tells_its_digest_alone() -> None:
    there = simulator()
    token = signed_in(there, "repository:shop/web:pull")

    index = ask(there, "GET", "/v2/shop/web/manifests/4.2.1", token=token)
    served = ask(there, "HEAD", "/v2/shop/web/manifests/4.2.0", token=token)

    architectures = [one["platform"]["architecture"] for one in index.body["manifests"]]
    assert architectures == ["amd64", "arm64"]
    assert served.status == 200
    assert served.headers["Docker-Content-Digest"].startswith("sha256:")
    assert served.content == b""


def test_anonymous_callers_read_where_that_is_allowed_and_else_get_no_token() -> None:
    there = simulator()
    with pytest.raises(Exception, match="authentication required"):
        sdk(there, anonymous=True).get_tag_properties("shop/web", "4.2.1")

    (registry,) = [one for one in there.world.resources if one["name"] == "contosoimages"]
    registry["properties"]["anonymousPullEnabled"] = True

    assert sdk(there, anonymous=True).get_tag_properties("shop/web", "4.2.1").name == "4.2.1"


@pytest.mark.usefixtures("off_the_record")
def test_what_was_deleted_softly_is_listed_for_who_may_see_it() -> None:
    estate = scenario()
    gone = {"3.9": {"digest": "sha256:" + "9" * 64, "deleted": "2026-08-01T10:00:00Z"}}
    estate.parts["deletedImages"] = {HOST: {"shop/web": gone}}
    there = Simulator(estate.scenario())
    token = signed_in(there, "repository:shop/web:deleted_read")

    listed = ask(there, "GET", "/acr/v1/_deleted/shop/web/_tags", token=token)

    (tag,) = listed.body["tags"]
    assert (tag["tag"], tag["deletedAt"]) == ("3.9", "2026-08-01T10:00:00Z")


@pytest.mark.parametrize(("status", "said"), [(429, "TOOMANYREQUESTS"), (503, "UNKNOWN")])
def test_a_registry_in_trouble_turns_everybody_away_until_it_is_over(
    status: int, said: str
) -> None:
    estate = scenario()
    estate.parts["trouble"] = {HOST: {"status": status, "until": "2026-08-03T09:05:00+00:00"}}
    there = Simulator(estate.scenario())

    turned_away = ask(there, "GET", "/v2/")
    there.world.advance(301)

    assert (turned_away.status, code(turned_away)) == (status, said)
    assert turned_away.headers.get("Retry-After") == ("300" if status == 429 else None)
    assert ask(there, "GET", "/v2/").status == 401


def test_a_name_nobody_has_does_not_resolve() -> None:
    with pytest.raises(Dropped):
        ask(simulator(), "GET", "/v2/", host="nobody.azurecr.io")


def test_a_premium_registry_answers_at_its_regional_name_too() -> None:
    regional = "contosoimages.westeurope.geo.azurecr.io"

    assert ask(simulator(), "GET", "/v2/", host=regional).status == 401
    with pytest.raises(Dropped):
        ask(simulator(sku="Basic"), "GET", "/v2/", host=regional)


@pytest.mark.usefixtures("off_the_record")
def test_layers_and_writes_are_not_made_up() -> None:
    there = simulator()
    token = signed_in(there, "repository:shop/web:pull")

    assert ask(there, "GET", "/v2/shop/web/blobs/sha256:1", token=token).status == 501
    assert ask(there, "DELETE", "/acr/v1/shop/web", token=token).status == 501


def test_the_admin_users_password_is_another_way_in() -> None:
    estate = scenario(admin=("one-password", "another"))
    there = Simulator(estate.scenario())
    form = {"grant_type": "password", "service": HOST, "scope": "repository:shop/web:pull"}

    taken = post(there, "/oauth2/token", username="contosoimages", password="one-password", **form)
    refused = post(there, "/oauth2/token", username="contosoimages", password="stale", **form)

    assert registrytokens.carried(taken.body["access_token"])[0]["actions"] == ["pull"]
    assert refused.status == 401


def test_the_shared_pull_role_is_enough_for_another_principal_to_read() -> None:
    estate = scenario()
    (registry,) = [one for one in estate.resources if one["name"] == "contosoimages"]
    estate.assign(guid("somebody"), ACR_PULL, registry["id"])
    there = Simulator(estate.scenario())

    rights = registrytokens.rights(there.world, registry, guid("somebody"), "shop/web")

    assert rights == {"pull", "metadata_read", "catalog"}
