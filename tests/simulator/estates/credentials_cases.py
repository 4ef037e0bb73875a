"""
Estates whose workloads sign in with credentials, or with nothing: rotated, switched off, vaulted.

In:  the host, and what is wrong.
Out: a scenario dict. No product logic: nothing here says what the right answer is.
"""

from typing import Any

from tests.simulator.estates.cases import OUTBOUND, Scenario
from tests.simulator.estates.estate import ACR_PULL, Estate
from tests.simulator.estates.sites import FUNCTIONS, LINUX, WINDOWS
from tests.simulator.world import Resource

FIRST, SECOND, OLD = "Kq2first+ACRAbCdEf", "Wm7second+ACRGhIjKl", "an-older-password"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"  # built-in: Key Vault Secrets User
REGISTRY = "contosoimages"
NAME = "registry-password"  # of the secret of a container app, and in the vault
SETTINGS = {
    "WEBSITES_PORT": "8080",
    "DB_CONNECTION": "Server=db;Password=hunter2",
    "FEATURE": "@Microsoft.KeyVault(VaultName=contoso-kv;SecretName=feature)",
}


def web_app(kind: str = LINUX, *, password: str | None = OLD, **options: Any) -> Scenario:
    """A site that signs in as the admin user, with other settings beside. None: no password."""
    estate, acr = _ground(options)
    site = _site(estate, acr, kind)
    _sign_in(estate, site, acr, password)
    return estate.scenario()


def slot(*, sticky: bool = True, **options: Any) -> Scenario:
    """A staging slot with the old password; production has the present one."""
    estate, acr = _ground(options)
    site = _site(estate, acr, LINUX)
    _sign_in(estate, site, acr, FIRST)
    image = estate.image(acr, "shop/web", "4.3.0-rc1")
    staging = estate.slot(site, "staging", image=image, outbound=OUTBOUND)
    _config(estate, staging)["acrUseManagedIdentityCreds"] = False
    _sign_in(estate, staging, acr, OLD)
    names = ["DOCKER_REGISTRY_SERVER_PASSWORD"] if sticky else []
    estate.add(
        f"{site['id']}/config/slotConfigNames",
        "Microsoft.Web/sites/config",
        {
            "connectionStringNames": [],
            "appSettingNames": names,
            "azureStorageConfigNames": [],
        },
    )
    return estate.scenario()


def compose(**options: Any) -> Scenario:
    """Two containers of one registry, signed in for by one setting."""
    estate, acr = _ground(options)
    images = {
        "web": estate.image(acr, "shop/web", "4.2.1"),
        "cart": estate.image(acr, "shop/cart", "1.0.3"),
    }
    site = estate.compose("shop", images, outbound=OUTBOUND, identity=False)
    _sign_in(estate, site, acr, OLD)
    return estate.scenario()


def sidecars(**options: Any) -> Scenario:
    """Sidecar containers that sign in as the admin user, with the password in an app setting."""
    estate, acr = _ground(options)
    sign_in = {
        "authType": "UserCredentials",
        "userName": acr["name"],
        "passwordSecret": "SIDECAR_PASSWORD",
    }
    containers = {
        "main": {"image": estate.image(acr, "shop/web", "4.2.1"), **sign_in},
        "proxy": {"image": estate.image(acr, "shop/proxy", "1.0.0"), **sign_in},
    }
    site = estate.sidecars("shop", containers, outbound=OUTBOUND, identity=False)
    estate.settings(site, **SETTINGS, SIDECAR_PASSWORD=OLD)
    return estate.scenario()


def container_app(*, password: str = OLD, also: str = "", **options: Any) -> Scenario:
    """A container app with the admin user's old password in a secret, and secrets of its own.

    `also`: a second registry whose entry uses the same secret.
    """
    estate, acr = _ground(options)
    sign_in = {"username": acr["name"], "passwordSecretRef": NAME}
    app = estate.container_app(
        "basket",
        estate.environment("apps-env"),
        image=estate.image(acr, "basket/api", "1.8.0"),
        registry=acr,
        sign_in=sign_in,
    )
    _secrets(estate, app, password)
    if also:
        entry = {"server": f"{also}{estate.cloud.registry_suffix}", "username": also}
        app["properties"]["configuration"]["registries"].append(entry | {"passwordSecretRef": NAME})
    return estate.scenario()


def job(**options: Any) -> Scenario:
    """A job with the admin user's old password in a secret."""
    estate, acr = _ground(options)
    sign_in = {"username": acr["name"], "passwordSecretRef": NAME}
    made = estate.job(
        "nightly",
        estate.environment("jobs-env"),
        image=estate.image(acr, "night/run", "2.2.0"),
        registry=acr,
        sign_in=sign_in,
    )
    _secrets(estate, made, OLD)
    return estate.scenario()


