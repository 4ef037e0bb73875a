"""
The plan for a registry firewall that lacks a workload's outbound addresses.

In:  evidence, and which addresses the policy lets us add.
Out: one Step with exactly one PATCH of the network rule set, or a Refusal saying why no rule of
     ours would be right.

Only public IPv4 addresses that ARM reported for this workload are ever added; the rules already
there are kept verbatim and in order. The PATCH must carry `defaultAction` and the whole list
(azure-mgmt-containerregistry 15.0.0; `az acr network-rule add` does the same). Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared import catalog
from shared.model import networks
from shared.model.evidence import Egress, Evidence, Registry, Via
from shared.model.ids import ResourceId
from shared.model.plan import Step, Write
from shared.model.wording import count

#: The api-version azure-mgmt-containerregistry 15.0.0 sends.
API_VERSION = "2025-11-01"


@dataclass(frozen=True, slots=True)
class Refusal:
    """No step, and the sentence that says why."""

    because: str


def step(evidence: Evidence, *, possible: bool, doubts: Sequence[str] = ()) -> Step | Refusal:
    """The change that lets the workload in. `possible`: also addresses it may get by scaling."""
    registry, egress = evidence.registry, evidence.workload.egress
    if not isinstance(registry, Registry) or not isinstance(egress, Egress):
        return Refusal("the registry or the workload's way out could not be read")
    if objection := _objection(registry, egress):
        return Refusal(objection)
    wanted = (*egress.addresses, *egress.possible) if possible else egress.addresses
    admissible, rejected = _sorted_out(wanted, registry.ip_rules)
    if not admissible:
        return Refusal(_nothing_to_add(rejected, possible))
    if registry.provisioning != "Succeeded":
        rejected.append(f"the registry is {registry.provisioning or 'in an unknown state'}")
    return _step(evidence, registry, egress, admissible, (*doubts, *rejected))


def rule_set(default_action: str, values: Sequence[str]) -> dict[str, Any]:
    """How a plan shows the part of the registry that changes."""
    return {"defaultAction": default_action, "ipRules": list(values)}


def patch(registry: ResourceId, values: Sequence[str]) -> Write:
    """The one request: the network rule set, and nothing else of the registry."""
    rules = [{"action": "Allow", "value": value} for value in values]
    body = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": rules}}}
    return Write(method="PATCH", url=f"{registry}?api-version={API_VERSION}", body=body)


def _objection(registry: Registry, egress: Egress) -> str | None:
    """Why an address rule would be useless or harmful here, or None."""
    if registry.sku.lower() != "premium":
        return f"a {registry.sku or 'registry of this'} tier has no address rules"
    if registry.public_access is False:
        return "the registry's public endpoint is off, so address rules have no effect"
    if registry.default_allow is not False:
        return "the registry does not restrict networks, so an address rule would change nothing"
    if not egress.stable or not egress.addresses:
        return f"the workload has no fixed outbound address: {egress.because or 'none is reported'}"
    if registry.subnet_rules:
        return (
            "the registry has service endpoint rules (preview), and whether a write by the current "
            "interface keeps them is not known"
        )
    return None


def _sorted_out(wanted: Sequence[str], rules: Sequence[str]) -> tuple[list[str], list[str]]:
    """Addresses to add, and sentences about those that are missing but may not become rules."""
    good: list[str] = []
    rejected: list[str] = []
    for text in dict.fromkeys(wanted):
        if networks.parse(text) and not networks.missing([text], rules):
            continue
        try:
            good.append(networks.written(networks.admissible(text)))
        except networks.Inadmissible as why:
            rejected.append(f"Azure reports an outbound address that cannot become a rule: {why}")
    return list(networks.missing(good, rules)), rejected


def _nothing_to_add(rejected: Sequence[str], possible: bool) -> str:
    if rejected:
        return rejected[0]
    if possible:
        return "the registry admits every address this workload may pull from already"
    return (
        "the registry admits the workload's present addresses already; one it may use after "
        "scaling is missing, and the policy adds present ones only (firewall-sync.addresses)"
    )


def _step(
    evidence: Evidence,
    registry: Registry,
    egress: Egress,
    added: Sequence[str],
    doubts: Sequence[str],
) -> Step:
    after = (*registry.ip_rules, *added)
    card = catalog.FIREWALL_SYNC
    return Step(
        remedy=card.name,
        target=registry.id,
        summary=f"Let {evidence.workload.id.name} in: add {_these(added)} to the address rules of "
        f"{registry.login_server}, beside the {count(len(registry.ip_rules), 'rule')} it has",
        before=rule_set("Deny", registry.ip_rules),
        after=rule_set("Deny", after),
        requests=(patch(registry.id, after),),
        permissions=card.permissions,
        risk=_risk(egress, added),
        undo=f"Remove {_these(added)} again and nothing else; `medic rollback` does it while the "
        "rules are still as written",
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _risk(egress: Egress, added: Sequence[str]) -> str:
    many = count(sum(map(networks.size, added)), "address", "addresses")
    if egress.via is Via.PLATFORM:
        return (
            f"{many} of the hosting platform are shared with other customers' apps: "
            "those apps get past the registry's network rules too, and are stopped by its sign-in "
            "alone"
        )
    return (
        f"Everything that leaves through {egress.owner.name if egress.owner else egress.via} "
        f"({many}) gets past the registry's network rules; its sign-in still stands"
    )


def _these(added: Sequence[str]) -> str:
    shown = ", ".join(added[:6])
    return shown if len(added) <= 6 else f"{shown} and {len(added) - 6} more"


def infrastructure_change(step: Step) -> str:
    """What to put into Bicep or Terraform so that the next deployment keeps the rules."""
    before: Mapping[str, Any] = step.before
    added = [value for value in step.after["ipRules"] if value not in before["ipRules"]]
    bicep = "\n".join(f"      {{ action: 'Allow', value: '{value}' }}" for value in added)
    terraform = "\n".join(
        f'  ip_rule {{\n    action   = "Allow"\n    ip_range = "{_with_prefix(value)}"\n  }}'
        for value in added
    )
    return (
        f"If {step.target.name} is deployed from code, add the same rules there, or the next "
        "deployment takes them away again.\n\n"
        "Bicep, in the registry's properties.networkRuleSet (defaultAction stays 'Deny'):\n"
        f"    ipRules: [ // beside those already listed\n{bicep}\n    ]\n\n"
        "Terraform, in network_rule_set of azurerm_container_registry (default_action stays "
        f'"Deny"):\n{terraform}\n'
    )


def _with_prefix(value: str) -> str:
    return value if "/" in value else f"{value}/32"
