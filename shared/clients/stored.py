"""
Stored secrets: the only reads whose answers hold passwords, and how two passwords are compared.

In:  a site, a container app or job, a registry.
Out: settings, secrets, passwords, for the function that asked and nobody else: none of them goes
     into a noun, a log, an error or a plan.

All three are POSTs that only read: App Service lists app settings with `config/appsettings/list`,
Container Apps shows the values of secrets only in `listSecrets`, a registry its admin user's two
passwords in `listCredentials` (azure-mgmt-web 11, -appcontainers 5.1, -containerregistry 15).
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.clients.azure import Azure
from shared.errors import Refused
from shared.model.ids import ResourceId


@dataclass(frozen=True, slots=True)
class Login:
    """What a registry's admin user signs in with. The passwords stay out of its repr."""

    username: str
    passwords: Mapping[str, str] = field(repr=False)  # by name: "password", "password2"

    def named(self, value: str) -> str | None:
        """Which of the passwords this is; every one is compared, always."""
        found = [name for name, known in self.passwords.items() if same(known, value)]
        return found[0] if found else None


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(_digest(one), _digest(other))


def fingerprint(value: str) -> str:
    """What may stand for a secret while two reads of it are compared; never written down."""
    return _digest(value).hex()


def app_settings(azure: Azure, site: ResourceId) -> dict[str, str]:
    """Every app setting of a site or slot, as it is spelled."""
    operations = azure.web(site.subscription).web_apps
    with azure.asking(f"listed the app settings of {site}"):
        model = (
            operations.list_application_settings_slot(site.group, *site.names)
            if len(site.names) == 2
            else operations.list_application_settings(site.group, site.name)
        )
        answer = model.as_dict().get("properties")
    if not isinstance(answer, Mapping):
        raise Refused(f"Azure's answer about the app settings of {site} holds none")
    return {str(name): "" if value is None else str(value) for name, value in answer.items()}


def app_secrets(azure: Azure, app: ResourceId) -> list[dict[str, Any]]:
    """Every secret of a container app or job: with its value, or with its `keyVaultUrl`."""
    client = azure.apps(app.subscription)
    with azure.asking(f"listed the secrets of {app}"):
        model = (
            client.jobs.list_secrets(app.group, app.name)
            if app.type == "microsoft.app/jobs"
            else client.container_apps.list_secrets(app.group, app.name)
        )
        answer = model.as_dict().get("value")
    if not isinstance(answer, list):
        raise Refused(f"Azure's answer about the secrets of {app} is no list")
    return [dict(item) for item in answer if isinstance(item, Mapping)]


def registry_login(azure: Azure, registry: ResourceId) -> Login:
    """The admin user's name and passwords. Refused (400) where the admin user is off."""
    operations = azure.acr(registry.subscription).registries
    with azure.asking(f"listed the credentials of {registry}"):
        answer = operations.list_credentials(registry.group, registry.name).as_dict()
    passwords = {
        str(item["name"]): str(item["value"])
        for item in answer.get("passwords") or ()
        if item.get("name") and item.get("value")
    }
    if not passwords or not answer.get("username"):
        raise Refused(f"Azure's answer about the credentials of {registry} holds no password")
    return Login(str(answer["username"]), passwords)


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()
