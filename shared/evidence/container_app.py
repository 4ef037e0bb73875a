"""
A container app or job as Container Apps configures and sees it.

In:  the id of a `Microsoft.App/containerApps` or `…/jobs`.
Out: a Workload. NotFound or PermissionMissing when the app itself cannot be read; every other
     refused read becomes Unread.

Each image signs in by the `registries[]` entry of its own host, and without one anonymously.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.clients.azure import Azure
from shared.evidence import container_state, images, way_out
from shared.evidence.reading import attempt, id_in, same, whole
from shared.model.evidence import (
    Attached,
    PullAuth,
    PullMode,
    Unread,
    Workload,
)
from shared.model.ids import ResourceId
from shared.model.words import Host


def read(azure: Azure, id: ResourceId) -> Workload:
    """Read the app, then its environment and what runs of it side by side."""
    job = id.type == "microsoft.app/jobs"
    app = _job(azure, id) if job else _app(azure, id)
    properties = app.get("properties") or {}
    answers = azure.together(
        environment=lambda: attempt(lambda: environment(azure, properties)),
        state=lambda: attempt(
            lambda: (
                (container_state.of_job(azure, id), ())
                if job
                else container_state.of_app(azure, id, properties)
            )
        ),
    )
    state = answers["state"]
    instances, failing = (state, ()) if isinstance(state, Unread) else state
    template = properties.get("template") or {}
    uses, note = images.named([*_containers(template), *_of_others(failing)])
    leaving = way_out.of_app(azure, properties, answers["environment"])
    acr = [use for use in uses if use.acr]
    sign_ins = {use.container: sign_in(app, use.host) for use in uses}
    home = environment_id(properties)
    return Workload(
        id=id_in(app.get("id")) or id,
        host=Host.JOB if job else Host.CONTAINER_APP,
        windows=False,
        images=tuple(uses),
        auth=sign_in(app, next((use.host for use in (*acr, *uses)), "")),
        sign_ins=sign_ins,
        egress=leaving.egress,
        subnet=leaving.subnet,
        ground=leaving.ground,
        pulls_over_vnet=over_vnet(answers["environment"], leaving.subnet),
        instances=instances,
        serving=None if job else container_state.serving(properties, instances),
        tags=app.get("tags") or {},
        location=str(app.get("location") or ""),
        revision=str(properties.get("latestRevisionName") or ""),
        deployment=str(properties.get("provisioningState") or ""),
        environment=home.name if home else "",
        environment_id=home,
        note=note,
    )


def _app(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    with azure.asking(f"read the container app {id}"):
        model = azure.apps(id.subscription).container_apps.get(id.group, id.name)
    return same(model.as_dict(), id)


def _job(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    with azure.asking(f"read the job {id}"):
        model = azure.apps(id.subscription).jobs.get(id.group, id.name)
    return same(model.as_dict(), id)


def environment(azure: Azure, properties: Mapping[str, Any]) -> Mapping[str, Any] | Unread:
    """The properties of the environment an app, job or function app lives in."""
    id = environment_id(properties)
    if id is None:
        return Unread("not readable: the app names no environment")
    with azure.asking(f"read the environment {id}"):
        model = azure.apps(id.subscription).managed_environments.get(id.group, id.name)
    return whole(model.as_dict(), str(id))["properties"]


def environment_id(properties: Mapping[str, Any]) -> ResourceId | None:
    return id_in(properties.get("environmentId") or properties.get("managedEnvironmentId"))


def _containers(template: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Containers with their images, in the order they are pulled: init containers come first."""
    listed = [*(template.get("initContainers") or ()), *(template.get("containers") or ())]
    return [(str(item.get("name") or "?"), str(item.get("image") or "")) for item in listed]


def _of_others(templates: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Images of active revisions beside the newest that are not well."""
    return [
        (f"{container} (another active revision)", image)
        for template in templates
        for container, image in _containers(template)
    ]


def sign_in(app: Mapping[str, Any], host: str) -> PullAuth | Unread:
    """The `registries[]` entry of the image's host; none means the pull is anonymous."""
    configuration = (app.get("properties") or {}).get("configuration") or {}
    identity = app.get("identity") or {}
    own = identity.get("principalId")
    for entry in configuration.get("registries") or ():
        if str(entry.get("server", "")).lower() != host:
            continue
        name = str(entry.get("identity") or "")
        if name.lower() == "system":
            return PullAuth(mode=PullMode.SYSTEM_IDENTITY, principal=own, attached=bool(own))
        if name.lower() == "system-environment":
            return Unread("that of the environment's own identity, which is not followed")
        if name:
            found = _users(identity).get(name.lower())
            return PullAuth(
                mode=PullMode.USER_IDENTITY,
                identity=name,
                principal=(found or {}).get("principalId"),
                attached=found is not None,
            )
        secret = str(entry.get("passwordSecretRef") or "")
        vaulted = _in_a_vault(configuration, secret)
        return PullAuth(
            mode=PullMode.CREDENTIALS,
            server=entry.get("server"),
            username=entry.get("username"),
            principal=own,
            secret=secret or None,
            keyvault=vaulted,
            vaulted=(secret,) if vaulted else (),
            spare=_spare(identity),
        )
    return PullAuth(mode=PullMode.ANONYMOUS, principal=own, spare=_spare(identity))


def _in_a_vault(configuration: Mapping[str, Any], secret: str) -> bool:
    """Whether the secret of that name is a reference to a Key Vault (`keyVaultUrl`)."""
    return any(
        str(item.get("name", "")) == secret and bool(item.get("keyVaultUrl"))
        for item in configuration.get("secrets") or ()
    )


def _users(identity: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    attached = identity.get("userAssignedIdentities") or {}
    return {str(key).lower(): value or {} for key, value in attached.items()}


def _spare(identity: Mapping[str, Any]) -> tuple[Attached, ...]:
    """The identities the app has and this registry is not told to use."""
    own = identity.get("principalId")
    found = [Attached(principal=str(own))] if own else []
    found += [
        Attached(principal=str(item["principalId"]), client=str(item.get("clientId") or ""), id=id)
        for id, item in sorted((identity.get("userAssignedIdentities") or {}).items())
        if (item or {}).get("principalId")
    ]
    return tuple(found)


def over_vnet(held: Mapping[str, Any] | Unread, subnet: ResourceId | None) -> bool | Unread:
    """Whether pulls leave through a network of the customer's own."""
    return Unread(held.because) if isinstance(held, Unread) else subnet is not None