def admin_off(*, identity: bool = False, **options: Any) -> Scenario:
    """The admin user was switched off under a site that signs in as it.

    `identity`: the site has one, and it may pull; nobody told the site to use it.
    """
    estate, acr = _ground(options, admin=False)
    site = _site(estate, acr, LINUX)
    _sign_in(estate, site, acr, OLD)
    if identity:
        estate.with_identity(site)
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def admin_off_app(**options: Any) -> Scenario:
    """The same under a container app."""
    estate, acr = _ground(options, admin=False)
    sign_in = {"username": acr["name"], "passwordSecretRef": NAME}
    app = estate.container_app(
        "basket",
        estate.environment("apps-env"),
        image=estate.image(acr, "basket/api", "1.8.0"),
        registry=acr,
        sign_in=sign_in,
    )
    _secrets(estate, app, OLD)
    return estate.scenario()


def token(*, username: str = "ci-token", **options: Any) -> Scenario:
    """A site that signs in as a user the registry does not know."""
    estate, acr = _ground(options)
    site = _site(estate, acr, LINUX)
    _sign_in(estate, site, acr, OLD, username=username)
    return estate.scenario()


def registry_token(
    *,
    status: str = "enabled",
    expiry: str | None = None,
    repository: str = "shop/web",
    password: str = OLD,
    **options: Any,
) -> Scenario:
    """A site that signs in with a repository token. `password`: what the site holds; the token's
    own is FIRST until `expiry`, for `repository` alone."""
    estate, acr = _ground(options)
    site = _site(estate, acr, LINUX)
    _sign_in(estate, site, acr, password, username="ci-token")
    kind = str(acr["type"])
    actions = [f"repositories/{repository}/content/read"]
    scope_map = estate.add(
        f"{acr['id']}/scopeMaps/ci-scope",
        f"{kind}/scopeMaps",
        {"type": "UserDefined", "actions": actions, "provisioningState": "Succeeded"},
    )
    made: dict[str, Any] = {"name": "password1", "creationTime": "2026-01-01T00:00:00.0000000Z"}
    if expiry:
        made["expiry"] = expiry
    kept = estate.add(
        f"{acr['id']}/tokens/ci-token",
        f"{kind}/tokens",
        {
            "scopeMapId": scope_map["id"],
            "status": status,
            "credentials": {"passwords": [made]},
            "provisioningState": "Succeeded",
        },
    )
    estate.parts["passwords"][kept["id"]] = (
        [] if expiry and expiry < estate.now.isoformat() else [FIRST]
    )
    return estate.scenario()


def elsewhere(**options: Any) -> Scenario:
    """Credentials that work, for another registry than the image's: the host sends none."""
    estate, acr = _ground(options)
    site = _site(estate, acr, LINUX)
    _sign_in(estate, site, acr, FIRST)
    url = f"https://fabrikam{estate.cloud.registry_suffix}"
    estate.settings(site, DOCKER_REGISTRY_SERVER_URL=url)
    return estate.scenario()


