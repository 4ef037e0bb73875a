"""
Azure App Service's side of the resource manager: sites and slots (Microsoft.Web).

Manners: GET of a site shows next to nothing of `siteConfig`, config/web does; writes restart the
app, and a start pulls the image. Versions before 2024-11-01 know `vnetImagePullEnabled` and its
sisters, later ones `outboundVnetRouting`. A write to a site in a subnet asks whether the caller may
join that subnet, whatever it changes.
"""

import copy
from collections.abc import Callable
from typing import Any

from tests.simulator import access, answers, identities, platform, sitetold, views, workloads
from tests.simulator.routes import Call, Handler, Routes
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource

routes = Routes()

VERSIONS = (
    "2025-05-01",
    "2025-03-01",
    "2024-11-01",
    "2024-04-01",
    "2023-12-01",
    "2023-01-01",
    "2022-09-01",
    "2022-03-01",
)
SITES = "{group}/providers/Microsoft.Web/sites"
JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
RESTART = 1.0  # seconds until the container that a write restarts is pulled
ROUTING = {
    "imagePullTraffic": "vnetImagePullEnabled",
    "applicationTraffic": "vnetRouteAllEnabled",
    "contentShareTraffic": "vnetContentShareEnabled",
    "backupRestoreTraffic": "vnetBackupRestoreEnabled",
}
_READ_ONLY = (
    "state",
    "hostNames",
    "outboundIpAddresses",
    "possibleOutboundIpAddresses",
    "defaultHostName",
    "resourceGroup",
    "sku",
    "repositorySiteName",
    "usageState",
    "availabilityState",
    "lastModifiedTimeUtc",
    "enabledHostNames",
)


def site_route(table: Routes, method: str, tail: str, verb: str) -> Callable[[Handler], Handler]:
    """Register an operation for sites and for slots alike. `verb` is the end of the action."""

    def register(handler: Handler) -> Handler:
        for template, action in (
            (f"{SITES}/{{name}}{tail}", f"Microsoft.Web/sites/{verb}"),
            (f"{SITES}/{{name}}/slots/{{slot}}{tail}", f"Microsoft.Web/sites/slots/{verb}"),
        ):
            table.arm(method, template, action=action, versions=VERSIONS)(handler)
        return handler

    return register


def site_id(call: Call) -> str:
    """The id of the site or slot of the request."""
    id = f"{answers.group_id(call)}/providers/Microsoft.Web/sites/{call.params['name']}"
    return f"{id}/slots/{call.params['slot']}" if "slot" in call.params else id


def site_of(call: Call) -> Resource:
    return answers.find(call.world, site_id(call))


def view(call: Call, site: Resource) -> Resource:
    """The site as this api-version shows it."""
    shown = copy.deepcopy(site)
    properties = shown["properties"]
    properties["siteConfig"] = sitetold.repeated(call.world, site)
    properties.update(sitetold.written(call.world, site))
    properties.setdefault("resourceGroup", call.params.get("rg", site["id"].split("/")[4]))
    if call.version >= "2024-11-01":
        _show_every_switch(properties)
        return shown
    routing = properties.pop("outboundVnetRouting", None) or {}
    for new, old in ROUTING.items():
        properties[old] = bool(routing.get(new) or routing.get("allTraffic"))
    return shown


def _show_every_switch(properties: dict[str, Any]) -> None:
    """A scenario may leave out what is off; Azure tells each of them (azure-mgmt-web 11)."""
    told = properties.get("outboundVnetRouting")
    if told is None and not any(old in properties for old in ROUTING.values()):
        told = properties["outboundVnetRouting"] = {}
    if isinstance(told, dict):
        for name in (*ROUTING, "allTraffic"):
            told.setdefault(name, False)


@site_route(routes, "GET", "", "read")
def get(call: Call) -> Response:
    return answers.one(view(call, site_of(call)))


@routes.arm("GET", SITES, action="Microsoft.Web/sites/read", versions=VERSIONS)
def list_in_group(call: Call) -> Response:
    found = call.world.resources.of_type("Microsoft.Web/sites", answers.group_id(call))
    return answers.page(view(call, site) for site in found)


@routes.arm(
    "GET",
    "/subscriptions/{sub}/providers/Microsoft.Web/sites",
    action="Microsoft.Web/sites/read",
    versions=(*VERSIONS, "2021-01-01"),  # the last one is Cloud Custodian's
)
def list_in_subscription(call: Call) -> Response:
    scope = f"/subscriptions/{call.params['sub']}"
    found = call.world.resources.of_type("Microsoft.Web/sites", scope)
    return answers.page(view(call, site) for site in found)


@routes.arm(
    "GET", f"{SITES}/{{name}}/slots", action="Microsoft.Web/sites/slots/read", versions=VERSIONS
)
def list_slots(call: Call) -> Response:
    found = call.world.resources.of_type("Microsoft.Web/sites/slots", site_of(call)["id"])
    return answers.page(view(call, slot) for slot in found)


@site_route(routes, "PUT", "", "write")
def put(call: Call) -> Response:
    """Create or update. Creating is not simulated: the scenario says what exists."""
    site, body = site_of(call), call.json
    if not isinstance(body, dict) or not isinstance(body.get("properties", {}), dict):
        raise Refusal(400, "BadRequest", "The request body is not a site.", shape="web")
    return _write(call, site, body, routing=True)


