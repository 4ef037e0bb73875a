"""
Vouching: for which workloads the pages of a survey vouch, and which have to be read closely.

In:  a Survey; what the Activity Log says of passwords made anew; the moment.
Out: a Suspect for every workload that pulls from a registry and that the pages do not vouch for,
     with the first reason a pull would meet.

The pages may only acquit: they may lag, and name no app setting, no sidecar and no member of a
group. A Suspect is a reason to read the workload from the resource manager and nothing more; no
plan rests on it. What the pages cannot show at all (a tag that is gone, a name server of one's own)
is heard of by the logs. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.evidence import glimpse, missing_images, private_zones
from shared.evidence import survey as surveys
from shared.evidence.glimpse import Glimpse
from shared.evidence.reading import attempt
from shared.evidence.survey import Survey
from shared.model import networks
from shared.model.evidence import ImageUse, PullMode, Registry, Unread
from shared.model.ids import ResourceId
from shared.model.image import login_server


class Topic(StrEnum):
    """What of a pull the pages do not vouch for."""

    REGISTRY = "registry"
    NETWORK = "network"
    ROLE = "role"
    PASSWORD = "password"
    IMAGE = "image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A workload to be read closely. Compare Diagnosis, which says what is the matter with it."""

    id: ResourceId
    topic: Topic
    because: str
    registry: ResourceId | None = None
    plan: ResourceId | None = None
    written: datetime | None = None  # when the workload was changed last, if a page says

    def concerns(self, changed: ResourceId, *, gone: bool) -> bool:
        """Whether the change of this resource may be what the suspicion is about. `gone`: it is
        not there any more."""
        kind = changed.type
        if kind == surveys.REGISTRIES:
            return self.registry == changed or (gone and self.topic is Topic.REGISTRY)
        if kind == surveys.ASSIGNMENTS:
            here = self.registry is not None and self.registry.within(changed.group_id)
            return self.topic is Topic.ROLE and here
        return self.topic is Topic.NETWORK and (kind != surveys.PLANS or self.plan == changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What no page shows: when each registry's passwords were made anew last (Unread where that
    cannot be told), which images are missing, and since when a workload that was written counts as
    changed."""

    renewed: Mapping[ResourceId, datetime | Unread | None] = field(default_factory=dict)
    missing: frozenset[missing_images.Image] = frozenset()
    changed_since: datetime | None = None


def suspects(survey: Survey, known: Knowledge) -> Iterator[Suspect]:
    """Whoever the pages do not vouch for, each once."""
    registries = survey.registries()
    for id in survey.workloads:
        told = attempt(lambda id=id: _first(survey, registries, id, known))  # type: ignore[misc]
        if isinstance(told, Unread):
            yield Suspect(id=id, topic=Topic.IMAGE, because=f"its page is {told.because}")
        elif told is not None:
            yield told


def with_passwords(survey: Survey) -> frozenset[ResourceId]:
    """The registries that somebody may pull from with a password."""
    registries = survey.registries()
    found = set()
    for id in survey.workloads:
        seen = attempt(lambda id=id: glimpse.of(survey, id))  # type: ignore[misc]
        for use in () if isinstance(seen, Unread) else seen.pulls_from_registries:
            registry = registries.get(login_server(use.host))
            if registry and not isinstance(seen, Unread) and _has_password(seen, registry, use):
                found.add(registry.id)
    return frozenset(found)


def _has_password(seen: Glimpse, registry: Registry, use: ImageUse) -> bool:
    mode = seen.mode(use.host)
    return mode in (None, PullMode.CREDENTIALS) and registry.admin_enabled is True


def _first(
    survey: Survey, registries: Mapping[str, Registry], id: ResourceId, known: Knowledge
) -> Suspect | None:
    seen = glimpse.of(survey, id)
    if seen.unseen and not seen.images:
        return Suspect(
            id=id, topic=Topic.IMAGE, because=seen.unseen, plan=seen.plan, written=seen.written
        )
    for use in seen.pulls_from_registries:
        registry = registries.get(login_server(use.host))
        found = _doubt(survey, seen, registry, use, known)
        if found is not None:
            where = registry.id if registry else None
            topic, why = found
            return Suspect(
                id=id,
                topic=topic,
                because=why,
                registry=where,
                plan=seen.plan,
                written=seen.written,
            )
    return None


def _doubt(
    survey: Survey, seen: Glimpse, registry: Registry | None, use: ImageUse, known: Knowledge
) -> tuple[Topic, str] | None:
    """What a pull would meet first, in its order: registry, network, sign-in, image."""
    if registry is None:
        return Topic.REGISTRY, f"no page holds a registry that answers at {use.host}"
    if why := _network(survey, seen, registry):
        return Topic.NETWORK, why
    if found := _sign_in(survey, seen, registry, use, known):
        return found
    if missing_images.key(use) in known.missing:
        return Topic.IMAGE, f"the registry does not hold {use.repository}:{use.reference}"
    if seen.unready:
        return Topic.IMAGE, seen.unready
    since = known.changed_since
    if since and seen.written and seen.written >= since:
        return Topic.IMAGE, f"it was written at {seen.written:%Y-%m-%d %H:%M} UTC"
    return None


def _network(survey: Survey, seen: Glimpse, registry: Registry) -> str:
    """Why it may not get through to the registry; "" where the pages say that it does."""
    if seen.id in survey.doubted:
        return "its plan was changed just now"
    way = seen.way
    private = any(end.lower().endswith(" approved") for end in registry.private_endpoints)
    if way.network is not None:
        zone = private_zones.suffix(registry)
        linked = survey.linked(zone)
        if record := _doubted_record(survey, registry):
            return f"the record {record.name} of its private zone was changed just now"
        inside = way.network in linked or (way.own_dns and bool(linked))
        if inside and private:
            return ""
        if inside and not way.own_dns:
            return f"its network is linked to {zone}, and the registry has no private endpoint"
    if registry.public_access is False:
        return "the registry's public access is disabled, and no page shows a private way to it"
    if registry.default_allow is True or registry.sku.lower() != "premium":
        return ""
    if way.unknown:
        return way.unknown
    lacking = networks.missing(way.addresses, registry.ip_rules)
    return f"the registry's rules do not admit {', '.join(lacking)}" if lacking else ""


def _doubted_record(survey: Survey, registry: Registry) -> ResourceId | None:
    label, _, suffix = registry.login_server.partition(".")
    for id in survey.doubted:
        ours = id.type == surveys.RECORDS and id.names[0].lower() == f"privatelink.{suffix}"
        if ours and id.name.lower().partition(".")[0] == label:
            return id
    return None


def _sign_in(
    survey: Survey, seen: Glimpse, registry: Registry, use: ImageUse, known: Knowledge
) -> tuple[Topic, str] | None:
    mode = seen.mode(use.host)
    if registry.anonymous_pull and mode in (None, PullMode.ANONYMOUS):
        return None
    if mode is PullMode.ANONYMOUS:
        return Topic.ROLE, "it is not told how to sign in"
    if mode in (None, PullMode.CREDENTIALS):
        why = _password(seen, registry, use, known)
        return (Topic.PASSWORD, why) if why else None
    if registry.arm_audience is False:
        return Topic.ROLE, "the registry refuses tokens of the resource manager's audience"
    why = _role(survey, seen, registry, use)
    return (Topic.ROLE, why) if why else None


def _password(seen: Glimpse, registry: Registry, use: ImageUse, known: Knowledge) -> str:
    if registry.admin_enabled is not True:
        return "the registry's admin user is off, and no page tells how it signs in"
    name = seen.username(use.host)
    if name is not None and name.lower() != registry.id.name.lower():
        return f"it signs in as {name}, and no page tells whether that still works"
    renewed = known.renewed.get(registry.id)
    if isinstance(renewed, Unread):
        return f"whether the registry's passwords were made anew is {renewed.because}"
    if renewed is None or (seen.written is not None and seen.written > renewed):
        return ""
    return f"the registry's passwords were made anew at {renewed:%Y-%m-%d %H:%M} UTC"


def _role(survey: Survey, seen: Glimpse, registry: Registry, use: ImageUse) -> str:
    """Which of its identities may not pull, as far as assignments to it tell."""
    principals = seen.principals(use.host)
    if not principals:
        return "it has no identity to pull with"
    here = [grant for grant in survey.grants if grant.reaches(registry.id)]
    able = {
        grant.principal
        for grant in here
        if survey.pulls(grant, registry.mode, use.repository) is True
    }
    unable = [one for one in principals if one not in able]
    if not unable:
        return ""
    said = f"no assignment of its own lets {', '.join(unable)} pull from {registry.id.name}"
    return said if len(principals) == 1 else f"{said}, and no page tells which identity it uses"
