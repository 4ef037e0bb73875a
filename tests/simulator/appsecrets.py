"""
The secrets of a container app or job: who holds their values, and who gets to see them.

In:  the World and the app's body.
Out: what listSecrets shows, what a pull signs in with, what a write stores or is refused for.

A GET never shows a value, so values live in `world.secrets`. A write replaces the list whole
("Revisions in Container Apps": a change of secrets makes no revision and reaches replicas only at a
restart): a container app goes on with the values its revision started with, a job's next execution
takes the present ones. A secret with a `keyVaultUrl` is fetched from the vault by its identity.
"""

from collections.abc import Iterator
from typing import Any

from tests.simulator import vault
from tests.simulator.wire import Refusal
from tests.simulator.world import Resource, World


def listed(app: Resource) -> list[dict[str, Any]]:
    """The list as a GET shows it: names, and where a vault holds the value."""
    return (app["properties"].get("configuration") or {}).get("secrets") or []


def shown(world: World, app: Resource) -> list[dict[str, Any]]:
    """What listSecrets answers: values too, but not those of a vault."""
    stored = dict(world.secrets.get(app["id"].lower(), {}))
    found = []
    for secret in listed(app):
        value = stored.pop(secret["name"], None)
        found.append(dict(secret) if value is None else {**secret, "value": value})
    return found + [{"name": name, "value": value} for name, value in stored.items()]


def store(world: World, before: Resource, after: Resource) -> None:
    """Keep the values a write brought; names that are no longer listed are forgotten.

    Refuses a secret without a value, and a registry whose secret is not there.
    """
    sent = listed(after)
    changed = sent != listed(before)
    _check(world, after, sent, changed=changed)
    if changed:
        world.secrets[after["id"].lower()] = {
            secret["name"]: secret.pop("value") for secret in sent if secret.get("value")
        }


def _check(world: World, after: Resource, sent: list[dict[str, Any]], *, changed: bool) -> None:
    bad = [str(one.get("name")) for one in sent if not (one.get("value") or one.get("keyVaultUrl"))]
    if changed and bad:
        raise Refusal(
            400,
            "ContainerAppSecretInvalid",
            f"Container app secret(s) with name(s) '{', '.join(bad)}' are invalid: value or "
            "keyVaultUrl and identity should be provided.",
        )
    known = {secret["name"] for secret in sent}
    if not changed:
        known |= set(world.secrets.get(after["id"].lower(), {}))
    for entry in (after["properties"].get("configuration") or {}).get("registries") or []:
        name, server = entry.get("passwordSecretRef"), entry.get("server")
        if name and name not in known:
            raise Refusal(
                400,
                "ContainerAppSecretRefNotFound",
                f"SecretRef '{name}' defined for registry server '{server}' not found.",
            )


def started(world: World, app: Resource) -> None:
    """A revision starts (anew): from here on it has the present values."""
    taken: dict[str, dict[str, str]] = world.memory.setdefault("started with", {})
    taken[app["id"].lower()] = dict(world.secrets.get(app["id"].lower(), {}))


def used(world: World, app: Resource, name: str) -> str:
    """The value a pull signs in with; "" where there is none."""
    for secret in listed(app):
        if secret["name"] == name and secret.get("keyVaultUrl"):
            return vault.fetched(world, app, secret)[1] or ""
    if "containerapps" not in str(app["type"]).lower():
        return world.secrets.get(app["id"].lower(), {}).get(name, "")
    taken: dict[str, dict[str, str]] = world.memory.setdefault("started with", {})
    if app["id"].lower() not in taken:
        started(world, app)
    return taken[app["id"].lower()].get(name, "")


def undelivered(world: World, app: Resource) -> Iterator[str]:
    """For every secret its vault did not deliver: a line of the system log.

    Worded after the line Container Apps writes, under the same reason, when the registry refuses
    the app's identity ("Failed to construct registry secret for registry …").
    """
    for secret in listed(app):
        if not secret.get("keyVaultUrl"):
            continue
        status, value = vault.fetched(world, app, secret)
        if value is None:
            yield (
                f"Failed to fetch secret '{secret['name']}' from '{secret['keyVaultUrl']}' for "
                f"ContainerApp '{app['name']}'. Ensure the managed identity "
                f"'{secret.get('identity')}' has the correct permissions. Error: {status}"
            )
