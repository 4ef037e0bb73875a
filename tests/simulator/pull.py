"""
Whether an image pull works, computed from the state in the order a real pull meets it.

In:  the World and a Workload.
Out: one Pull per image; the first that fails stops the rest.

Stages: dns, route, registry, network-rules, identity, credential, role, image, platform,
        data-endpoint.
Nothing is drawn by lot: the address the registry sees goes round the workload's addresses.
"""

from dataclasses import dataclass
from typing import Any

from tests.simulator import access, clouds, registries, routing, shelves
from tests.simulator.workloads import Credential, Image, Workload
from tests.simulator.world import Resource, World

PULL = "Microsoft.ContainerRegistry/registries/pull/read"
READ_CONTENT = "Microsoft.ContainerRegistry/registries/repositories/content/read"
REPOSITORY = "@Request[Microsoft.ContainerRegistry/registries/repositories:name]"


@dataclass(frozen=True, kw_only=True)
class Pull:
    """One attempt at one image. `stage` is None when it worked, else where it failed and why."""

    image: Image
    stage: str | None = None
    why: str = ""
    client: str | None = None  # the address the registry saw; None on a private path or before it
    digest: str | None = None

    @property
    def ok(self) -> bool:
        return self.stage is None


def attempt(world: World, workload: Workload) -> list[Pull]:
    """Pull the workload's images in order, stopping at the first that fails."""
    pulls: list[Pull] = []
    for image in workload.images:
        pulls.append(pull_image(world, workload, image))
        if not pulls[-1].ok:
            break
    return pulls


def pull_image(world: World, workload: Workload, image: Image) -> Pull:
    registry = registries.by_login_server(world, image.host)
    if registry is None:
        return _pull_elsewhere(world, workload, image)
    path = routing.to_registry(world, workload, registry)
    if path.failure:
        return Pull(image=image, stage=path.failure, why=path.because)
    client = None if path.private else _seen(world, workload, path.addresses)
    if trouble := registries.trouble(world, registry):
        why = "throttled" if trouble[0] == 429 else "unavailable"
        return Pull(image=image, stage="registry", why=why, client=client)
    rules = registries.rules_in_force(world, registry)
    if client is not None and not rules.admit(client):
        why = "public" if rules.public else "closed"
        return Pull(image=image, stage="network-rules", why=why, client=client)
    refused = _sign_in(world, workload, registry, image)
    if refused:
        return Pull(image=image, stage=refused[0], why=refused[1], client=client)
    failed, digest = _look_up(world, workload, image)
    if failed:
        return Pull(image=image, stage=failed[0], why=failed[1], client=client)
    layers = routing.to_layers(world, workload, registry)
    if layers.failure:
        why = layers.because or "i/o timeout"
        return Pull(image=image, stage="data-endpoint", why=why, client=client, digest=digest)
    return Pull(image=image, client=client, digest=digest)


def _pull_elsewhere(world: World, workload: Workload, image: Image) -> Pull:
    """A host without a registry resource: public and open if `images` knows it, else no host.

    Registries that everybody pulls from hold whatever is asked for, unless `images` tells what they
    hold. An Azure registry out of sight belongs to somebody else, who gave no identity of ours a
    role.
    """
    listed = image.host.lower() in {host.lower() for host in world.images}
    if not listed and not clouds.is_everybodys(image.host):
        return Pull(image=image, stage="dns", why=f"lookup {image.host}: no such host")
    if clouds.of_host(image.host) and image.credential.kind == "identity":
        return Pull(image=image, stage="role", why="no-pull")
    path = routing.to_elsewhere(world, workload, image.host)
    if path.failure:
        return Pull(image=image, stage=path.failure, why=path.because)
    if not listed:
        return Pull(image=image, digest=image.digest)
    failed, digest = _look_up(world, workload, image)
    if failed:
        return Pull(image=image, stage=failed[0], why=failed[1])
    return Pull(image=image, digest=digest)


