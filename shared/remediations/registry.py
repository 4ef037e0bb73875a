"""
One container registry: read whole, change its address rules, compare before with after.

In:  the registry's id, and the whole rule list it shall have.
Out: the registry as the resource manager returned it, names as on the wire.

A registry has neither etag nor single-rule operations: a PATCH replaces the whole list, so what
counts is what is read back. The PATCH answers 200 with the registry (recorded traffic); the SDK
takes a 202 for an error, and a cut line says nothing, so there too reading back decides.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from shared.clients.azure import Azure
from shared.errors import Conflict, HealError, PermanentError, Refused, Unreachable
from shared.model.ids import InvalidId, ResourceId

Wire = Mapping[str, Any]

#: Seconds between two looks at a registry that is being updated: one minute in all.
_PATIENCE = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_AT_WORK = ("Creating", "Updating")
#: Members that change by themselves or that we change on purpose.
_VOLATILE = frozenset(
    {
        "systemData",
        "etag",
        "properties.provisioningState",
        "properties.status",
        "properties.networkRuleSet.ipRules",
        "properties.policies.retentionPolicy.lastUpdatedTime",
        "properties.policies.softDeletePolicy.lastUpdatedTime",
    }
)
#: Members that let somebody in while they have this value.
_WAYS_IN = {
    "properties.publicNetworkAccess": "enabled",
    "properties.adminUserEnabled": "true",
    "properties.anonymousPullEnabled": "true",
    "properties.policies.azureADAuthenticationAsArmPolicy.status": "enabled",
    "properties.roleAssignmentMode": "legacyregistrypermissions",
}


class Busy(Conflict):
    """Another operation on the registry is under way; nothing was written."""


def read(azure: Azure, id: ResourceId) -> Wire:
    """The whole registry at rest. Raises Unreachable when it does not come to rest."""
    for pause in (*_PATIENCE, None):
        with azure.asking(f"read the registry {id}"):
            wire = azure.acr(id.subscription).registries.get(id.group, id.name).as_dict()
        if not is_about(wire, id):
            raise Refused(f"Azure's answer about {id} is not that registry; nothing is read in it")
        if _properties(wire).get("provisioningState") not in _AT_WORK:
            return wire
        if pause is not None:
            azure.pause(pause)
    raise Unreachable(f"the registry {id} is still being updated by somebody else", delay=60)


def rule_limit(azure: Azure, id: ResourceId) -> int | None:
    """How many address rules it may have: its own usage list says; -1 is unlimited, None unsaid."""
    with azure.asking(f"list the usages of {id}"):
        answer = azure.acr(id.subscription).registries.list_usages(id.group, id.name).as_dict()
    for item in answer.get("value") or ():
        if str(item.get("name", "")).lower() == "iprules" and item.get("limit") is not None:
            return int(item["limit"])
    return None


def write_rules(
    azure: Azure,
    id: ResourceId,
    default_action: str,
    rules: Sequence[Mapping[str, Any]],
    *,
    done: Callable[[Wire], bool],
) -> Wire:
    """Send the rule list once and read the registry back; `done` tells whether it took effect.

    Raises Busy when another operation was under way, else whatever refused; both say that nothing
    was written. After an answer that says nothing (a cut line, a 5xx, a 200 without sense) the
    registry itself decides whether it was; Unreachable when that cannot be told now.
    """
    body = {"properties": {"networkRuleSet": {"defaultAction": default_action, "ipRules": rules}}}
    answer, trouble = _send(azure, id, body)
    if trouble is not None and not isinstance(trouble, Unreachable):
        raise trouble
    try:
        now = read(azure, id)
    except (PermanentError, Unreachable) as cut:
        if answer is None:
            text = f"a change of {id} was sent and its fate is unknown, because {cut}"
            raise Unreachable(text, delay=getattr(cut, "delay", 30.0)) from trouble
        now = answer
    if trouble is not None and not done(now):
        raise trouble
    return now


def _send(azure: Azure, id: ResourceId, body: Wire) -> tuple[Wire | None, HealError | None]:
    """The registry as the PATCH answered it, or what went wrong. Never sent twice by the SDK."""
    client = azure.acr(id.subscription).registries
    try:
        with azure.asking(f"changed the address rules of {id}"):
            poller = client.begin_update(
                id.group, id.name, dict(body), polling=False, retry_total=0
            )
            answer = poller.result().as_dict()
    except HealError as error:
        cause = error.__cause__
        status = getattr(cause, "status_code", None)
        if status == 202:
            return None, Unreachable(f"Azure is still working on the change of {id}")
        if isinstance(error, PermanentError) and not (status and status >= 400):
            return None, Unreachable(str(error))  # no refusal: the SDK stumbled over a success
        code = getattr(getattr(cause, "error", None), "code", "")
        if isinstance(error, Conflict) and code != "ScopeLocked":
            return None, Busy(str(error))
        return None, error
    if not is_about(answer, id):
        return None, Unreachable(f"Azure's answer to the change of {id} is not that registry")
    return answer, None


def is_about(wire: Wire, id: ResourceId) -> bool:
    """Whether an answer is the registry asked for: a 200 is no promise."""
    try:
        found = ResourceId.parse(wire.get("id"))
    except InvalidId:
        return False
    return found == id and isinstance(wire.get("properties"), Mapping)


def rules(wire: Wire) -> list[dict[str, Any]]:
    """The address rules, verbatim and in order."""
    return [dict(rule) for rule in rule_set(wire).get("ipRules") or ()]


def values(wire: Wire) -> list[str]:
    """Just the addresses and blocks of the rules."""
    return [str(rule.get("value", "")) for rule in rules(wire)]


def rule_set(wire: Wire) -> Wire:
    return _properties(wire).get("networkRuleSet") or {}


def public(wire: Wire) -> str:
    """`publicNetworkAccess` as it stands; "" when it is not reported."""
    return str(_properties(wire).get("publicNetworkAccess") or "")


def differences(before: Wire, after: Wire) -> tuple[str, ...]:
    """What else changed between two reads, as "member: old → new"; the rules are not in it."""
    old, new = dict(_members(before)), dict(_members(after))
    return tuple(
        f"{path.removeprefix('properties.')}: {old.get(path, 'absent')} → {new.get(path, 'absent')}"
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    )


def harm(before: Wire, after: Wire) -> tuple[str, ...]:
    """What of the differences takes a way in from somebody, as an Azure Policy with the effect
    Modify does when it answers a write: the registry closed, or a way to sign in switched off."""
    old, new = dict(_members(before)), dict(_members(after))
    return tuple(
        f"{path.removeprefix('properties.')}: {old[path]} → {new.get(path, 'absent')}"
        for path, worked in _WAYS_IN.items()
        if str(old.get(path, "")).lower() == worked and str(new.get(path, "")).lower() != worked
    )


def _members(wire: Wire, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in wire.items():
        path = f"{prefix}{name}"
        if path in _VOLATILE:
            continue
        if isinstance(value, Mapping) and value:
            yield from _members(value, f"{path}.")
        elif value is not None:
            yield path, value


def _properties(wire: Wire) -> Wire:
    return wire.get("properties") or {}
