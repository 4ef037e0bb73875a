"""The policy cookbook: each recipe, as it stands on the page, says to the gate what the page says
that it does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import yaml

from shared import policy
from shared.model.evidence import Egress, Evidence, Via
from shared.model.history import Crowd, History, Repeat
from shared.model.ids import ResourceId
from shared.model.plan import Decision, Plan
from shared.model.trail import Hand
from shared.model.words import FindingName, RemedyName
from tests import documents
from tests.gate import cases, test_private, test_roles, test_sign_in
from tests.gate.cases import CONTOSO, HERE, NAT, NEW, NOW, OLD, SHOP, judge, step

PAGE = "docs/policy.md"
#: Sections of the page that are no recipes.
PLAIN = {"Where it is kept", "Every key"}

Asked = Callable[[str], Decision]


def firewall(**more: Any) -> Asked:
    """The shop's shared addresses are to be let in."""
    return lambda rules: judge(rules=rules, **more)


def through(via: Via, owner: ResourceId = NAT) -> Evidence:
    """The shop leaves by what somebody owns."""
    egress = Egress(via=via, addresses=(OLD, NEW), owner=owner)
    return cases.evidence(workload=cases.workload(egress=egress))


def role(days: float = 2, hand: Hand = Hand.SERVICE, by: str = "ci", **more: Any) -> Asked:
    """The shop's pull role was removed so many days ago."""
    past = test_roles.past(removed=test_roles.days(days), hand=hand, removed_by=by)
    seen = test_roles.seen(test_roles.trail(past))
    return lambda rules: test_roles.decide(seen, rules, **more)


def first_role(shop: ResourceId = SHOP) -> Asked:
    """An identity that never had a role is to be given one."""
    seen = test_roles.seen(test_roles.trail())
    seen = replace(seen, workload=replace(seen.workload, id=shop))
    return lambda rules: test_roles.decide(seen, rules)


def password(shop: ResourceId = SHOP) -> Asked:
    """A dead password is to be replaced."""
    stale = test_sign_in.stale()
    seen = replace(stale, workload=replace(stale.workload, id=shop))
    step = replace(test_sign_in.RESYNC, target=shop)
    write = replace(step.requests[0], url=f"{shop}?api-version=2025-05-01")
    return lambda rules: judge(replace(step, requests=(write,)), seen=seen, rules=rules)


def routing(rules: str) -> Decision:
    found = test_private.path(routed=False)
    return test_private.judged(test_private.pulls(), found, rules)


def zone(rules: str) -> Decision:
    found = test_private.path(zone_link=False, linkable="")
    return test_private.judged(test_private.linked(), found, rules)


def restart(times: int = 0) -> Asked:
    done = Repeat(remedy=RemedyName.RESTART, target=SHOP, times=times, last=NOW)
    step = cases.other_step(RemedyName.RESTART, SHOP)
    past = History(repeats=(done,) if times else ())
    return lambda rules: judge(step, rules=rules, history=past)


def crowd(others: int) -> Asked:
    together = Crowd(finding=FindingName.PULL_ROLE_MISSING, others=others)
    return role(history=History(crowd=together))


def tagged(**tags: str) -> Asked:
    return firewall(seen=cases.evidence(workload=cases.workload(tags=tags)))


def elsewhere(group: str) -> Asked:
    moved = ResourceId.parse(SHOP.text.replace("web-shop", group))
    groups: dict[str, dict[str, str]] = {moved.group_id.lower(): {}, CONTOSO.group_id.lower(): {}}
    around = cases.surroundings(group_tags=groups)
    return firewall(seen=cases.evidence(workload=cases.workload(id=moved), surroundings=around))


def used(count: int) -> Asked:
    return firewall(seen=cases.evidence(registry=cases.registry(rules_used=count)))


def many(count: int) -> Asked:
    new = tuple(f"20.50.4.{n}" for n in range(1, count + 1))
    egress = Egress(via=Via.PLATFORM, addresses=(OLD, *new))
    seen = cases.evidence(workload=cases.workload(egress=egress))
    return lambda rules: judge(step((OLD, *new)), seen=seen, rules=rules)


