"""
Revisions and replicas of container apps (Microsoft.App/containerApps/revisions).

Manners: a restart starts the revision's containers anew, with the secrets as they are now, so it
pulls; in multiple-revision mode older revisions can be active beside the newest.
"""

from tests.simulator import answers, appsecrets, platform, views
from tests.simulator.routes import Call, Routes
from tests.simulator.services.app import APP, APPS, VERSIONS, id_of
from tests.simulator.wire import Response, resource_not_found
from tests.simulator.world import Resource

routes = Routes()
_REVISIONS = f"{APPS}/{{name}}/revisions"
_ONE = f"{_REVISIONS}/{{revision}}"


@routes.arm("GET", _REVISIONS, action=f"{APP}/revisions/read", versions=VERSIONS)
def list_revisions(call: Call) -> Response:
    app = answers.find(call.world, id_of(call, APP))
    views.newest_of(call.world, app)
    return answers.page(call.world.resources.of_type(f"{APP}/revisions", app["id"]))


@routes.arm("GET", _ONE, action=f"{APP}/revisions/read", versions=VERSIONS)
def get_revision(call: Call) -> Response:
    return answers.one(_revision(call))


@routes.arm("POST", f"{_ONE}/restart", action=f"{APP}/revisions/restart/action", versions=VERSIONS)
def restart_revision(call: Call) -> Response:
    """The containers start anew. An older revision's own images are not followed."""
    revision, app = _revision(call), answers.find(call.world, id_of(call, APP))
    if _is_newest(call, app, revision):
        appsecrets.started(call.world, app)
        platform.start(call.world, app["id"])
    return answers.empty()


@routes.arm(
    "POST", f"{_ONE}/activate", action=f"{APP}/revisions/activate/action", versions=VERSIONS
)
def activate_revision(call: Call) -> Response:
    revision, app = _revision(call), answers.find(call.world, id_of(call, APP))
    revision["properties"].update(active=True, replicas=1, runningState="Running")
    if _is_newest(call, app, revision):
        appsecrets.started(call.world, app)
        platform.start(call.world, app["id"])
    return answers.empty()


@routes.arm(
    "POST", f"{_ONE}/deactivate", action=f"{APP}/revisions/deactivate/action", versions=VERSIONS
)
def deactivate_revision(call: Call) -> Response:
    revision, app = _revision(call), answers.find(call.world, id_of(call, APP))
    if _is_newest(call, app, revision):
        platform.stop(call.world, app["id"])
    views.switch_off(revision)
    return answers.empty()


@routes.arm("GET", f"{_ONE}/replicas", action=f"{APP}/revisions/replicas/read", versions=VERSIONS)
def list_replicas(call: Call) -> Response:
    return answers.page(_replicas(call))


@routes.arm(
    "GET",
    f"{_ONE}/replicas/{{replica}}",
    action=f"{APP}/revisions/replicas/read",
    versions=VERSIONS,
)
def get_replica(call: Call) -> Response:
    wanted = call.params["replica"].lower()
    for replica in _replicas(call):
        if str(replica["name"]).lower() == wanted:
            return answers.one(replica)
    raise resource_not_found(call.request.path)


def _replicas(call: Call) -> list[Resource]:
    """What runs or tries to; nothing of a revision that is off or scaled to zero."""
    revision, app = _revision(call), answers.find(call.world, id_of(call, APP))
    if not revision["properties"].get("replicas"):
        return []
    if _is_newest(call, app, revision):
        views.replica(call.world, app)
    return list(call.world.resources.of_type(f"{APP}/revisions/replicas", revision["id"]))


def _revision(call: Call) -> Resource:
    app = answers.find(call.world, id_of(call, APP))
    views.newest_of(call.world, app)
    return answers.find(call.world, f"{app['id']}/revisions/{call.params['revision']}")


def _is_newest(call: Call, app: Resource, revision: Resource) -> bool:
    newest = views.newest_of(call.world, app)
    return newest is not None and newest["id"].lower() == revision["id"].lower()
