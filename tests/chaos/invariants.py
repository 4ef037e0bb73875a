"""
What must be so when a run is over, seen from Azure and the store.

In:  a run that came to its end.
Out: complaints, one sentence each; none when all is well.
"""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from shared.model.views import incident_view
from shared.store import Record, RecordKind
from shared.store.rows import stamp
from tests.chaos import records
from tests.chaos.watching import Photo, case
from tests.estates import allowed, consented
from tests.estates.building import SECRETS
from tests.estates.treating import photograph

if TYPE_CHECKING:
    from tests.chaos.playing import Run


def broken(run: "Run") -> list[str]:
    """Everything that is not as it must be."""
    return [
        *_rests(run),
        *_others_kept(run),
        *_access(run),
        *_audit(run),
        *_leases(run),
        *_secrets(run),
        *_running(run),
    ]


#: Acts of others that do exactly what our plan may have announced.
_AS_WE_WOULD = frozenset({"healed by hand", "granted by hand"})


def _rests(run: "Run") -> Iterator[str]:
    """Every incident reached its end, or waits for a person; every message is gone."""
    for incident in run.incidents():
        if run.moves(incident):
            yield f"{incident.id} never came to rest: {incident.state}"
    for message in run.mail.queue:
        yield f"the message of {message.signal.id} is still in the queue"
    if (
        not run.incidents()
        and not run.mail.poisoned
        and any(kind == "failure" for _, _, kind in run.script.deliveries)
    ):
        yield "nothing is known of any incident"


def _others_kept(run: "Run") -> Iterator[str]:
    """Since the last act of others nothing moved but what we may move."""
    watch, now = run.stage.watch, photograph(run.stage.simulator.world)
    if watch.acts and not watch.raced:
        then = watch.acts[-1].after
        for id in {write.path.lower() for write in watch.writes} - run.before.keys():
            then.pop(id, None)  # ours: Azure may still have been at work on it
        for complaint in allowed.complaints(case(run.built, then, now)):
            yield f"since others acted last: {complaint}"


def _access(run: "Run") -> Iterator[str]:
    """Who may come in: those from before, those whom others let in, and what the table allows."""
    before, acts = run.before, run.stage.watch.acts
    now = photograph(run.stage.simulator.world)
    ways = _ways(before).union(*(_ways(act.after) for act in acts))
    own = {ip_address(one) for one in consented.own_addresses(run.built)}
    for block, registry in sorted(_ways(now) - ways):
        if registry != run.built.registry["id"].lower() or not own.issuperset(ip_network(block)):
            yield f"{registry} lets {block} in, and nobody may have wanted that"
    grants = _grants(before).union(*(_grants(act.after) for act in acts))
    mine = str(run.built.principal).lower(), run.built.registry["id"].lower()
    for principal, role, scope in sorted(_grants(now) - grants):
        if (principal, scope) != mine:
            yield f"{principal} holds {role} at {scope}, and nobody may have wanted that"


def _ways(photo: Photo) -> set[tuple[str, str]]:
    """(address, registry) of every rule."""
    return {
        (str(rule["value"]).removesuffix("/32"), id)
        for id, item in photo.items()
        if str(item.get("type", "")).lower() == "microsoft.containerregistry/registries"
        for rule in (item["properties"].get("networkRuleSet") or {}).get("ipRules") or ()
    }


def _grants(photo: Photo) -> set[tuple[str, str, str]]:
    """(principal, role, scope) of every assignment."""
    return {
        (
            str(item["properties"]["principalId"]).lower(),
            str(item["properties"]["roleDefinitionId"]).rsplit("/", 1)[-1].lower(),
            str(item["properties"]["scope"]).lower(),
        )
        for item in photo.values()
        if str(item.get("type", "")).lower() == "microsoft.authorization/roleassignments"
    }


def _audit(run: "Run") -> Iterator[str]:
    """After every write that Azure accepted the audit says that it was done; the counts agree."""
    store, watch = run.stage.store, run.stage.watch
    for write in watch.writes:
        after = [
            record
            for incident in run.incidents()
            for record in store.records(incident.id)[write.told.get(incident.id, 0) :]
        ]
        if not any(_tells(record) for record in after):
            yield f"{write.text} was accepted, and no outcome tells of it"
    counted = sum(incident.azure_calls.writes for incident in run.incidents())
    if counted < len(watch.writes) and not run.stage.store_failed:
        yield f"{len(watch.writes)} writes were accepted and {counted} are counted"
    changed = [one for each in run.incidents() for one in each.outcome if one.changed]
    by_hand = any(act.name in _AS_WE_WOULD for act in watch.acts)  # nobody can tell whose it was
    if changed and not watch.writes and not by_hand:
        yield f"it says that it changed {changed[0].target}, and it wrote nothing"


def _tells(record: Record) -> bool:
    """Whether it says what became of a write: done, or that Azure would not tell afterwards."""
    if record.kind is RecordKind.OUTCOME:
        return record.detail["changed"] is True
    return record.stage == "outcome" and "before the interruption is open" in record.text


def _leases(run: "Run") -> Iterator[str]:
    """Nothing is held any more; what a busy store did not let go of ends by itself."""
    until = run.stage.simulator.world.clock.now()
    if run.stage.store_failed:
        until += timedelta(minutes=21)
    with sqlite3.connect(run.stage.path) as sql:
        for name, holder, end in sql.execute("SELECT name, holder, until FROM leases"):
            if name != "rounds" and (not run.stage.store_failed or end > stamp(until)):
                yield f"the lease {name} is still held by {holder} until {end}"


def _secrets(run: "Run") -> Iterator[str]:
    told: list[Any] = [incident_view(incident) for incident in run.incidents()]
    said = str(told) + str(records.every(run.stage.store))
    for secret in SECRETS:
        if secret in said:
            yield f"the secret {secret!r} is shown"


def _running(run: "Run") -> Iterator[str]:
    """A site that ran is not left stopped."""
    id = run.workload.text.lower()
    old, new = run.before.get(id), photograph(run.stage.simulator.world).get(id)
    ran, state = (one and one["properties"].get("state") for one in (old, new))
    if ran == "Running" and new and state != "Running":
        yield f"the site is left {state}"
