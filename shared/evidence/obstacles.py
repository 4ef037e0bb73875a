"""
What stands in the way inside the workload's own network: security rules, routes, Azure Firewalls,
name servers.

In:  the evidence read so far: the ground its pulls leave from, and the registry.
Out: the aspect `obstacles`: what surely stops a pull, then what may (`sure` False); () where pulls
     leave from no network of the customer's. Unread when that network could not be read at all.

Only the public way is looked at; a private endpoint's is the private path's last legs. A firewall's
policy is read here, and only when the pull's route leads through that firewall.
"""

from collections.abc import Iterator
from dataclasses import replace

from shared.clients.azure import Azure
from shared.evidence import firewall_rules, name_servers, routes, security_groups
from shared.evidence.destinations import REGISTRY, Destination
from shared.evidence.firewall_rules import Target
from shared.evidence.pull_targets import targets
from shared.evidence.reading import attempt
from shared.evidence.security_groups import Allowed, Denied, Unknown
from shared.model.evidence import Evidence, Fact, Registry, Unread
from shared.model.ground import FirewallRule, Ground, Route
from shared.model.private_path import Blocked, Obstacle
from shared.model.wording import count

_HTTPS = 443
_STRAIGHT = ("internet", "vnetlocal")


def read(azure: Azure, evidence: Evidence) -> tuple[Obstacle, ...] | Unread:
    """Look at every stage of the public way from the workload's subnet."""
    ground = evidence.workload.ground
    if ground is None or not isinstance(evidence.registry, Registry):
        return ()
    if isinstance(ground, Unread):
        return ground
    rules = _firewall_rules(azure, ground)
    found = [*name_servers.obstacles(evidence, ground)]
    layers: list[list[Obstacle]] = []
    for blocks, target in targets(evidence, azure.cloud):
        met = list(_on_the_way(ground, rules, blocks, target))
        if blocks is Blocked.LAYERS:
            layers.append(met)
        else:
            found += met
    found += _of_layers(layers)
    distinct = list(dict.fromkeys(found))
    return (*(one for one in distinct if one.sure), *(one for one in distinct if not one.sure))


def before(azure: Azure, evidence: Evidence, ground: Ground, stage: Blocked) -> list[Obstacle]:
    """What stands between a ground and one stage of a pull, whether pulls leave from it or not."""
    rules = _firewall_rules(azure, ground)
    return [
        met
        for blocks, target in targets(evidence, azure.cloud)
        if blocks is stage
        for met in _on_the_way(ground, rules, blocks, target)
    ]


def _of_layers(met: list[list[Obstacle]]) -> Iterator[Obstacle]:
    """Any of several regions may serve the layers: only what stops all of them surely stops."""
    stopped = all(any(one.sure for one in each) for each in met)
    for each in met:
        yield from (one if stopped else replace(one, sure=False) for one in each)


def facts(evidence: Evidence) -> Iterator[Fact]:
    """The ground and what was found on it."""
    ground, found = evidence.workload.ground, evidence.obstacles
    if isinstance(ground, Ground):
        yield from _ground(ground)
    if isinstance(found, Unread):
        yield Fact(fact="in the way", value=found.because, source="the workload's network")
        return
    first = {(one.owner, one.name, one.sure): one for one in reversed(found)}
    for one in reversed(first.values()):
        fact = "in the way" if one.sure else "perhaps in the way"
        yield Fact(fact=fact, value=one.because, source=str(one.owner))


def _ground(ground: Ground) -> Iterator[Fact]:
    own = ground.subnet
    yield Fact(fact="subnet pulls leave from", value=own.id.name, source=str(own.id))
    if own.group:
        rules = ground.rules
        said = (
            rules.because
            if isinstance(rules, Unread)
            else count(len(rules), "rule") + " of its own"
        )
        yield Fact(fact="security group", value=said, source=str(own.group))
    if own.table and ground.obeys_routes:
        yield Fact(fact="route for registries", value=_said(ground), source=str(own.table))


def _said(ground: Ground) -> str:
    if isinstance(ground.routes, Unread):
        return ground.routes.because
    route = routes.towards(ground.routes, REGISTRY)
    if route is None:
        return "none of its own"
    if isinstance(route, Unknown):
        return route.because
    return f"{route.name} ({route.prefix}) to {route.where}"


def _firewall_rules(azure: Azure, ground: Ground) -> tuple[FirewallRule, ...] | Unread:
    firewall = ground.firewall
    if firewall is None or firewall.policy is None:
        return firewall.classic if firewall else ()
    policy = firewall.policy
    return attempt(lambda: firewall_rules.of_policy(azure, policy))


