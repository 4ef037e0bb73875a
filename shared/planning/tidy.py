"""
tidy: the plan that offers to remove the address rules of ours that nobody needs any more.

In:  the registry, our rules there and who may need them.
Out: a Plan of one firewall-sync step whose `after` has fewer rules, or of none; and a Diagnosis
     that says of every rule of ours why it may go, or why it stays.

Nobody's rule is in it but ours, and of ours none that somebody needs or that it is not known of.
Pure.
"""

from collections.abc import Sequence

from shared import catalog
from shared.model.evidence import Fact, Registry
from shared.model.plan import Diagnosis, Plan, Step
from shared.model.tidy import Owned, Tidy
from shared.model.wording import count
from shared.model.words import Cause, FindingName
from shared.planning import firewall


def plan(registry: Registry, tidy: Tidy) -> Plan:
    """The offer; a plan without steps where nothing may go."""
    spare = tidy.unneeded
    if not spare or not _restricted(registry):
        return Plan.of(())
    gone = {one.value for one in spare}
    after = [value for value in registry.ip_rules if value not in gone]
    names = ", ".join(one.value for one in spare)
    step = Step(
        remedy=catalog.FIREWALL_SYNC.name,
        target=registry.id,
        summary=f"Remove {names} from the address rules of {registry.login_server}: this service "
        f"added {_them(spare)}, and no workload it can see needs {_them(spare)} any more; "
        f"{count(len(after), 'rule')} stay",
        before=firewall.rule_set("Deny", registry.ip_rules),
        after=firewall.rule_set("Deny", after),
        requests=(firewall.patch(registry.id, after),),
        permissions=catalog.FIREWALL_SYNC.permissions,
        risk="whoever still pulls by them, unseen by this service (out of its scope or its sight), "
        "is refused from then on",
        undo="`medic rollback` puts them back while the registry is still as restricted as now",
    )
    return Plan.of((step,))


def diagnosis(registry: Registry, tidy: Tidy) -> Diagnosis:
    """Why each of our rules may go, or stays."""
    spare = tidy.unneeded
    names = ", ".join(one.value for one in spare)
    said = (
        f"Nobody's pull fails. {names}: this service once added {_them(spare)} to "
        f"{registry.id.name}, and no workload it can see needs {_them(spare)} any more."
        if spare
        else f"None of the rules this service added to {registry.id.name} may go."
    )
    return Diagnosis(
        cause=Cause.NOT_A_PULL_FAILURE,
        finding=FindingName.NOT_A_PULL_FAILURE,
        summary=said,
        facts=(*(_told(one, tidy) for one in tidy.owned), _asked(tidy)),
    )


def _them(spare: Sequence[Owned]) -> str:
    return "it" if len(spare) == 1 else "them"


def _told(one: Owned, tidy: Tidy) -> Fact:
    stays = tidy.keeps(one.value)
    now = next((each for each in tidy.leavers if each.id == one.workload), None)
    because = now.without if now and now.without else "it leaves by other addresses now"
    value = f"stays: {stays}" if stays else f"not needed: {one.workload.name}: {because}"
    return Fact(
        fact=f"rule {one.value}",
        value=value,
        source=f"added by {one.incident} on {one.since:%Y-%m-%d} for {one.workload}",
    )


def _asked(tidy: Tidy) -> Fact:
    names: Sequence[str] = [one.id.name for one in tidy.leavers if not one.without]
    return Fact(
        fact="workloads asked about",
        value=f"{len(tidy.leavers)}, of which pull from here: {', '.join(names) or 'none'}",
        source="Resource Graph; the workloads they were added for by the resource manager",
    )


def _restricted(registry: Registry) -> bool:
    premium = registry.sku.lower() == "premium" and not registry.subnet_rules
    return premium and registry.default_allow is False and registry.public_access is not False
