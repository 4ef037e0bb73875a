"""
Who answers a workload's questions for names, and whether its network lets the questions out.

In:  the workload's own name servers and its network's.
Out: obstacles: a security rule that surely stops the questions; servers of the customer's own, of
     which nobody can tell from here what they answer.

Without servers of one's own Azure answers (168.63.129.16), which no security rule stops unless it
names the tag AzurePlatformDNS (Name resolution for resources in Azure virtual networks). Pure.
"""

from collections.abc import Iterator
from dataclasses import replace

from shared.evidence import security_groups
from shared.evidence.destinations import Destination, endpoint
from shared.evidence.security_groups import Denied
from shared.model.evidence import Evidence, Unread
from shared.model.ground import Ground, Rule
from shared.model.private_path import Blocked, Obstacle

AZURE = "168.63.129.16"
_PORT = 53
_PLATFORM = Destination(name="Azure's name servers", tags=("AzurePlatformDNS",))


def servers(evidence: Evidence, ground: Ground) -> tuple[str, ...] | Unread:
    """The workload's own name servers, else its network's; () means Azure's."""
    own = evidence.workload.dns_servers
    if isinstance(own, Unread) or own:
        return own
    if isinstance(ground.network, Unread):
        return ground.network
    return tuple(one for one in ground.network.dns_servers if one != AZURE)


def obstacles(evidence: Evidence, ground: Ground) -> Iterator[Obstacle]:
    """What keeps, or may keep, names from being resolved."""
    asked = servers(evidence, ground)
    if isinstance(asked, Unread):
        yield _server(ground, "name servers", f"its name servers are {asked.because}")
        return
    yield from _stopped(ground, asked)
    if asked:
        listed = ", ".join(asked)
        yield _server(
            ground,
            listed,
            f"names are asked of {listed}, servers of its own, and what they answer cannot be "
            "read here",
        )


def _server(ground: Ground, name: str, because: str) -> Obstacle:
    network = ground.subnet.id.parent or ground.subnet.id
    return Obstacle(
        kind="dns-server",
        owner=network,
        name=name,
        blocks=Blocked.NAMES,
        because=because,
        sure=False,
    )


def _stopped(ground: Ground, asked: tuple[str, ...]) -> Iterator[Obstacle]:
    """A security rule that stops every question for names."""
    group, rules = ground.subnet.group, ground.rules
    if group is None or isinstance(rules, Unread):
        return
    answers = [_answer(rules, one, ground) for one in asked] or [_platform(rules, ground)]
    denied = [one for one in answers if isinstance(one, Denied)]
    if len(denied) == len(answers):
        who = ", ".join(asked) or _PLATFORM.name
        yield Obstacle(
            kind="network-rule",
            owner=group,
            name=denied[0].by,
            blocks=Blocked.NAMES,
            because=f"the rule {denied[0].by} of the security group {group.name} stops questions "
            f"for names to {who}",
            sure=True,
            to=" ".join(asked) or "AzurePlatformDNS",
        )


def _answer(rules: tuple[Rule, ...], server: str, ground: Ground) -> security_groups.Verdict:
    to = replace(endpoint(server), name=f"the name server {server}")
    sources = ground.subnet.prefixes
    return security_groups.verdict(rules, to, _PORT, source=sources, protocol="udp")


def _platform(rules: tuple[Rule, ...], ground: Ground) -> security_groups.Verdict:
    """Only rules that name Azure's name servers apply to them."""
    naming = tuple(
        replace(rule, destinations=("AzurePlatformDNS",))
        for rule in rules
        if "azureplatformdns" in {text.lower() for text in rule.destinations}
    )
    sources = ground.subnet.prefixes
    open_to_all = Rule(name="none", priority=65000, inbound=False, allow=True)
    ruled = (*naming, open_to_all)
    return security_groups.verdict(ruled, _PLATFORM, _PORT, source=sources, protocol="udp")
