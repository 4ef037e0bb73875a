"""
The evidence in words: one Fact for everything read, each with where it was read.

In:  Evidence without facts.  Out: the same Evidence with them.  Pure.

A person who doubts a diagnosis checks it here, so every fact names the ARM resource and member it
came from, and what could not be read is listed as such.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from shared.evidence import catalogue, credentials, idle, obstacles, private_path, trail
from shared.model.evidence import (
    Access,
    Egress,
    Evidence,
    Fact,
    Instance,
    PullAuth,
    Registry,
    Unread,
    Via,
    Workload,
)

#: What each inquiry found, in words.
_INQUIRIES: tuple[Callable[[Evidence], Iterator[Fact]], ...] = (
    credentials.facts,
    idle.facts,
    trail.facts,
    private_path.facts,
    obstacles.facts,
    catalogue.facts,
)
_MOST_LINES = 3
_LONGEST_LINE = 600


def tell(evidence: Evidence) -> Evidence:
    """The evidence with its facts written out, workload first."""
    facts = (
        *_workload(evidence.workload),
        *_registry(evidence),
        *_access(evidence),
        *_surroundings(evidence),
        *(fact for facts in _INQUIRIES for fact in facts(evidence)),
        *_lines(evidence),
    )
    return replace(evidence, facts=facts)


def _fact(fact: str, value: object, source: object) -> Fact:
    said = value.because if isinstance(value, Unread) else str(value)
    return Fact(fact=fact, value=said, source=str(source))


def _workload(workload: Workload) -> Iterator[Fact]:
    id = workload.id
    for image in workload.images:
        yield _fact(f"image of {image.container}", image.text, f"{id} configuration")
    if workload.note:
        yield _fact("configuration", workload.note, f"{id} configuration")
    yield _fact("signs in with", _auth(workload.auth), f"{id} identity and settings")
    yield _fact("pulls over the VNet", _yes(workload.pulls_over_vnet), f"{id} properties")
    yield from _egress(workload)
    if isinstance(workload.instances, Unread):
        yield _fact("instances", workload.instances, f"{id} status")
    else:
        for seen in workload.instances:
            yield _fact(f"instance {seen.name}", f"{seen.state}{_said(seen)}", f"{id} status")


def _said(seen: Instance) -> str:
    """What the platform adds about an instance that is not simply up."""
    if seen.last_error:
        at = f" at {seen.at:%Y-%m-%d %H:%M:%S} UTC" if seen.at else ""
        where = f" ({seen.details})" if seen.details and seen.at is None else ""
        return f", last error {seen.last_error}{at}{where}"
    up = seen.state in ("Started", "Running", "Succeeded")
    return f", {seen.details}" if seen.details and not up else ""


def _auth(auth: PullAuth | Unread) -> object:
    if isinstance(auth, Unread):
        return auth
    who = auth.identity or auth.username or ""
    missing = "" if auth.attached else ", which is not attached to the app"
    principal = f" (principal {auth.principal})" if auth.principal else ""
    return f"{auth.mode.value} {who}".strip() + principal + missing


def _egress(workload: Workload) -> Iterator[Fact]:
    egress = workload.egress
    if isinstance(egress, Unread):
        yield _fact("egress addresses", egress, workload.id)
        return
    named = egress.via in (Via.PLATFORM, Via.PRIVATE) or workload.subnet is None
    source = egress.owner or (f"{workload.id} outboundIpAddresses" if named else workload.subnet)
    yield _fact("way out", egress.because or egress.via.value, source)
    yield _fact("egress addresses", ", ".join(egress.addresses) or "none", source)
    if egress.possible:
        yield _fact(
            "possible egress addresses",
            f"{len(egress.possible)}: {', '.join(egress.possible)}",
            f"{workload.id} possibleOutboundIpAddresses"
            if isinstance(egress, Egress) and egress.addresses
            else source,
        )


def _registry(evidence: Evidence) -> Iterator[Fact]:
    registry, image = evidence.registry, evidence.image
    if image is None or not image.acr:
        return
    if not isinstance(registry, Registry):
        told = registry or "no registry with this login server is visible to this identity"
        yield _fact(f"registry {image.host}", told, "Resource Graph and registry lists")
        return
    id = registry.id
    yield _fact("registry", f"{id} ({registry.sku})", f"loginServer {registry.login_server}")
    yield _fact("public access", _yes(registry.public_access), f"{id} publicNetworkAccess")
    default = {None: "no rule set", True: "Allow", False: "Deny"}[registry.default_allow]
    yield _fact("firewall default", default, f"{id} networkRuleSet.defaultAction")
    rules = ", ".join(registry.ip_rules) or "none"
    yield _fact("firewall rules", rules, f"{id} networkRuleSet.ipRules")
    usage = registry.rules_used
    if not isinstance(usage, Unread):
        usage_said = f"{usage} of {registry.rules_limit}"
        yield _fact("firewall rules used", usage_said, f"{id} listUsages")
    mode = registry.mode.value if registry.mode else "not returned"
    yield _fact("permission mode", mode, f"{id} roleAssignmentMode")
    yield _fact(
        "ARM-audience tokens", _yes(registry.arm_audience), f"{id} azureADAuthenticationAsArmPolicy"
    )
    yield _fact("anonymous pull", _yes(registry.anonymous_pull), f"{id} anonymousPullEnabled")
    yield _fact("admin user", _yes(registry.admin_enabled), f"{id} adminUserEnabled")
    for endpoint in registry.private_endpoints:
        yield _fact("private endpoint", endpoint, f"{id} privateEndpointConnections")


def _access(evidence: Evidence) -> Iterator[Fact]:
    access = evidence.access
    if access is None:
        return
    source = "role assignments at the registry, inherited and by group included"
    if isinstance(access, Unread):
        yield _fact("role assignments", access, source)
        return
    yield _fact("may pull", _yes(_pulls(access)), source)
    for assignment in access.assignments:
        pulls = {True: "grants pull", False: "does not grant pull", None: "cannot be judged"}
        yield _fact(
            f"role {assignment.role_name}",
            f"{pulls[assignment.pulls]}, at {assignment.scope}",
            assignment.id,
        )
    for denial in access.denials:
        yield _fact("deny assignment", denial, source)


def _pulls(access: Access) -> bool | None:
    return access.pulls


def _surroundings(evidence: Evidence) -> Iterator[Fact]:
    around = evidence.surroundings
    if evidence.registry is None:
        return
    for name, value in (("locks", around.locks), ("closing policies", around.closing_policies)):
        told = value if isinstance(value, Unread) else ", ".join(value) or "none"
        yield _fact(name, told, "management locks" if name == "locks" else "policy assignments")


def _lines(evidence: Evidence) -> Iterator[Fact]:
    if isinstance(evidence.lines, Unread):
        yield _fact("log lines", evidence.lines, "Log Analytics")
        return
    if evidence.pulled:
        yield _fact(
            "last pull seen to work", f"{evidence.pulled:%Y-%m-%d %H:%M:%S} UTC", "Log Analytics"
        )
    for line in evidence.lines[:_MOST_LINES]:
        who = "platform" if line.platform else "console, may say anything"
        yield _fact(f"log line ({who})", line.text[:_LONGEST_LINE], f"{line.table} {line.at}")


def _yes(value: bool | Unread | None) -> object:
    if isinstance(value, Unread):
        return value
    return {True: "yes", False: "no", None: "not returned"}[value]