FIX = Plan.of((step(),)).digest
HUB = ResourceId.parse(NAT.text.replace("web-net", "hub"))
OTHER = ResourceId.parse(f"{HERE}/web-blog/providers/Microsoft.Web/sites/blog")
GATEWAY, APPLIANCE = through(Via.NAT_GATEWAY), through(Via.FIREWALL)
CHRISTMAS = NOW.replace(month=12, day=25)
REVIEW = "44444444-4444-4444-4444-444444444444"
MISSED = History(missed="the newest signal is of yesterday")


def at(moment: Any) -> Asked:
    return firewall(now=moment, seen=cases.evidence(gathered=moment))


#: By recipe: what is asked of the gate, its verdict, and one rule (or ground) that it names.
RECIPES: dict[str, list[tuple[Asked, str, str]]] = {
    "Look, and change nothing": [
        (firewall(seen=GATEWAY), "hold", "somebody-decided"),
        (firewall(seen=GATEWAY, approved=FIX), "hold", "somebody-decided"),
        (routing, "hold", "somebody-decided"),
    ],
    "Ask before everything": [
        (firewall(seen=GATEWAY), "hold", "somebody-decided"),
        (firewall(seen=GATEWAY, approved=FIX), "allow", "remedies.firewall-sync.mode"),
        (firewall(seen=GATEWAY, approved="another"), "hold", "somebody-decided"),
        (zone, "hold", "somebody-decided"),
    ],
    "Firewalls by itself, access by a person": [
        (firewall(), "allow", "remedies.firewall-sync.mode"),
        (restart(), "allow", "remedies.restart.mode"),
        (role(), "hold", "somebody-decided"),
        (password(), "hold", "somebody-decided"),
        (elsewhere("hr"), "deny", "within-scope"),
    ],
    "Only addresses of your own": [
        (firewall(seen=GATEWAY), "allow", "remedies.firewall-sync.mode"),
        (firewall(), "hold", "sharing-allowed"),
        (firewall(seen=APPLIANCE), "hold", "sharing-allowed"),
        (firewall(seen=through(Via.NAT_GATEWAY, HUB)), "hold", "way-out-proven"),
    ],
    "Through an Azure Firewall": [
        (firewall(seen=APPLIANCE), "allow", "remedies.firewall-sync.mode"),
        (firewall(), "hold", "sharing-allowed"),
        (
            firewall(seen=replace(APPLIANCE, registry=cases.registry(anonymous_pull=True))),
            "hold",
            "sharing-allowed",
        ),
    ],
    "Apps that scale up and down": [
        (lambda rules: judge(step([OLD, "20.50.3.3"]), rules=rules), "allow", "pull permission"),
    ],
    "Keep room in a registry's rules": [
        (many(4), "allow", "pull permission"),
        (many(5), "hold", "room-left"),
        (used(179), "allow", "pull permission"),
        (used(180), "hold", "room-left"),
    ],
    "Private paths": [
        (routing, "allow", "remedies.vnet-image-pull.mode"),
        (zone, "allow", "remedies.dns-zone-link.mode"),
        (firewall(), "hold", "somebody-decided"),
    ],
    "Give back what a pipeline took": [
        (role(13), "allow", "activity log"),
        (role(15), "hold", "owner-consents"),
        (role(hand=Hand.PERSON, by="anna@contoso.example"), "hold", "owner-consents"),
        (first_role(), "hold", "owner-consents"),
    ],
    "Whoever took it, but not the clean-up": [
        (role(hand=Hand.PERSON, by="anna@contoso.example"), "allow", "activity log"),
        (role(by=REVIEW), "hold", "owner-consents"),
    ],
    "A first grant": [
        (first_role(), "allow", "pairs"),
        (first_role(OTHER), "hold", "owner-consents"),
    ],
    "Passwords that were rotated": [
        (password(), "allow", "pairs"),
        (password(OTHER), "hold", "owner-consents"),
    ],
    "Restart what gave up, nothing else": [
        (restart(), "allow", "remedies.restart.mode"),
        (restart(times=1), "hold", "not-flapping"),
        (firewall(), "hold", "somebody-decided"),
    ],
    "One team first": [
        (firewall(), "allow", "pull permission"),
        (elsewhere("web-payroll"), "deny", "within-scope"),
        (elsewhere("hr"), "deny", "within-scope"),
    ],
    "Leave this one alone": [
        (tagged(team="shop"), "allow", "pull permission"),
        (tagged(**{"do-not-heal": "audit"}), "deny", "not-opted-out"),
    ],
    "Small steps": [
        (firewall(history=History(registry_writes_last_hour=1)), "allow", "pull permission"),
        (firewall(history=History(registry_writes_last_hour=2)), "hold", "within-limits"),
        (firewall(history=History(workload_writes_today=4)), "hold", "within-limits"),
        (firewall(history=History(writes_today=20)), "hold", "within-limits"),
    ],
    "Nothing over the holidays": [
        (firewall(), "allow", "pull permission"),
        (at(CHRISTMAS), "hold", "not-frozen"),
        (at(CHRISTMAS + timedelta(days=8)), "allow", "pull permission"),
    ],
    "One fault, not fifty repairs": [
        (crowd(1), "allow", "activity log"),
        (crowd(2), "hold", "no-shared-fault"),
    ],
    "Work off a backlog by itself": [
        (firewall(history=MISSED), "allow", "pull permission"),
    ],
}


