"""
What the registry itself says it holds.

In:  the evidence read so far.
Out: the aspect `catalogue`; None where it leaves no question open. A Catalogue whose `because` is
     set says why nothing is known: not asked, kept out, or not permitted.

Asked only where the question is about the image or the registry itself: the platform speaks of it,
or nothing nearer to the workload is wrong. And only over the public way, because this service
stands where it stands: what it meets says nothing about the workload's path or identity, and a
refusal is no error.

    holdings.py  one repository        whereabouts.py  a registry that is not where it should be
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from shared.clients.azure import Azure
from shared.evidence import holdings, whereabouts
from shared.evidence.reading import attempt
from shared.model import networks
from shared.model.catalogue import YOUNG, Catalogue, Trouble
from shared.model.evidence import (
    Access,
    Egress,
    Evidence,
    Fact,
    ImageUse,
    PullAuth,
    PullMode,
    Registry,
    Unread,
)
from shared.model.image import login_server

#: Requests that must be left: what one image takes at most, and a heal's last look and write.
_ENOUGH = 16

_OF_THE_IMAGE = re.compile(
    r"manifest[ _]unknown|manifest tagged|manifest \\?\"sha256|name[ _]unknown|imagepull(notfound|"
    r"platform)|repository \S{1,300} (is )?not (found|known)|no match(ing manifest)? for|"
    r"manifest list entries|operation is disallowed|quarantin",
    re.IGNORECASE,
)
_OF_THE_SIGN_IN = re.compile(r"unauthorized|authentication required|\b40[13]\b", re.IGNORECASE)
_OF_A_LOCK = re.compile(r"operation is disallowed", re.IGNORECASE)
_OF_TROUBLE = re.compile(r"unexpected (http )?status\b.{0,300}?\b5\d\d\b", re.IGNORECASE)
_OF_TOO_MUCH = re.compile(r"toomanyrequests|too many requests|: 429\b", re.IGNORECASE)


def read(azure: Azure, evidence: Evidence) -> Catalogue | Unread | None:
    """Ask the registry about the image judged, where that answers a question."""
    registry, image = evidence.registry, evidence.image
    if image is None or not image.acr or isinstance(registry, Unread):
        return None
    if registry is None:
        known = whereabouts.read(azure, image.host, evidence.workload.id.subscription)
        return Catalogue(because="there is no registry to ask", whereabouts=known)
    if not in_question(evidence):
        return None
    if because := closed(azure, registry):
        return Catalogue(because=because)
    if azure.left is not None and azure.left < _ENOUGH:
        return Catalogue(because="the policy's limits.azure_calls_per_incident leaves no room")
    return _asked(azure, registry, evidence, image)


def in_question(evidence: Evidence) -> bool:
    """Whether what was read so far leaves the image itself in question."""
    said = tuple(_said(evidence))
    if any(_OF_TOO_MUCH.search(text) for text in said):
        return False  # who is asked too often is not helped by one more question
    if any(_OF_THE_IMAGE.search(text) or _OF_TROUBLE.search(text) for text in said):
        return True
    return _let_in(evidence) and _signs_in(evidence, said)


def facts(evidence: Evidence) -> Iterator[Fact]:
    """What was asked and answered, in words."""
    seen, image = evidence.catalogue, evidence.image
    if seen is None or image is None:
        return
    if isinstance(seen, Unread):
        yield Fact(fact="image in the registry", value=seen.because, source=image.host)
        return
    server = _server(evidence)
    asked = f"{server}, asked by Pull Medic over its own path with its own identity"
    for probe in seen.probes:
        yield Fact(fact=f"registry check, {probe.step}", value=probe.answer, source=asked)
    if seen.whereabouts:
        yield from _where(seen)
    elif seen.because:
        value = f"not known: {seen.because}"
        yield Fact(fact="image in the registry", value=value, source=server)
    else:
        yield from _holdings(seen, f"https://{server}/acr/v1/{image.repository}")


def _said(evidence: Evidence) -> Iterator[str]:
    """What the platform says about failures; it only decides whether to look."""
    if not isinstance(evidence.lines, Unread):
        yield from (line.text for line in evidence.lines if line.platform)
    if not isinstance(evidence.workload.instances, Unread):
        for one in evidence.workload.instances:
            if one.last_error and one.state not in ("Started", "Running"):
                yield f"{one.last_error}: {one.details}"


def _let_in(evidence: Evidence) -> bool:
    """True unless the registry's network rules are, or may be, in the workload's way."""
    registry, egress = evidence.registry, evidence.workload.egress
    assert isinstance(registry, Registry)
    if registry.default_allow is not False:
        return True
    if not isinstance(egress, Egress) or not egress.stable or not egress.addresses:
        return False
    return not networks.missing(egress.addresses, registry.ip_rules)


def _signs_in(evidence: Evidence, said: tuple[str, ...]) -> bool:
    """True unless who pulls is, or may be, what is wrong."""
    registry, auth = evidence.registry, evidence.workload.auth
    assert isinstance(registry, Registry)
    if not isinstance(auth, PullAuth):
        return False
    if auth.mode is PullMode.ANONYMOUS:
        return registry.anonymous_pull is True
    if auth.mode is PullMode.CREDENTIALS:
        return not any(_OF_THE_SIGN_IN.search(text) for text in said)
    may = isinstance(evidence.access, Access) and evidence.access.pulls is True
    return auth.attached and may and registry.arm_audience is not False


def closed(azure: Azure, registry: Registry) -> str:
    """Why the registry is not even asked; "" when it may be."""
    if registry.public_access is False:
        return "the registry's public network access is off, and Pull Medic stands outside"
    if registry.provisioning in ("Creating", "Deleting"):
        return f"the registry is {registry.provisioning.lower()}"
    if not registry.login_server.endswith(azure.cloud.registry_suffix):
        return f"the registry's login server is not a host of {azure.cloud.name}"
    return ""


def _asked(azure: Azure, registry: Registry, evidence: Evidence, image: ImageUse) -> Catalogue:
    data = azure.registry_data(registry.login_server)
    admission = data.knock(*_repositories(registry, evidence))
    actions = admission.actions(image.repository)
    if not actions & {"metadata_read", "pull"}:
        last = admission.probes[-1]
        because = "Pull Medic's identity may not read this repository"
        if last.step != "token" or last.passed is None:
            because = f"the registry did not let Pull Medic in ({last.step}): {last.answer}"
        return Catalogue(because=because, trouble=admission.trouble, probes=admission.probes)
    if "metadata_read" in actions:
        seen = holdings.read(
            azure,
            data,
            registry,
            image,
            restorable="deleted_read" in actions,
            held_back=any(_OF_A_LOCK.search(text) for text in _said(evidence)),
        )
    else:
        seen = holdings.by_manifest(data, image)
    if seen.pushed and azure.now() - seen.pushed < YOUNG:
        premium = registry.sku.lower() == "premium"  # only these are replicated
        seen = replace(seen, replicas=_replicas(azure, registry) if premium else ())
    return replace(seen, probes=admission.probes)


def _repositories(registry: Registry, evidence: Evidence) -> tuple[str, ...]:
    """Every repository the workload pulls from this registry: one token is for all of them."""
    images = [one for one in evidence.workload.images if one.acr]
    own = [one for one in images if login_server(one.host) == registry.login_server]
    judged = [evidence.image] if evidence.image else []
    return tuple(sorted({one.repository for one in (*own, *judged)}))


def _replicas(azure: Azure, registry: Registry) -> tuple[str, ...] | None:
    """The regions an image still has to travel to."""

    def listed() -> tuple[str, ...]:
        with azure.asking(f"listed the replications of {registry.id}"):
            found = azure.acr(registry.id.subscription).replications.list(
                registry.id.group, registry.id.name
            )
            home = str(registry.snapshot.get("location", "")).replace(" ", "").lower()
            regions = [str(one["location"]).replace(" ", "").lower() for one in found]
        return tuple(region for region in regions if region != home)

    regions = attempt(listed)
    return None if isinstance(regions, Unread) else regions


def _server(evidence: Evidence) -> str:
    registry, image = evidence.registry, evidence.image
    if isinstance(registry, Registry):
        return registry.login_server
    return image.host if image else ""


def _where(seen: Catalogue) -> Iterator[Fact]:
    where = seen.whereabouts
    assert where is not None
    if where.namesake:
        yield Fact(fact="registry of that name", value=where.namesake, source="Resource Graph")
    if where.name_taken is not None:
        value = "somebody has it" if where.name_taken else "nobody in Azure has it"
        source = "Microsoft.ContainerRegistry checkNameAvailability"
        yield Fact(fact="registry name", value=value, source=source)


def _holdings(seen: Catalogue, source: str) -> Iterator[Fact]:
    words = {True: "there", False: "not there", None: "not told"}
    yield Fact(fact="repository", value=words[seen.repository_exists], source=source)
    there = f"{words[seen.image_exists]}{f', {seen.digest}' if seen.digest else ''}"
    yield Fact(fact="image in the registry", value=there, source=source)
    if seen.pushed:
        what = "image" if seen.image_exists else "repository"
        value = f"{seen.pushed:%Y-%m-%d %H:%M} UTC"
        yield Fact(fact=f"{what} last written", value=value, source=source)
    if seen.platforms:
        yield Fact(fact="built for", value=", ".join(seen.platforms), source=source)
    if seen.readable is not None:
        value = "on" if seen.readable else "off"
        yield Fact(fact="read attribute", value=value, source=f"{source} changeableAttributes")
    if seen.quarantined is not None:
        value = "held back" if seen.quarantined else "released"
        yield Fact(fact="quarantine", value=value, source=f"{source} quarantineState")
    if seen.tags:
        value = ", ".join(tag.name for tag in seen.tags)
        yield Fact(fact="tags there are", value=value, source=f"{source}/_tags")
    if seen.replicas:
        yield Fact(fact="replicated to", value=", ".join(seen.replicas), source="replications")
    if seen.restorable_until:
        value = f"deleted {seen.deleted:%Y-%m-%d %H:%M}, until {seen.restorable_until:%Y-%m-%d}"
        yield Fact(fact="can be restored", value=value, source=f"{source} soft delete")
    if seen.last_change:
        value = f"{seen.last_change.by} at {seen.last_change.at:%Y-%m-%d %H:%M} UTC"
        source = "ContainerRegistryRepositoryEvents"
        yield Fact(fact="last change of the image", value=value, source=source)
    if seen.trouble is Trouble.THROTTLED:
        yield Fact(fact="registry", value="turned Pull Medic away, too (429)", source=source)
