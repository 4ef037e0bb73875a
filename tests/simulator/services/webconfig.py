"""
App Service configuration: config/web, settings, references, sidecars (Microsoft.Web).

Manners: settings are read with a POST and written whole with a PUT, which restarts the app; secrets
stay in the state, never in a site's GET; config/web answers with the site's name and, to a write,
with the site's id.
"""

import copy
from typing import Any

from tests.simulator import answers, vault, workloads
from tests.simulator.routes import Call, Routes
from tests.simulator.services import web
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()

#: What config/web always says, beside what the state holds.
_CONFIG = {
    "numberOfWorkers": 1,
    "linuxFxVersion": "",
    "windowsFxVersion": None,
    "acrUseManagedIdentityCreds": False,
    "acrUserManagedIdentityID": None,
    "alwaysOn": True,
    "scmType": "None",
    "managedPipelineMode": "Integrated",
    "loadBalancing": "LeastRequests",
    "vnetRouteAllEnabled": False,
    "http20Enabled": True,
    "minTlsVersion": "1.2",
    "ftpsState": "FtpsOnly",
    "localMySqlEnabled": False,
    "appCommandLine": "",
}


def child(site: Resource, name: str, properties: Any, *, type: str = "config") -> Resource:
    """A child of a site as its GET returns it."""
    return {
        "id": f"{site['id']}/{type}/{name}",
        "name": name,
        "type": f"{site['type']}/{type}",
        "location": site.get("location"),
        "properties": properties,
    }


def _config(call: Call, site: Resource) -> Resource:
    held = workloads.site_config(call.world, site)
    shown = child(site, "web", _CONFIG | held)
    return shown | {"name": site["name"]}


@web.site_route(routes, "GET", "/config/web", "config/read")
def get_config(call: Call) -> Response:
    return answers.one(_config(call, web.site_of(call)))


@web.site_route(routes, "PATCH", "/config/web", "config/write")
def patch_config(call: Call) -> Response:
    site = web.site_of(call)
    values = dict((call.json or {}).get("properties") or {})
    web.put_config(call, site, {k: v for k, v in values.items() if v is not None})
    web.restarts(call, site)
    return answers.one(_config(call, site) | {"id": site["id"]})


@web.site_route(routes, "POST", "/config/appsettings/list", "config/list/action")
def list_settings(call: Call) -> Response:
    site = web.site_of(call)
    settings = call.world.app_settings.get(site["id"].lower(), {})
    return answers.one(child(site, "appsettings", dict(settings)))


@web.site_route(routes, "PUT", "/config/appsettings", "config/write")
def put_settings(call: Call) -> Response:
    site = web.site_of(call)
    sent = (call.json or {}).get("properties")
    if not isinstance(sent, dict):
        raise Refusal(400, "BadRequest", "The app settings are not an object.", shape="web")
    call.world.app_settings[site["id"].lower()] = {k: str(v) for k, v in sent.items()}
    web.restarts(call, site)
    return answers.one(child(site, "appsettings", sent))


@web.site_route(routes, "POST", "/config/connectionstrings/list", "config/list/action")
def list_connection_strings(call: Call) -> Response:
    return answers.one(child(web.site_of(call), "connectionstrings", {}))


@web.site_route(routes, "POST", "/config/metadata/list", "config/list/action")
def list_metadata(call: Call) -> Response:
    return answers.one(child(web.site_of(call), "metadata", {}))


@routes.arm(
    "GET",
    f"{web.SITES}/{{name}}/config/slotConfigNames",
    action="Microsoft.Web/sites/config/read",
    versions=web.VERSIONS,
)
def slot_config_names(call: Call) -> Response:
    site = web.site_of(call)
    held = call.world.resources.get(f"{site['id']}/config/slotConfigNames")
    properties = (held or {}).get("properties") or {
        "connectionStringNames": [],
        "appSettingNames": [],
        "azureStorageConfigNames": [],
    }
    return answers.one(child(site, "slotConfigNames", properties))


@web.site_route(routes, "GET", "/config/configreferences/appsettings", "config/appsettings/read")
def list_references(call: Call) -> Response:
    site = web.site_of(call)
    settings = call.world.app_settings.get(site["id"].lower(), {})
    references = {name: text for name, text in settings.items() if vault.is_reference(text)}
    return answers.page(_reference(call, site, name, text) for name, text in references.items())


@web.site_route(
    routes, "GET", "/config/configreferences/appsettings/{setting}", "config/appsettings/read"
)
def get_reference(call: Call) -> Response:
    site, name = web.site_of(call), call.params["setting"]
    text = call.world.app_settings.get(site["id"].lower(), {}).get(name, "")
    if not vault.is_reference(text):
        raise Refusal(404, "NotFound", f"Cannot find KeyVault reference {name}.", shape="web")
    return answers.one(_reference(call, site, name, text))


def _reference(call: Call, site: Resource, name: str, text: str) -> Resource:
    found = vault.look_up(call.world, site, text)
    properties = {
        "reference": found.text,
        "status": found.status,
        "vaultName": found.vault,
        "secretName": found.secret,
        "secretVersion": found.version,
        "identityType": {"type": "SystemAssigned"},
        "source": "KeyVault",
    }
    return child(site, name, properties, type="config/configreferences/appsettings")


@web.site_route(routes, "GET", "/sitecontainers", "sitecontainers/read")
def list_site_containers(call: Call) -> Response:
    site = web.site_of(call)
    return answers.page(
        _container(item)
        for item in call.world.resources.of_type(f"{site['type']}/sitecontainers", site["id"])
    )


@web.site_route(routes, "GET", "/sitecontainers/{container}", "sitecontainers/read")
def get_site_container(call: Call) -> Response:
    site = web.site_of(call)
    id = f"{site['id']}/sitecontainers/{call.params['container']}"
    return answers.one(_container(answers.find(call.world, id)))


def _container(item: Resource) -> Resource:
    """A sidecar as GET shows it: without the password."""
    shown = copy.deepcopy(item)
    shown["properties"].pop("passwordSecret", None)
    return shown


@web.site_route(
    routes,
    "GET",
    "/basicPublishingCredentialsPolicies/{policy}",
    "basicPublishingCredentialsPolicies/read",
)
def publishing_policy(call: Call) -> Response:
    """Whether basic sign-in for publishing is on: never, in this simulation."""
    site, name = web.site_of(call), call.params["policy"]
    if name not in ("ftp", "scm"):
        raise Refusal(404, "NotFound", f"No policy named {name}.", shape="web")
    kind = "basicPublishingCredentialsPolicies"
    return answers.one(child(site, name, {"allow": False}, type=kind))


@web.site_route(routes, "POST", "/publishxml", "publishxml/action")
def publish_profiles(call: Call) -> Response:
    """One FTP profile without a password; `az webapp show` reads its address."""
    site = web.site_of(call)
    address = f"ftps://{site['name'].split('/')[0]}.ftp.azurewebsites.windows.net/site/wwwroot"
    profile = f'<publishProfile profileName="FTP" publishMethod="FTP" publishUrl="{address}" />'
    body = f"<publishData>{profile}</publishData>"
    return Response(body=body, headers={"Content-Type": "application/xml"})
