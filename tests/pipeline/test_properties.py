"""Random estates, random policies, other people's changes at random moments: what always holds."""

import itertools
import json
import tempfile
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from shared.clients.guard import is_read
from shared.errors import HealError
from shared.model.words import OPEN_STATES, Verdict
from shared.pipeline import diagnose, heal, sweep
from tests.clinic import GENEROUS, Clinic
from tests.simulator import estates

#: Public addresses and blocks close to each other, so that some cover others.
ADDRESSES = [f"20.50.{block}.{host}" for block in (2, 3) for host in (0, 1, 2, 16, 17, 128, 255)]
BLOCKS = ["20.50.2.0/24", "20.50.2.0/28", "20.50.2.16/31", "20.50.3.0/30", "20.50.0.0/22"]
STRANGE = ["10.1.2.3", "0.0.0.0/0", "2603:1020::7", "100.64.0.9", "nonsense", ""]
REFUSED = (
    "Failed to pull image: contosoimages.azurecr.io/shop/web:4.2.1. Image pull failed with "
    "forbidden or unauthorized. Check registry credentials."
)


@dataclass(frozen=True)
class Meddling:
    """Somebody changes the registry just before our nth request reaches Azure."""

    nth: int
    what: dict[str, Any]


def _rules(values: list[str]) -> dict[str, Any]:
    return {
        "networkRuleSet": {
            "defaultAction": "Deny",
            "ipRules": [{"action": "Allow", "value": value} for value in values],
        }
    }


def distinct(values: list[str]) -> list[str]:
    """Azure refuses one network twice."""
    return list({ip_network(value): value for value in values}.values())


lists = st.lists(st.sampled_from(ADDRESSES + BLOCKS), max_size=4).map(distinct)
changes = st.one_of(
    lists.map(_rules),
    st.just({"publicNetworkAccess": "Disabled"}),
    st.just({"networkRuleSet": {"defaultAction": "Allow"}}),
    st.just({"adminUserEnabled": True}),
)
meddlings = st.lists(st.builds(Meddling, nth=st.integers(1, 24), what=changes), max_size=2)
policies = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "mode": st.sampled_from(["observe", "approve", *["auto"] * 8]),
        "remedies": st.fixed_dictionaries(
            {
                "firewall-sync": st.fixed_dictionaries(
                    {
                        "shared_egress": st.sampled_from(["allow", "allow", "allow", "hold"]),
                        "addresses": st.sampled_from(["outbound", "possible"]),
                        "max_new_rules": st.sampled_from([1, 16, 16]),
                        "keep_free": st.sampled_from([0, 10, 10, 195]),
                    }
                )
            }
        ),
        "wait": st.just({"verify_first": "0s"}),
    }
).map(json.dumps)


@dataclass(frozen=True)
class Estate:
    rules: list[str]
    outbound: list[str]
    possible: list[str]
    policy: str
    said: bool  # a text says that a pull was refused


clean = st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=6)
estates_ = st.builds(
    Estate,
    rules=lists,
    outbound=st.one_of(*[clean] * 4, st.lists(st.sampled_from(ADDRESSES + STRANGE), min_size=1)),
    possible=st.lists(st.sampled_from(ADDRESSES), max_size=4),
    policy=policies,
    said=st.sampled_from([True, True, True, True, False]),
)

#: Those where a heal is allowed whenever anything is missing.
willing = st.builds(
    Estate,
    rules=lists,
    outbound=clean,
    possible=st.lists(st.sampled_from(ADDRESSES), max_size=4),
    policy=st.just(GENEROUS),
    said=st.just(True),
)


class World:
    """One random estate, and a witness at its wire."""

    def __init__(self, estate: Estate, place: Path) -> None:
        scenario = {**estates.blocked_web_app(), "retry": [45]}
        for item in scenario["resources"]:
            if str(item["type"]).endswith("/registries"):
                item["properties"].update(_rules(estate.rules))
            if item["type"] == "Microsoft.Web/sites":
                item["properties"]["outboundIpAddresses"] = ",".join(estate.outbound)
                item["properties"]["possibleOutboundIpAddresses"] = ",".join(estate.possible)
        self.clinic = Clinic(scenario, place, policy=estate.policy)
        self.shop, self.id = self.clinic.only("sites"), self.clinic.only("registries")
        self.own = [*estate.outbound, *estate.possible]
        self.text = REFUSED if estate.said else ""

    @property
    def properties(self) -> dict[str, Any]:
        found = self.clinic.simulator.world.resources.get(self.id.text)
        assert found is not None
        return dict(found["properties"])

    @property
    def rules(self) -> list[str]:
        return [rule["value"] for rule in self.properties["networkRuleSet"]["ipRules"]]

    @property
    def posture(self) -> list[Any]:
        """Everything of the registry but its address rules."""
        rest = dict(self.properties)
        action = rest.pop("networkRuleSet")["defaultAction"]
        return [action, rest]

    def meddle(self, what: dict[str, Any]) -> None:
        body = json.dumps({"properties": what}).encode()
        path = f"{self.id}?api-version=2025-11-01"
        assert self.clinic.simulator.change("PATCH", path, body).status == 200

    def meddlers(self, at: list[Meddling]) -> None:
        """Others act at their moments, but not between our last look and our write."""
        handle, turns = self.clinic.simulator.handle, itertools.count(1)

        def watched(request: Any) -> Any:
            turn = next(turns)
            for one in at:
                if one.nth == turn and request.method != "PATCH":
                    self.meddle(one.what)
            return handle(request)

        self.clinic.simulator.handle = watched  # type: ignore[method-assign]

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """Our requests that are not reads, as the simulated Azure saw them."""
        return [
            each["liveRequest"]
            for each in self.clinic.simulator.traffic_since(since)
            if not is_read(each["liveRequest"]["method"], each["liveRequest"]["url"])
        ]

    def heal(self, id: str = "signal-1") -> None:
        signal = self.clinic.signal(self.shop, self.text, id=id)
        for _ in range(5):
            try:
                heal(signal, medic=self.clinic.medic)
                return
            except HealError:
                self.clinic.advance(30)