def _seen(world: World, workload: Workload, addresses: tuple[str, ...]) -> str:
    """The address the registry sees this time: the next one round."""
    turns: dict[str, int] = world.memory.setdefault("pull", {})
    turn = turns.get(workload.id.lower(), 0)
    turns[workload.id.lower()] = turn + 1
    return addresses[turn % len(addresses)]


def _sign_in(
    world: World, workload: Workload, registry: Resource, image: Image
) -> tuple[str, str] | None:
    """None when the registry lets this credential read the repository, else stage and reason."""
    credential = image.credential
    properties = registry["properties"]
    if credential.kind == "none":
        return None if _open(registry) else ("credential", "anonymous")
    if credential.kind == "password":
        known = _is_admin(world, registry, credential) or _is_token(world, registry, image)
        return None if known else ("credential", "refused")
    if credential.principal is None:
        return "identity", "not-attached"
    if not routing.reaches_entra(world, workload):
        return "identity", "no-token"
    policy = (properties.get("policies") or {}).get("azureADAuthenticationAsArmPolicy") or {}
    if policy.get("status") == "disabled":
        return "identity", "arm-audience"
    if _may_read(world, registry, credential.principal, image.repository):
        return None
    return None if _open(registry) else ("role", "no-pull")


def _open(registry: Resource) -> bool:
    basic = str(registry.get("sku", {}).get("name", "")).lower() == "basic"
    return bool(registry["properties"].get("anonymousPullEnabled")) and not basic


def _is_admin(world: World, registry: Resource, credential: Credential) -> bool:
    if not registry["properties"].get("adminUserEnabled"):
        return False
    if credential.username.lower() != str(registry["name"]).lower():
        return False
    return bool(credential.password) and credential.password in world.passwords.get(
        registry["id"].lower(), []
    )


def _is_token(world: World, registry: Resource, image: Image) -> bool:
    """A non-Entra token that is enabled and whose scope map lets it read the repository.

    Its password is kept in `passwords` under the token's id; Azure shows it once and never again
    ("Create a token with repository-scoped permissions").
    """
    credential = image.credential
    token = world.resources.get(f"{registry['id']}/tokens/{credential.username}")
    if token is None or token["properties"].get("status", "enabled") != "enabled":
        return False
    scope_map = world.resources.get(str(token["properties"].get("scopeMapId", "")))
    actions = (scope_map or {}).get("properties", {}).get("actions") or []
    if f"repositories/{image.repository}/content/read" not in actions:
        return False
    return credential.password in world.passwords.get(token["id"].lower(), [])


def _may_read(world: World, registry: Resource, principal: str, repository: str) -> bool:
    """Whether an identity may pull in the registry's permission mode."""
    if registry["properties"].get("roleAssignmentMode") == "AbacRepositoryPermissions":
        return access.allows(
            world,
            principal,
            registry["id"],
            READ_CONTENT,
            data=True,
            attributes={REPOSITORY: repository},
        )
    return access.allows(world, principal, registry["id"], PULL)


def _look_up(
    world: World, workload: Workload, image: Image
) -> tuple[tuple[str, str] | None, str | None]:
    """((stage, reason) or None, digest) for tag or digest, read lock and platform."""
    repositories = {key.lower(): value for key, value in world.images.items()}.get(
        registries.login_server(image.host), {}
    )
    tags = dict(repositories.get(image.repository) or {})
    if registry := registries.by_login_server(world, image.host):
        tags = shelves.upstream(world, registry, image.repository) | tags
    if not tags:
        return ("image", "no-repository"), None
    entry = _entry(tags, image)
    if entry is None:
        return ("image", "no-manifest"), None
    if entry.get("locked") or entry.get("quarantined"):
        return ("image", "locked"), None
    wanted = "windows/amd64" if workload.windows else "linux/amd64"
    if wanted not in (entry.get("platforms") or [wanted]):
        return ("platform", wanted), None
    return None, entry.get("digest")


def _entry(tags: dict[str, Any], image: Image) -> dict[str, Any] | None:
    if image.digest is None:
        return tags.get(image.tag or "latest")
    for entry in tags.values():
        if entry.get("digest") == image.digest:
            return dict(entry)
    return None
