"""How a workload signs in: an identity it has and does not use, or does not have; credentials."""

from functools import partial
from typing import Any

from shared.model.words import FindingName as F
from shared.model.words import Host
from tests.clinic import GENEROUS
from tests.matrix.story import Story
from tests.simulator.estates import credentials_cases as cases

#: The registry's owner agrees: only then is a password handed out.
PAIRED = (
    GENEROUS + "pairs:\n- registry: /subscriptions/*/resourceGroups/platform\n"
    "  workloads: ['/subscriptions/*/resourceGroups/web-shop']\n"
)
_USED: dict[str, Any] = {
    "row": 12,
    "finding": F.IDENTITY_NOT_USED,
    "ends": "healed",
    "does": "tells the app to pull with the identity that may (use-identity)",
}
_DETACHED: dict[str, Any] = {
    "row": 13,
    "finding": F.IDENTITY_NOT_ATTACHED,
    "ends": "explained",
    "does": "names the identity, and how its owner attaches it",
}
_ROTATED: dict[str, Any] = {
    "row": 14,
    "finding": F.CREDENTIALS_STALE,
    "ends": "healed",
    "does": "writes the registry's present password (credential-resync)",
    "policy": PAIRED,
}
_BROKEN: dict[str, Any] = {
    "row": 15,
    "finding": F.KEYVAULT_REFERENCE_BROKEN,
    "ends": "explained",
    "does": "names vault, secret, identity and status",
}

STORIES = (
    Story(
        **_USED,
        host=Host.WEB_APP,
        scenario=cases.idle_identity,
        workload="shop",
        writes=("PATCH …/sites/shop/config/web",),
    ),
    Story(
        **_USED,
        host=Host.FUNCTIONS,
        variant="user identity",
        scenario=partial(cases.idle_identity, cases.FUNCTIONS, users=2, able=(1,)),
        workload="shop",
        writes=("PATCH …/sites/shop/config/web",),
    ),
    Story(
        **_USED,
        host=Host.SLOT,
        scenario=cases.idle_slot,
        workload="staging",
        writes=("PATCH …/slots/staging/config/web",),
    ),
    Story(
        **_USED,
        host=Host.WEB_APP,
        variant="admin user off",
        scenario=partial(cases.admin_off, identity=True),
        workload="shop",
        also=(F.CREDENTIALS_ADMIN_DISABLED,),
        writes=("PATCH …/sites/shop/config/web",),
    ),
    Story(
        **_USED | {"ends": "explained", "does": "says which registries entry is missing"},
        host=Host.CONTAINER_APP,
        scenario=cases.no_entry,
        workload="basket",
        says=("az containerapp registry set", "changed by its owner"),
    ),
    Story(**_DETACHED, host=Host.WEB_APP, scenario=cases.detached, workload="shop"),
    Story(**_DETACHED, host=Host.CONTAINER_APP, scenario=cases.detached_app, workload="basket"),
    Story(
        **_DETACHED,
        host=Host.JOB,
        scenario=partial(cases.detached_app, "job"),
        workload="basket",
    ),
    Story(
        **_ROTATED,
        host=Host.WEB_APP,
        scenario=cases.web_app,
        workload="shop",
        writes=("PUT …/sites/shop/config/appsettings",),
    ),
    Story(
        **_ROTATED,
        host=Host.WEB_APP,
        variant="Windows",
        scenario=partial(cases.web_app, cases.WINDOWS),
        workload="shop",
        writes=("PUT …/sites/shop/config/appsettings",),
    ),
    Story(
        **_ROTATED,
        host=Host.WEB_APP,
        variant="compose, China",
        scenario=partial(cases.compose, cloud="AzureChinaCloud"),
        workload="shop",
        writes=("PUT …/sites/shop/config/appsettings",),
    ),
    Story(
        **_ROTATED,
        host=Host.FUNCTIONS,
        variant="US Government",
        scenario=partial(cases.web_app, cases.FUNCTIONS, cloud="AzureUSGovernment"),
        workload="shop",
        writes=("PUT …/sites/shop/config/appsettings",),
    ),
    Story(
        **_ROTATED,
        host=Host.SLOT,
        scenario=cases.slot,
        workload="staging",
        writes=("PUT …/slots/staging/config/appsettings",),
    ),
    Story(
        **_ROTATED,
        host=Host.CONTAINER_APP,
        scenario=cases.container_app,
        workload="basket",
        writes=(
            "PATCH …/containerApps/basket",
            "POST …/containerApps/basket/revisions/basket--0000001/restart",
        ),
    ),
    Story(
        **_ROTATED,
        host=Host.JOB,
        scenario=cases.job,
        workload="nightly",
        writes=("PATCH …/jobs/nightly",),
        minutes=120,
    ),
    Story(
        **_ROTATED
        | {"ends": "held", "policy": GENEROUS, "does": "holds until the registry's owner agrees"},
        host=Host.WEB_APP,
        variant="no pair",
        scenario=cases.web_app,
        workload="shop",
        says=("no consent of the registry's owner",),
    ),
    Story(
        **_ROTATED | {"ends": "explained", "does": "says that the place of the password is hidden"},
        host=Host.WEB_APP,
        variant="sidecars",
        scenario=cases.sidecars,
        workload="shop",
        says=("cannot be compared",),
    ),
    Story(
        **_ROTATED | {"ends": "explained", "does": "tells the vault's owner what to put there"},
        host=Host.WEB_APP,
        variant="Key Vault",
        scenario=partial(cases.vaulted, holds=cases.OLD, may_read=True),
        workload="shop",
        says=("az keyvault secret set", "contoso-kv"),
    ),
    Story(
        row=14,
        finding=F.CREDENTIALS_ADMIN_DISABLED,
        host=Host.WEB_APP,
        scenario=cases.admin_off,
        workload="shop",
        ends="explained",
        does="leaves it off and proposes the managed identity",
        says=("leave it off",),
    ),
    Story(
        row=14,
        finding=F.CREDENTIALS_ADMIN_DISABLED,
        host=Host.CONTAINER_APP,
        scenario=cases.admin_off_app,
        workload="basket",
        ends="explained",
        does="leaves it off and proposes the managed identity",
        says=("leave it off",),
    ),
    Story(
        row=14,
        finding=F.CREDENTIALS_NOT_ADMIN,
        host=Host.WEB_APP,
        variant="token disabled",
        scenario=partial(cases.registry_token, status="disabled"),
        workload="shop",
        ends="explained",
        does="names the token and what is the matter with it",
        says=("ci-token", "disabled", "az acr token update"),
    ),
    Story(
        **_BROKEN,
        host=Host.WEB_APP,
        scenario=cases.vaulted,
        workload="shop",
        says=("contoso-kv", "SecretNotFound", "the system identity"),
    ),
    Story(
        **_BROKEN,
        host=Host.CONTAINER_APP,
        scenario=cases.vaulted_app,
        workload="basket",
        says=("contoso-kv", "FetchingKeyVaultSecretFailed"),
    ),
)