def networks(values: list[str]) -> set[Any]:
    found = set()
    for value in values:
        try:
            found.add(ip_network(value, strict=False))
        except ValueError:
            continue
    return found


def covered(one: Any, by: set[Any]) -> bool:
    return any(one.version == other.version and one.subnet_of(other) for other in by)


def check_requests(world: World, sent: list[dict[str, Any]]) -> None:
    """Every write is one PATCH of the rule set alone, and adds only addresses of this workload."""
    for request in sent:
        body = request["body"]
        body = json.loads(body) if isinstance(body, str) else body
        assert request["method"] == "PATCH"
        assert request["url"].split("?")[0].endswith(world.id.text)
        assert list(body) == ["properties"]
        assert list(body["properties"]) == ["networkRuleSet"]
        rule_set = body["properties"]["networkRuleSet"]
        assert set(rule_set) == {"defaultAction", "ipRules"}
        assert rule_set["defaultAction"] == "Deny"


@settings(max_examples=30)
@given(estate=estates_)
def test_a_heal_adds_the_workloads_own_addresses_and_leaves_all_else(estate: Estate) -> None:
    with tempfile.TemporaryDirectory() as place:
        world = World(estate, Path(place))
        before, posture = world.rules, world.posture

        world.heal()

        (incident,) = world.clinic.medic.store.page().incidents
        sent = world.requests()
        event(f"{len(sent)} writes")
        check_requests(world, sent)
        assert len(sent) <= 1
        assert world.rules[: len(before)] == before
        added = networks(world.rules[len(before) :])
        assert all(one.num_addresses == 1 for one in added)
        assert all(covered(one, networks(world.own)) for one in added)
        assert world.posture == posture
        planned = incident.plan.steps[0].after["ipRules"] if incident.plan and sent else before
        assert world.rules == planned
        allowed = incident.decision is not None and incident.decision.verdict is Verdict.ALLOW
        assert bool(sent) <= allowed


@settings(max_examples=15)
@given(estate=willing)
def test_healing_again_writes_nothing_more(estate: Estate) -> None:
    with tempfile.TemporaryDirectory() as place:
        world = World(estate, Path(place))
        world.heal()
        for _ in range(12):
            world.clinic.advance(120)
            sweep(medic=world.clinic.medic)
            if world.clinic.medic.store.page().incidents[0].state not in OPEN_STATES:
                break
        before, seen = world.rules, len(world.clinic.simulator.traffic)
        wrote = bool(world.clinic.writes)
        event("wrote" if wrote else "held")

        world.heal("signal-2")

        if wrote:
            assert world.requests(seen) == []
            assert world.rules == before


@settings(max_examples=20)
@given(estate=estates_, observed=st.booleans())
def test_a_dry_run_and_an_observing_policy_send_no_write_at_all(
    estate: Estate, observed: bool
) -> None:
    with tempfile.TemporaryDirectory() as place:
        world = World(estate, Path(place))
        if observed:
            watching = Estate(**{**vars(estate), "policy": '{"version": 1, "mode": "observe"}'})
            world = World(watching, Path(place))
            world.heal()
        else:
            diagnose(world.shop, None, medic=world.clinic.medic)

        assert world.requests() == []
        assert world.clinic.writes == []


@settings(max_examples=50)
@given(estate=willing, meddlings=meddlings)
def test_whoever_changes_the_registry_meanwhile_has_the_last_word(
    estate: Estate, meddlings: list[Meddling]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        world = World(estate, Path(place))
        theirs: list[list[str]] = [world.rules]
        postures = [world.posture]
        original = world.meddle

        def noted(what: dict[str, Any]) -> None:
            original(what)
            if "ipRules" in what.get("networkRuleSet", {}):
                theirs.append(world.rules)
            postures.append(world.posture)

        world.meddle = noted  # type: ignore[method-assign]
        world.meddlers(meddlings)

        world.heal()

        event(f"{len(world.requests())} writes, {len(postures) - 1} changes")
        check_requests(world, world.requests())
        now, own = networks(world.rules), networks(world.own)
        # What is there: what the others wanted last or before, and this workload's own addresses.
        wanted = set().union(*(networks(each) for each in theirs))
        assert all(one in wanted or covered(one, own) for one in now)
        # Nobody's rule is lost: all the last writer wanted is there, spelt as it was.
        assert set(theirs[-1]) <= set(world.rules)
        # The last word on everything else was theirs.
        assert world.posture == postures[-1]