def recipe(heading: str) -> str:
    """The recipe's YAML."""
    (found,) = [
        part.split("\n```")[0] for part in documents.section(PAGE, heading).split("```yaml\n")[1:]
    ]
    return found


def test_every_recipe_of_the_page_is_asked_of_the_gate() -> None:
    headings = [part.partition("\n")[0] for part in documents.text(PAGE).split("\n## ")[1:]]

    assert set(headings) - PLAIN == set(RECIPES)


@pytest.mark.parametrize(
    ("heading", "asked", "verdict", "named"),
    [(heading, *story) for heading, stories in RECIPES.items() for story in stories],
)
def test_a_recipe_does_what_its_page_says(
    heading: str, asked: Asked, verdict: str, named: str
) -> None:
    decision = asked(recipe(heading))

    assert decision.verdict == verdict, decision.reasons
    assert named in decision.rules


def test_what_a_recipe_adds_is_not_there_without_it() -> None:
    """The same questions, of a policy that only acts."""
    plain = "version: 1\nmode: auto\nremedies: {firewall-sync: {shared_egress: allow}}"

    assert judge(step([OLD, "20.50.3.3"]), rules=plain).verdict == "deny"
    assert firewall(history=MISSED)(plain).verdict == "hold"
    assert zone(plain).verdict == "hold"
    assert crowd(2)(plain).verdict == "allow"
    assert at(CHRISTMAS)(plain).verdict == "allow"
    assert many(5)(plain).verdict == "allow"
    assert role(15)(plain).verdict == "allow"
    assert role(by=REVIEW)(plain).verdict == "allow"
    assert role(hand=Hand.PERSON, by="anna@contoso.example")(plain).verdict == "hold"


def test_every_key_is_explained_with_its_default() -> None:
    told = {row[0].strip("`"): row[1] for row in documents.rows(documents.marked(PAGE, "keys"))}
    written: dict[str, Any] = {}
    for key, default in told.items():
        place = written
        *sections, last = key.split(".")
        for section in sections:
            place = place.setdefault(section, {})
        if default != "*the policy's*":
            place[last] = yaml.safe_load(default.strip("`"))

    assert set(told) == set(_keys(policy.default().model_dump(by_alias=True)))
    assert policy.load(yaml.safe_dump(written)).digest == policy.default().digest


def _keys(value: dict[str, Any], front: str = "") -> list[str]:
    found = []
    for key, inner in value.items():
        found += _keys(inner, f"{front}{key}.") if isinstance(inner, dict) else [f"{front}{key}"]
    return found
