"""
App Service plans, deleting sites, swapping slots (Microsoft.Web).

Manners: scaling out starts new instances, and a start pulls; a swap exchanges image and settings,
but not identity, addresses or sticky settings, and both sides start anew.
"""

import copy

from tests.simulator import answers, platform, workloads
from tests.simulator.routes import Call, Routes
from tests.simulator.services import web
from tests.simulator.wire import Refusal, Response
from tests.simulator.world import Resource, World

routes = Routes()

PLANS = "{group}/providers/Microsoft.Web/serverfarms"
PLAN = "Microsoft.Web/serverfarms"


def _plan(call: Call) -> Resource:
    id = f"{answers.group_id(call)}/providers/{PLAN}/{call.params['name']}"
    return answers.find(call.world, id)


@routes.arm("GET", f"{PLANS}/{{name}}", action=f"{PLAN}/read", versions=web.VERSIONS)
def get_plan(call: Call) -> Response:
    return answers.one(_plan(call))


@routes.arm("GET", PLANS, action=f"{PLAN}/read", versions=web.VERSIONS)
def list_plans_in_group(call: Call) -> Response:
    return answers.page(call.world.resources.of_type(PLAN, answers.group_id(call)))


@routes.arm(
    "GET",
    "/subscriptions/{sub}/providers/Microsoft.Web/serverfarms",
    action=f"{PLAN}/read",
    versions=web.VERSIONS,
)
def list_plans(call: Call) -> Response:
    return answers.page(call.world.resources.of_type(PLAN, f"/subscriptions/{call.params['sub']}"))


@routes.arm("PUT", f"{PLANS}/{{name}}", action=f"{PLAN}/write", versions=web.VERSIONS)
def put_plan(call: Call) -> Response:
    """Scale. More workers: every running app of the plan starts somewhere new."""
    plan = copy.deepcopy(_plan(call))
    before = int(plan["sku"].get("capacity") or 1)
    plan["sku"] |= (call.json or {}).get("sku") or {}
    call.world.resources.put(plan)
    if int(plan["sku"].get("capacity") or 1) > before:
        for site in _sites(call.world, plan):
            platform.start(call.world, site["id"])
    return answers.one(plan)


def _sites(world: World, plan: Resource) -> list[Resource]:
    found = [
        *world.resources.of_type("Microsoft.Web/sites"),
        *world.resources.of_type("Microsoft.Web/sites/slots"),
    ]
    return [
        site
        for site in found
        if str(site["properties"].get("serverFarmId", "")).lower() == plan["id"].lower()
        and site["properties"].get("state", "Running") == "Running"
    ]


@web.site_route(routes, "DELETE", "", "delete")
def delete_site(call: Call) -> Response:
    id = web.site_id(call)
    return answers.empty(200 if answers.remove(call.world, id) else 204)


@routes.arm(
    "POST",
    f"{web.SITES}/{{name}}/slotsswap",
    action="Microsoft.Web/sites/slotsswap/action",
    versions=web.VERSIONS,
)
def swap(call: Call) -> Response:
    """Exchange production with the slot named in the body."""
    production = web.site_of(call)
    name = str((call.json or {}).get("targetSlot", ""))
    slot = call.world.resources.get(f"{production['id']}/slots/{name}")
    if slot is None:
        raise Refusal(404, "NotFound", f"Cannot find slot {name}.", shape="web")
    _swap(call, production, slot)
    for site in (production, slot):
        platform.start(call.world, site["id"])
    return answers.empty()


def _swap(call: Call, one: Resource, other: Resource) -> None:
    world = call.world
    images = [workloads.site_config(world, site) for site in (one, other)]
    for site, config in zip((one, other), reversed(images), strict=True):
        moved = {k: v for k, v in config.items() if k in ("linuxFxVersion", "windowsFxVersion")}
        web.put_config(call, site, moved)
    names = world.resources.get(f"{one['id']}/config/slotConfigNames") or {}
    sticky = (names.get("properties") or {}).get("appSettingNames") or []
    settings = [world.app_settings.get(site["id"].lower(), {}) for site in (one, other)]
    for site, own, theirs in zip((one, other), settings, reversed(settings), strict=True):
        kept = {k: v for k, v in own.items() if k in sticky}
        world.app_settings[site["id"].lower()] = kept | {
            k: v for k, v in theirs.items() if k not in sticky
        }
