"""
What other administrators do meanwhile: one function per act, each an ordinary change of Azure.

In:  an Office: the simulated Azure as an administrator sees it, and the estate as it was built.
Out: Azure, changed through its own front door, with its locks and policies; an act that means
     nothing in an estate, or that Azure refuses, changes nothing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.estates import ways
from tests.estates.building import Built
from tests.simulator.azure import Simulator
from tests.simulator.estates import ACR_PULL, guid
from tests.simulator.world import Resource

STRANGER_RULE = "198.51.100.7"
PERSON = "ada@contoso.example"  # a name with an @ is a person's, in the Activity Log
_AUTHORIZATION = "/providers/Microsoft.Authorization"


@dataclass
class Office:
    """Where the other administrators sit."""

    simulator: Simulator
    built: Built
    kept_roles: list[Resource]  # of the healer, taken away for now

    def change(self, method: str, path: str, body: Any = None, *, by: str | None = None) -> None:
        said = b"" if body is None else json.dumps(body).encode()
        self.simulator.change(method, path, said, principal=by)

    def find(self, id: str) -> Resource | None:
        return self.simulator.world.resources.get(id)

    @property
    def registry(self) -> str:
        return str(self.built.registry["id"])

    @property
    def workload(self) -> str:
        return str(self.built.workload["id"])

    def rules(self) -> list[dict[str, Any]]:
        found = self.find(self.registry)
        rule_set = (found or {"properties": {}})["properties"].get("networkRuleSet") or {}
        return [dict(rule) for rule in rule_set.get("ipRules") or ()]

    def write_rules(self, rules: list[dict[str, Any]]) -> None:
        """The whole list anew, as every client has to."""
        found = self.find(self.registry)
        if found is None or not found["properties"].get("networkRuleSet"):
            return
        action = found["properties"]["networkRuleSet"].get("defaultAction")
        rule_set = {"defaultAction": action, "ipRules": rules}
        self.change("PATCH", self.registry, {"properties": {"networkRuleSet": rule_set}})


def _rule_added(office: Office) -> None:
    office.write_rules([*office.rules(), {"action": "Allow", "value": STRANGER_RULE}])


def _rule_removed(office: Office) -> None:
    office.write_rules([rule for rule in office.rules() if rule["value"] not in ways.OFFICE])


def _rules_as_in_code(office: Office) -> None:
    """A deployment writes the list it knows: what came since is gone."""
    rules = office.built.registry["properties"].get("networkRuleSet") or {}
    office.write_rules([dict(rule) for rule in rules.get("ipRules") or ()])


def _healed_by_hand(office: Office) -> None:
    held = {rule["value"] for rule in office.rules()}
    lacking = [one for one in office.built.addresses if one not in held]
    office.write_rules(
        [*office.rules(), *({"action": "Allow", "value": value} for value in lacking)]
    )


def _closed(office: Office) -> None:
    office.change("PATCH", office.registry, {"properties": {"publicNetworkAccess": "Disabled"}})


def _opened(office: Office) -> None:
    rule_set = {"defaultAction": "Allow", "ipRules": office.rules()}
    office.change("PATCH", office.registry, {"properties": {"networkRuleSet": rule_set}})


def _role_added(office: Office) -> None:
    _assign(office, "stranger", guid("stranger"), ACR_PULL)


def _granted_by_hand(office: Office) -> None:
    """Somebody gives the workload the role itself, under another name than ours."""
    if office.built.role is not None and office.built.principal is not None:
        role = str(office.built.role["properties"]["roleDefinitionId"]).rsplit("/", 1)[-1]
        _assign(office, "by-hand", office.built.principal, role)


def _assign(office: Office, name: str, principal: str, role: str) -> None:
    definition = office.built.estate.role_id(role)
    properties = {
        "roleDefinitionId": definition,
        "principalId": principal,
        "principalType": "ServicePrincipal",
    }
    path = f"{office.registry}{_AUTHORIZATION}/roleAssignments/{guid('chaos', name)}"
    office.change("PUT", path, {"properties": properties})


def _role_taken(office: Office) -> None:
    """A person takes the pull role away, on purpose."""
    if office.built.role is not None and office.find(office.built.role["id"]) is not None:
        office.change("DELETE", office.built.role["id"], by=PERSON)


def _permission_lost(office: Office) -> None:
    """One of the healer's own roles is gone from one request to the next."""
    world = office.simulator.world
    for item in world.resources.of_type("Microsoft.Authorization/roleAssignments"):
        if item["properties"]["principalId"] == world.healer["principalId"]:
            office.kept_roles.append(item)
            office.change("DELETE", item["id"])
            return


def _permission_back(office: Office) -> None:
    while office.kept_roles:
        office.simulator.world.resources.put(office.kept_roles.pop())


def _opted_out(office: Office) -> None:
    office.change("PATCH", office.registry, {"tags": {"medic": "off"}})


def _locked(office: Office) -> None:
    path = f"{office.registry}{_AUTHORIZATION}/locks/frozen"
    office.change("PUT", path, {"properties": {"level": "ReadOnly", "notes": ""}})


def _unlocked(office: Office) -> None:
    office.change("DELETE", f"{office.registry}{_AUTHORIZATION}/locks/frozen")


def _setting_added(office: Office) -> None:
    if not office.built.blueprint.is_site:
        return
    held = office.simulator.world.app_settings.get(office.workload.lower(), {})
    path = f"{office.workload}/config/appsettings"
    office.change("PUT", path, {"properties": {**held, "FEATURE_FLAG": "on"}})


def _site_tuned(office: Office) -> None:
    if office.built.blueprint.is_site:
        body = {"properties": {"alwaysOn": True}}
        office.change("PATCH", f"{office.workload}/config/web", body)


def _tagged(office: Office) -> None:
    office.change("PATCH", office.registry, {"tags": {"owner": "platform"}})


def _rotated(office: Office) -> None:
    """The registry's passwords are made anew; the workload still has an older one."""
    passwords = office.simulator.world.passwords
    if office.registry.lower() in passwords:
        passwords[office.registry.lower()] = ["planted-third-password", "planted-fourth-password"]


def _index_lags(office: Office) -> None:
    office.simulator.world.propagation["resourcegraph"] = 900


def _gone(office: Office) -> None:
    office.change("DELETE", office.workload)


@dataclass(frozen=True)
class Act:
    """What somebody does, and how often it is drawn."""

    do: Callable[[Office], None]
    often: int = 2


ACTS: dict[str, Act] = {
    "rule added": Act(_rule_added, 4),
    "rule removed": Act(_rule_removed, 4),
    "rules as in code": Act(_rules_as_in_code, 3),
    "healed by hand": Act(_healed_by_hand),
    "closed": Act(_closed),
    "opened": Act(_opened, 1),
    "role added": Act(_role_added, 3),
    "granted by hand": Act(_granted_by_hand),
    "role taken": Act(_role_taken, 3),
    "permission lost": Act(_permission_lost, 4),
    "permission back": Act(_permission_back, 4),
    "opted out": Act(_opted_out),
    "locked": Act(_locked),
    "unlocked": Act(_unlocked, 1),
    "setting added": Act(_setting_added, 3),
    "site tuned": Act(_site_tuned),
    "tagged": Act(_tagged),
    "rotated": Act(_rotated),
    "index lags": Act(_index_lags),
    "gone": Act(_gone, 1),
}
