"""
The secrets of a container app or job: the list replaced whole, with one value changed.

In:  the list as just read, the name of the secret that changes and its new value.
Out: what is there afterwards, and the names (never the values) of what else differs.

A PATCH is a JSON merge patch, and replaces a list whole: every secret is sent, those of a Key Vault
as the references they are. A GET never shows values, so they come from `listSecrets`
(Microsoft.App 2026-07-01). A changed secret makes no new revision and reaches a running one only at
a restart (Revisions in Container Apps).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.clients import stored
from shared.clients.azure import Azure
from shared.errors import PermanentError, Refused, Unreachable
from shared.model.ids import InvalidId, ResourceId
from shared.remediations import sending

Secret = Mapping[str, Any]

#: Seconds between two looks at an app that is being changed: about a minute in all.
_PATIENCE = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_AT_WORK = frozenset({"InProgress", "Updating", "Deleting"})
#: What a PATCH of a job's configuration must repeat beside what it changes (JobConfiguration).
_ALWAYS_SENT = ("triggerType", "replicaTimeout")


def read(azure: Azure, id: ResourceId) -> Mapping[str, Any]:
    """The properties of the app or job at rest. Unreachable when it does not come to rest."""
    for pause in (*_PATIENCE, None):
        with azure.asking(f"read {id}"):
            wire = _get(azure, id)
        if not _is_about(wire, id):
            raise Refused(f"Azure's answer about {id} is not that resource; nothing is read in it")
        if wire["properties"].get("provisioningState") not in _AT_WORK:
            return dict(wire["properties"])
        if pause is not None:
            azure.pause(pause)
    raise Unreachable(f"{id} is still being changed by somebody else", delay=60)


def with_value(secrets: Sequence[Secret], name: str, value: str) -> list[dict[str, Any]]:
    """The whole list to send. Refused for a secret that would be lost: no value, no reference."""
    wanted = []
    for secret in secrets:
        kept = {key: secret[key] for key in _MEMBERS if secret.get(key) is not None}
        if secret.get("name") == name:
            kept["value"] = value
        if "value" not in kept and "keyVaultUrl" not in kept:
            raise Refused(
                f"the value of the secret {secret.get('name')} is not shown, and a write without "
                "it would lose it; nothing was written"
            )
        if "keyVaultUrl" in kept:
            kept.pop("value", None)  # it is fetched from the vault, never set
        wanted.append(kept)
    return wanted


_MEMBERS = ("name", "value", "keyVaultUrl", "identity")


def write(
    azure: Azure,
    id: ResourceId,
    wanted: Sequence[Secret],
    configuration: Mapping[str, Any],
    location: str = "",
) -> list[dict[str, Any]]:
    """Send the list once, wait until the app is at rest, and read the list back."""
    patch: dict[str, Any] = {"secrets": list(wanted)}
    if id.type == "microsoft.app/jobs":
        patch |= {key: configuration[key] for key in _ALWAYS_SENT if key in configuration}
    body: dict[str, Any] = {"properties": {"configuration": patch}}
    if location:
        body["location"] = location
    values = [str(one["value"]) for one in wanted if one.get("value")]
    what, send = f"wrote the secrets of {id}", _patch(azure, id, body)
    trouble = sending.once(azure, what, send, secret=values)
    try:
        read(azure, id)
        now = stored.app_secrets(azure, id)
    except (PermanentError, Unreachable) as cut:
        text = f"a change of {id} was sent and cannot be read back, because {cut}"
        raise Unreachable(text, delay=getattr(cut, "delay", 30.0)) from trouble
    if trouble is not None and differences(wanted, now):
        raise trouble
    return now


def value(secrets: Sequence[Secret], name: str) -> str | None:
    """A secret's value; None where there is none, or where a Key Vault holds it."""
    found = next((one for one in secrets if one.get("name") == name), {})
    return None if found.get("keyVaultUrl") or found.get("value") is None else str(found["value"])


def differences(sent: Sequence[Secret], now: Sequence[Secret]) -> tuple[str, ...]:
    """What was sent and is not so, in words without values."""
    before, after = _by_name(sent), _by_name(now)
    gone = [f"{name} is gone" for name in sorted(before.keys() - after.keys())]
    new = [f"{name} is new" for name in sorted(after.keys() - before.keys())]
    other = [
        f"{name} has another value"
        for name in sorted(before.keys() & after.keys())
        if not stored.same(_essence(before[name]), _essence(after[name]))
    ]
    return (*gone, *new, *other)


def _by_name(secrets: Sequence[Secret]) -> dict[str, Secret]:
    return {str(one.get("name")): one for one in secrets}


def _essence(secret: Secret) -> str:
    url = secret.get("keyVaultUrl")
    return f"{url}\n{secret.get('identity')}" if url else str(secret.get("value") or "")


def _get(azure: Azure, id: ResourceId) -> dict[str, Any]:
    client = azure.apps(id.subscription)
    model = (
        client.jobs.get(id.group, id.name)
        if id.type == "microsoft.app/jobs"
        else client.container_apps.get(id.group, id.name)
    )
    return dict(model.as_dict())


def _patch(azure: Azure, id: ResourceId, body: Any) -> Callable[[], Any]:
    client = azure.apps(id.subscription)
    how: dict[str, Any] = {"polling": False, **sending.ONCE}
    if id.type == "microsoft.app/jobs":
        return lambda: client.jobs.begin_update(id.group, id.name, body, **how)
    return lambda: client.container_apps.begin_update(id.group, id.name, body, **how)


def _is_about(wire: Mapping[str, Any], id: ResourceId) -> bool:
    try:
        found = ResourceId.parse(wire.get("id"))
    except InvalidId:
        return False
    return found == id and isinstance(wire.get("properties"), Mapping)