def idle_identity(
    kind: str = LINUX, *, users: int = 0, able: tuple[int, ...] = (), **options: Any
) -> Scenario:
    """A site that signs in with nothing, beside identities: the system's, or `users` of its own.

    `able`: which of them may pull, counted from 0; without `users` the system's may.
    """
    estate, acr = _ground(options)
    site = _site(estate, acr, kind)
    if not users:
        estate.with_identity(site)
        estate.assign(site["identity"]["principalId"], ACR_PULL, acr["id"])
    for number in range(users):
        one = estate.user_identity(f"pullers-{number}")
        estate.attach(site, one)
        if number in able:
            estate.assign(one["properties"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def idle_slot(**options: Any) -> Scenario:
    """A slot with an identity of its own that may pull, and is not told to use it."""
    estate, acr = _ground(options)
    site = _site(estate, acr, LINUX)
    _sign_in(estate, site, acr, FIRST)
    image = estate.image(acr, "shop/web", "4.3.0-rc1")
    staging = estate.slot(site, "staging", image=image, outbound=OUTBOUND)
    _config(estate, staging)["acrUseManagedIdentityCreds"] = False
    estate.assign(staging["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def no_entry(**options: Any) -> Scenario:
    """A container app whose identity may pull, and whose list of registries is empty."""
    estate, acr = _ground(options)
    app = estate.container_app(
        "basket",
        estate.environment("apps-env"),
        image=estate.image(acr, "basket/api", "1.8.0"),
        registry=acr,
    )
    app["properties"]["configuration"]["registries"] = []
    estate.assign(app["identity"]["principalId"], ACR_PULL, acr["id"])
    return estate.scenario()


def detached(**options: Any) -> Scenario:
    """A site told to pull with an identity that was taken off it."""
    estate, acr = _ground(options)
    site = _site(estate, acr, LINUX)
    gone = estate.user_identity("pullers")
    estate.assign(gone["properties"]["principalId"], ACR_PULL, acr["id"])
    config = _config(estate, site)
    config["acrUseManagedIdentityCreds"] = True
    config["acrUserManagedIdentityID"] = gone["properties"]["clientId"]
    return estate.scenario()


def detached_app(type: str = "app", **options: Any) -> Scenario:
    """A container app or job whose registry entry names an identity it does not have."""
    estate, acr = _ground(options)
    gone = estate.user_identity("pullers")
    estate.assign(gone["properties"]["principalId"], ACR_PULL, acr["id"])
    build = estate.container_app if type == "app" else estate.job
    build(
        "basket",
        estate.environment("apps-env"),
        image=estate.image(acr, "basket/api", "1.8.0"),
        registry=acr,
        sign_in={"identity": gone["id"]},
    )
    return estate.scenario()


def vaulted(*, holds: str | None = None, may_read: bool = False, **options: Any) -> Scenario:
    """A site whose password is a Key Vault reference. `holds`: the secret's value; None: there is
    no such secret. `may_read`: the site's identity may read it."""
    estate, acr = _ground(options)
    site = estate.with_identity(_site(estate, acr, LINUX))
    vault = _vault(estate, holds)
    if may_read:
        estate.assign(site["identity"]["principalId"], SECRETS_USER, vault["id"])
    reference = f"@Microsoft.KeyVault(VaultName={vault['name']};SecretName={NAME})"
    _sign_in(estate, site, acr, reference)
    return estate.scenario()


def vaulted_app(*, holds: str | None = None, may_read: bool = False, **options: Any) -> Scenario:
    """A container app whose registry password is a secret of a Key Vault."""
    estate, acr = _ground(options)
    app = estate.container_app(
        "basket",
        estate.environment("apps-env"),
        image=estate.image(acr, "basket/api", "1.8.0"),
        registry=acr,
        sign_in={"username": acr["name"], "passwordSecretRef": NAME},
    )
    vault = _vault(estate, holds)
    if may_read:
        estate.assign(app["identity"]["principalId"], SECRETS_USER, vault["id"])
    url = f"https://{vault['name']}.vault.azure.net/secrets/{NAME}/0123456789abcdef"
    app["properties"]["configuration"]["secrets"] = [
        {"name": NAME, "keyVaultUrl": url, "identity": "system"}
    ]
    return estate.scenario()


def _ground(options: dict[str, Any], *, admin: bool = True) -> tuple[Estate, Resource]:
    estate = Estate(**options)
    acr = estate.registry(REGISTRY, admin=(FIRST, SECOND))
    acr["properties"]["adminUserEnabled"] = admin
    return estate, acr


def _site(estate: Estate, acr: Resource, kind: str) -> Resource:
    image = estate.image(acr, "shop/web", "4.2.1", **_platforms(kind))
    return estate.site("shop", image=image, outbound=OUTBOUND, identity=False, kind=kind)


def _platforms(kind: str) -> dict[str, Any]:
    return {"platforms": ["windows/amd64"]} if kind == WINDOWS else {}


def _sign_in(
    estate: Estate,
    site: Resource,
    acr: Resource,
    password: str | None,
    *,
    username: str = "",
) -> None:
    estate.settings(
        site,
        **SETTINGS,
        DOCKER_REGISTRY_SERVER_URL=f"https://{acr['properties']['loginServer']}",
        DOCKER_REGISTRY_SERVER_USERNAME=username or acr["name"],
    )
    if password is not None:
        estate.settings(site, DOCKER_REGISTRY_SERVER_PASSWORD=password)


def _secrets(estate: Estate, app: Resource, password: str) -> None:
    estate.secret(app, "queue-key", "queue-key-value")
    estate.secret(app, NAME, password)
    app["properties"]["configuration"]["secrets"].append(
        {
            "name": "from-vault",
            "keyVaultUrl": "https://contoso-kv.vault.azure.net/secrets/other",
            "identity": "system",
        }
    )


def _vault(estate: Estate, holds: str | None) -> Resource:
    type_ = "Microsoft.KeyVault/vaults"
    vault = estate.add(estate.id(type_, "contoso-kv"), type_, {"enableRbacAuthorization": True})
    if holds is not None:
        secret = f"{vault['id']}/secrets/{NAME}"
        estate.add(secret, f"{type_}/secrets", {"value": holds})
    return vault


def _config(estate: Estate, site: Resource) -> dict[str, Any]:
    id = f"{site['id']}/config/web"
    return next(item["properties"] for item in estate.resources if item["id"] == id)


__all__ = ["FUNCTIONS", "LINUX", "WINDOWS"]