def _on_the_way(
    ground: Ground,
    rules: tuple[FirewallRule, ...] | Unread,
    blocks: Blocked,
    target: Target,
) -> Iterator[Obstacle]:
    """Out of the subnet, along its route, through the firewall."""
    yield from _policies(ground, blocks, target.destination)
    route = None if isinstance(ground.routes, Unread) else _route(ground, target.destination)
    routed = isinstance(route, Route | Unknown)
    yield from _security(ground, blocks, replace(target.destination, routed=routed))
    if isinstance(ground.routes, Unread):
        return
    if isinstance(route, Unknown):
        to = target.destination.name
        yield _of_route(ground, "a route", blocks, route.because, sure=False, to=to)
    elif route is not None and route.hop not in _STRAIGHT:
        yield from _along(ground, rules, blocks, target, route)


def _policies(ground: Ground, blocks: Blocked, destination: Destination) -> Iterator[Obstacle]:
    """A service endpoint policy lets through to the storage accounts it lists, and to no other."""
    if "Storage" not in destination.tags:
        return
    for policy in ground.subnet.policies:
        yield Obstacle(
            kind="service-endpoint-policy",
            owner=policy,
            name="accounts",
            blocks=blocks,
            because=f"the service endpoint policy {policy.name} of {ground.subnet.id.name} lets "
            "through to listed storage accounts only, and image layers lie in accounts of Azure's "
            "own",
            sure=False,
            to=destination.name,
        )


def _route(ground: Ground, destination: Destination) -> Route | Unknown | None:
    assert not isinstance(ground.routes, Unread)
    return routes.towards(ground.routes, destination)


def _security(ground: Ground, blocks: Blocked, destination: Destination) -> Iterator[Obstacle]:
    group, rules = ground.subnet.group, ground.rules
    if group is None:
        return
    if isinstance(rules, Unread):
        said = f"the rules of the security group {group.name} are {rules.because}"
        yield Obstacle(
            kind="network-rule",
            owner=group,
            name="rules",
            blocks=blocks,
            because=said,
            sure=False,
            to=destination.name,
        )
        return
    answer = security_groups.verdict(rules, destination, _HTTPS, source=ground.subnet.prefixes)
    if isinstance(answer, Allowed):
        return
    said = (
        f"the rule {answer.by} of the security group {group.name} stops what leaves the "
        f"subnet {ground.subnet.id.name} for {destination.name} on port {_HTTPS}"
        if isinstance(answer, Denied)
        else f"in the security group {group.name} {answer.because}"
    )
    name = answer.by if isinstance(answer, Denied) else "a rule"
    yield Obstacle(
        kind="network-rule",
        owner=group,
        name=name,
        blocks=blocks,
        because=said,
        sure=isinstance(answer, Denied),
        to=destination.name,
    )


def _along(
    ground: Ground,
    rules: tuple[FirewallRule, ...] | Unread,
    blocks: Blocked,
    target: Target,
    route: Route,
) -> Iterator[Obstacle]:
    to, table = target.destination.name, ground.subnet.table
    which = f"the route {route.name} ({route.prefix}) of {table.name if table else 'its subnet'}"
    if route.hop == "none":
        said = f"{which} drops what is for {to}"
        yield _of_route(ground, route.name, blocks, said, sure=True, to=to)
    elif ground.firewall is None or not _leads_there(ground, route):
        said = f"{which} sends what is for {to} to {route.where}, and what that lets through "
        said += "cannot be read here"
        yield _of_route(ground, route.name, blocks, said, sure=False, to=to)
    else:
        yield from _through(ground, rules, blocks, target)


def _leads_there(ground: Ground, route: Route) -> bool:
    """Whether this route leads to the firewall that was found behind the registry's."""
    known = _route(ground, REGISTRY)
    return isinstance(known, Route) and known.way == route.way


def _through(
    ground: Ground, rules: tuple[FirewallRule, ...] | Unread, blocks: Blocked, target: Target
) -> Iterator[Obstacle]:
    firewall = ground.firewall
    assert firewall is not None
    owner, sure, name = firewall.id, False, "rules"
    if isinstance(rules, Unread):
        owner = firewall.policy or firewall.id
        said = f"the rules of the Azure Firewall {firewall.id.name} are {rules.because}"
    else:
        answer = firewall_rules.verdict(rules, target, ground.subnet.prefixes)
        if isinstance(answer, Allowed):
            return
        if isinstance(answer, Denied):
            sure, name = True, answer.by
            said = _refused(
                firewall.id.name, name, f"{ground.subnet.id.name} through to {target.host}"
            )
        else:
            said = f"in the Azure Firewall {firewall.id.name} {answer.because}"
    yield Obstacle(
        kind="firewall",
        owner=owner,
        name=name,
        blocks=blocks,
        because=said,
        sure=sure,
        to=target.host,
    )


def _refused(firewall: str, by: str, what: str) -> str:
    if by == firewall_rules.DEFAULT:
        return f"no rule of the Azure Firewall {firewall} lets the subnet {what}"
    return f"the rule {by} of the Azure Firewall {firewall} does not let the subnet {what}"


def _of_route(
    ground: Ground, name: str, blocks: Blocked, because: str, *, sure: bool, to: str
) -> Obstacle:
    owner = ground.subnet.table or ground.subnet.id
    return Obstacle(
        kind="route", owner=owner, name=name, blocks=blocks, because=because, sure=sure, to=to
    )