@site_route(routes, "PATCH", "", "write")
def patch(call: Call) -> Response:
    """Update. The routing of VNet traffic is not among what a PATCH takes; it is ignored."""
    site, body = site_of(call), call.json
    if not isinstance(body, dict) or not isinstance(body.get("properties", {}), dict):
        raise Refusal(400, "BadRequest", "The request body is not a site.", shape="web")
    return _write(call, site, body, routing=False)


def _write(call: Call, site: Resource, body: dict[str, Any], *, routing: bool) -> Response:
    sent = {k: v for k, v in (body.get("properties") or {}).items() if k not in _READ_ONLY}
    subnet = sent.get("virtualNetworkSubnetId") or site["properties"].get("virtualNetworkSubnetId")
    if subnet and not _may_join(call, subnet):
        raise Refusal(
            403,
            "LinkedAuthorizationFailed",
            f"The client with object id '{call.principal}' has permission to perform action "
            f"'Microsoft.Web/sites/write' on scope '{site['id']}'; however, it does not have "
            f"permission to perform action '{JOIN}' on the linked scope(s) '{subnet}' or the "
            "linked scope(s) are invalid.",
        )
    config = sent.pop("siteConfig", None) or {}
    wanted = _routing(call, site, sent) if routing else None
    for name in ("outboundVnetRouting", *ROUTING.values()):
        sent.pop(name, None)
    changed = copy.deepcopy(site)
    for name in ("tags", "location", "kind"):
        if body.get(name) is not None:
            changed[name] = body[name]
    if body.get("identity"):
        changed["identity"] = identities.written(call.world, site, body["identity"])
    changed["properties"].update({k: v for k, v in sent.items() if v is not None})
    if wanted is not None:
        changed["properties"]["outboundVnetRouting"] = wanted
    call.world.resources.put(changed)
    if config:
        put_config(call, changed, {k: v for k, v in config.items() if v is not None})
    restarts(call, changed)
    return answers.one(view(call, changed))


def restarts(call: Call, site: Resource) -> None:
    """A write is noted at the site and restarts the app: a moment later the platform pulls."""
    sitetold.note(call.world, site)

    def start() -> None:
        platform.start(call.world, site["id"])

    call.world.after(RESTART, start)


def _may_join(call: Call, subnet: str) -> bool:
    """Whether the caller may join the subnet; one without any role is a trusted administrator."""
    if not access.has_a_role(call.world, call.principal):
        return True
    return access.allows(call.world, call.principal, subnet, JOIN)


def _routing(call: Call, site: Resource, sent: dict[str, Any]) -> dict[str, bool] | None:
    """The routing after the write: new versions take the object, old ones the single flags."""
    if call.version >= "2024-11-01":
        given = sent.get("outboundVnetRouting")
        if given is None:
            return None
        return {name: bool(given.get(name)) for name in ("allTraffic", *ROUTING)}
    now = dict(site["properties"].get("outboundVnetRouting") or {})
    flags = {new: sent[old] for new, old in ROUTING.items() if sent.get(old) is not None}
    return {**now, **{k: bool(v) for k, v in flags.items()}} if flags else None


def put_config(call: Call, site: Resource, values: dict[str, Any]) -> Resource:
    """Merge values into config/web, making the child resource when there is none."""
    id = f"{site['id']}/config/web"
    child = call.world.resources.get(id) or {
        "id": id,
        "name": "web",
        "type": f"{site['type']}/config",
        "location": site.get("location"),
        "properties": workloads.site_config(call.world, site),
    }
    changed = copy.deepcopy(child)
    settings = values.pop("appSettings", None)
    changed["properties"].update(values)
    if settings is not None:
        call.world.app_settings[site["id"].lower()] = {s["name"]: s["value"] for s in settings}
    return call.world.resources.put(changed)


@site_route(routes, "POST", "/restart", "restart/action")
def restart(call: Call) -> Response:
    site = site_of(call)
    if site["properties"].get("state", "Running") == "Running":
        platform.start(call.world, site["id"])
    return answers.empty()


@site_route(routes, "POST", "/stop", "stop/action")
def stop(call: Call) -> Response:
    site = site_of(call)
    site["properties"]["state"] = "Stopped"
    platform.stop(call.world, site["id"])
    return answers.empty()


@site_route(routes, "POST", "/start", "start/action")
def start(call: Call) -> Response:
    site = site_of(call)
    site["properties"]["state"] = "Running"
    platform.start(call.world, site["id"])
    return answers.empty()


@site_route(routes, "GET", "/siteStatus", "siteStatus/read")
def list_site_status(call: Call) -> Response:
    return answers.one(views.told_status(call.world, site_of(call)))


@site_route(routes, "GET", "/siteStatus/{instance}", "siteStatus/read")
def get_site_status(call: Call) -> Response:
    status = views.told_status(call.world, site_of(call))
    for instance in status["properties"]:
        if instance["instanceId"].lower() == call.params["instance"].lower():
            id = f"{status['id']}/{instance['instanceId']}"
            named = {"id": id, "name": instance["instanceId"], "properties": instance}
            return answers.one(status | named)
    raise Refusal(404, "NotFound", f"Cannot find instance {call.params['instance']}.", shape="web")


@site_route(routes, "GET", "/instances", "instances/read")
def list_instances(call: Call) -> Response:
    site = site_of(call)
    status = views.site_status(call.world, site)
    return answers.page(
        {
            "id": f"{site['id']}/instances/{instance['instanceId']}",
            "name": instance["instanceId"],
            "type": f"{site['type']}/instances",
            "location": site.get("location"),
            "properties": {"state": "READY" if instance["state"] == "Started" else "UNKNOWN"},
        }
        for instance in status["properties"]
    )
