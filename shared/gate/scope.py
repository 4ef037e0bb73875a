"""
Scope: may this service touch these resources at all?

In:  a Case.
Out: objections; deny for what is out of bounds, hold for what could not be read.

Pure.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from shared.gate.case import Case, Objection, deny, hold, unread
from shared.model.evidence import Unread
from shared.model.ids import InvalidId, ResourceId
from shared.model.plan import Step
from shared.model.words import RemedyName

_AT_REGISTRY = frozenset({RemedyName.FIREWALL_SYNC, RemedyName.PULL_ROLE})
_AT_WORKLOAD = frozenset(
    {
        RemedyName.VNET_IMAGE_PULL,
        RemedyName.CREDENTIAL_RESYNC,
        RemedyName.USE_IDENTITY,
        RemedyName.RESTART,
    }
)
_METHODS = frozenset({"PUT", "PATCH", "POST"})


def within_scope(case: Case) -> Iterator[Objection]:
    """The workload, the registry and everything a step changes lie in the policy's scope."""
    for what, resource in _touched(case).items():
        try:
            ResourceId.parse(resource.text)
        except InvalidId as error:
            yield deny(f"{what} has no valid resource id: {error}")
            continue
        if case.policy.is_excluded(resource):
            yield deny(f"{what} {resource} is excluded by the policy's scope")
        elif not case.policy.in_scope(resource):
            yield deny(f"{what} {resource} is outside the policy's scope")


def not_opted_out(case: Case) -> Iterator[Objection]:
    """Nobody tagged the workload, the registry or either's resource group to be left alone."""
    tag = case.policy.scope.opt_out_tag
    for what, tags in _tags(case).items():
        if isinstance(tags, Unread):
            yield unread(f"the tags of {what}", tags)
        elif case.policy.opts_out(tags):
            yield deny(f"{what} carries the tag {tag}: it is to be left alone")


def on_target(case: Case) -> Iterator[Objection]:
    """A remedy changes the thing it is for, and its requests go nowhere else."""
    for step in case.plan.steps:
        yield from _target(case, step)
        for write in step.requests:
            path = unquote(urlsplit(write.url).path)
            inside = (path + "/").lower().startswith(step.target.key + "/")
            if write.method not in _METHODS or not inside or ".." in path or "//" in path:
                yield deny(
                    f"{step.remedy} would send {write.method} {path}, which is not a change of "
                    f"{step.target}"
                )


def near_by(case: Case) -> Iterator[Objection]:
    """Changes stay in the subscriptions of the workload and of the registry."""
    known = {case.workload.id.subscription.lower()}
    if case.registry:
        known.add(case.registry.id.subscription.lower())
    for step in case.plan.steps:
        if step.target.subscription.lower() not in known:
            yield hold(
                f"{step.remedy} would change {step.target}, which is in a subscription of neither "
                "the workload nor the registry"
            )


def _touched(case: Case) -> dict[str, ResourceId]:
    named = {"the workload": case.workload.id}
    if case.registry:
        named["the registry"] = case.registry.id
    for step in case.plan.steps:
        if step.target not in named.values():
            named[f"the target of {step.remedy}"] = step.target
    return named


def _tags(case: Case) -> dict[str, Mapping[str, str] | Unread]:
    """Every set of tags that may opt out, by whose it is."""
    own = case.workload.tags
    found: dict[str, Mapping[str, str] | Unread] = {
        "the workload": Unread("Azure sent none") if own is None else own
    }
    groups = {case.workload.id.group_id}
    if case.registry:
        found["the registry"] = case.registry.tags
        groups.add(case.registry.id.group_id)
    read = case.evidence.surroundings.group_tags
    for group in sorted(groups):
        what = f"the resource group {group}"
        if isinstance(read, Unread):
            found[what] = read
        else:
            found[what] = (read or {}).get(group.lower(), Unread("it was not asked for"))
    return found


def _target(case: Case, step: Step) -> Iterator[Objection]:
    if step.remedy in _AT_REGISTRY and case.registry:
        home = case.registry.id
    elif step.remedy in _AT_WORKLOAD:
        home = case.workload.id
    else:
        return
    if not step.target.within(home.text):
        yield deny(f"{step.remedy} may change {home} only, not {step.target}")
