"""
A storm: plans are scaled up, apps leave by new addresses, and the alerts come in as fast as a
thousand a minute, while another administrator edits the same registries' rules every second.

In:  how many apps, registries and worker processes; whether incidents are treated in rounds.
Out: a Storm: what was healed, written, lost and asked, counted from outside.

Real parts: worker processes, the storage emulator with its queue and tables, sockets and TLS to the
simulated Azure, which runs on the wall clock.
"""

import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from azure.storage.queue import QueueClient

from shared import signals
from shared.clients.guard import is_read
from shared.model.ids import ResourceId
from shared.store import Store
from tests.bench.measuring import progress
from tests.bench.simulated import end, line, start
from tests.bench.storm_worker import POISON, QUEUE
from tests.simulator.estates.storms import storm
from tests.store import azurite
from tests.store.places import reopened

_MINUTE = 60.0
_ALERTS = 1000 / _MINUTE  # a second: a storm of a thousand comes in within a minute
_LONGEST, _EACH = 8 * _MINUTE, 0.8  # seconds for any storm, and more for each app
_GLANCES = 60  # apps that are counted in a second's pause, for counting costs the same processors
_MANAGEMENT = "https://management.azure.com/"
_DOORS = 8  # alerts that are taken in at once
_RETRY = [30, 45, 60]  # seconds between the platform's own pulls


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What came of it. `most_patches`: at any one registry. `theirs_lost`, `theirs_back`: rules the
    other administrator added that are gone, or removed that are there again."""

    apps: int
    healed: int
    most_patches: int
    patches: int
    calls_per_app: float
    poisoned: int
    lacking: int  # addresses that are still not let in
    theirs_lost: int
    theirs_back: int
    seconds: float  # from the first alert to the last proof


def run(*, apps: int, registries: int, workers: int, alone: bool = False) -> Storm:
    """One storm from the first alert to the last proof."""
    scenario = {**storm(apps, registries, clock=None), "retry": _RETRY}
    with ExitStack() as ends:
        azure = ends.enter_context(_azure(scenario))
        account = azurite.running().connection
        place = f"storm{random.randrange(10**9)};{account}"
        for name in (QUEUE, POISON):
            _emptied(account, name)
        more = ["alone"] if alone else []
        crew = [
            start("tests.bench.storm_worker", role, place, account, *more, env=azure.env)
            for role in ("sweep", *["worker"] * workers)
        ]
        for one in crew:
            ends.callback(end, one)
            line(one)
        store = reopened(place)
        ends.callback(store.close)
        editor = ends.enter_context(azure.edited())
        return _weathered(azure, store, account, editor, apps)


class _Azure:
    """The simulated Azure of the storm, as its control API shows it."""

    def __init__(self, ready: dict[str, Any], scenario: dict[str, Any]) -> None:
        self.env = ready["env"] | {"MEDIC_WORKSPACES": _workspace(scenario)}
        self._control = ready["control"]
        self._local = threading.local()
        self.sites = _of_type(scenario, "microsoft.web/sites")
        self.registries = _of_type(scenario, "microsoft.containerregistry/registries")
        self.ask("PUT", "/state", scenario)
        for site in self.sites:
            self.ask("POST", "/pull", {"workload": site["id"]})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        if not hasattr(self._local, "web"):
            self._local.web = requests.Session()
            self._local.web.trust_env = False
        answer = self._local.web.request(method, self._control + path, json=body, timeout=120)
        answer.raise_for_status()
        return answer.json()

    def rules(self, registry: str) -> list[str]:
        said = {"method": "GET", "path": f"{registry}?api-version=2025-11-01"}
        found = self.ask("POST", "/change", said)["properties"]["networkRuleSet"]["ipRules"]
        return [rule["value"] for rule in found]

    def write(self, registry: str, rules: Sequence[str]) -> None:
        wanted = [{"action": "Allow", "value": value} for value in rules]
        body = {"properties": {"networkRuleSet": {"defaultAction": "Deny", "ipRules": wanted}}}
        path = f"{registry}?api-version=2025-11-01"
        self.ask("POST", "/change", {"method": "PATCH", "path": path, "body": body})

    @contextmanager
    def edited(self) -> "Iterator[_Editor]":
        editor = _Editor(self)
        editor.start()
        try:
            yield editor
        finally:
            editor.stop()


class _Editor(threading.Thread):
    """Another administrator: one rule more or less every second, at a registry in turn."""

    def __init__(self, azure: _Azure) -> None:
        super().__init__(daemon=True)
        self._azure = azure
        self._over = threading.Event()
        self.there: dict[str, set[str]] = {one["id"]: set() for one in azure.registries}
        self.gone: dict[str, set[str]] = {one["id"]: set() for one in azure.registries}

    def run(self) -> None:
        turn = 0
        while not self._over.wait(1.0):
            registry = self._azure.registries[turn % len(self._azure.registries)]["id"]
            here, gone = self.there[registry], self.gone[registry]
            rules = self._azure.rules(registry)
            if len(here) > 2:
                value = min(here)
                self._azure.write(registry, [rule for rule in rules if rule != value])
                here.discard(value)
                gone.add(value)
            else:
                value = f"198.51.{100 + turn // 250}.{turn % 250}"
                self._azure.write(registry, [*rules, value])
                here.add(value)
            turn += 1

    def stop(self) -> None:
        self._over.set()
        self.join()


@contextmanager
def _azure(scenario: dict[str, Any]) -> "Iterator[_Azure]":
    child = start("tests.simulator", "serve", "--wall-clock")
    try:
        yield _Azure(json.loads(line(child)), scenario)
    finally:
        end(child)


def _of_type(scenario: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in scenario["resources"] if str(one["type"]).lower() == kind]


def _workspace(scenario: dict[str, Any]) -> str:
    """The customer id of the workspace that receives the platform's rows."""
    wanted = str(scenario["workspace"]).lower()
    ids = (
        str(one["properties"]["customerId"])
        for one in scenario["resources"]
        if str(one["id"]).lower() == wanted
    )
    return next(ids, wanted)


def _emptied(account: str, name: str) -> QueueClient:
    queue = QueueClient.from_connection_string(account, name)
    try:
        queue.create_queue()
    except Exception:
        queue.clear_messages()
    return queue


def _weathered(azure: _Azure, store: Store, account: str, editor: _Editor, apps: int) -> Storm:
    began = time.monotonic()
    alerts = threading.Thread(target=_alerts, args=(azure, store, account), daemon=True)
    alerts.start()
    healed = 0
    while healed < apps and time.monotonic() - began < _LONGEST + apps * _EACH:
        time.sleep(max(3.0, apps / _GLANCES))
        healed = _healed(store)
        progress(f"storm: {healed} of {apps} healed, {time.monotonic() - began:.0f} s")
    seconds = time.monotonic() - began
    editor.stop()
    progress("")
    return _counted(azure, account, editor, apps, healed, seconds)


def _alerts(azure: _Azure, store: Store, account: str) -> None:
    """All of them evenly, in no order."""
    queue = QueueClient.from_connection_string(account, QUEUE)
    sites = random.Random(7).sample(azure.sites, len(azure.sites))
    began = time.monotonic()

    def alert(site: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        id = ResourceId.parse(site["id"])
        signal = signals.manual(id, None, now=now, id=f"storm/{id.name}")
        store.receive(signal, now=now)
        queue.send_message(signals.dump(signal))

    with ThreadPoolExecutor(_DOORS) as doors:
        for number, site in enumerate(sites):
            time.sleep(max(0.0, began + number / _ALERTS - time.monotonic()))
            doors.submit(alert, site)


def _healed(store: Store) -> int:
    found, cursor = 0, None
    while True:
        page = store.page(limit=200, cursor=cursor)
        found += sum(one.state in ("healed", "closed") for one in page.incidents)
        cursor = page.cursor
        if cursor is None:
            return found


def _counted(
    azure: _Azure, account: str, editor: _Editor, apps: int, healed: int, seconds: float
) -> Storm:
    healer = [
        one["liveRequest"]
        for one in azure.ask("GET", "/traffic?since=0")
        if one["liveRequest"]["url"].startswith(_MANAGEMENT)
    ]
    writes = [one for one in healer if not is_read(one["method"], one["url"])]
    by_registry = {
        one["id"]: sum(one["id"].lower() in each["url"].lower() for each in writes)
        for one in azure.registries
    }
    there = {one["id"]: set(azure.rules(one["id"])) for one in azure.registries}
    lacking = sum(
        address not in there[_registry_of(azure, number)]
        for number, site in enumerate(azure.sites)
        for address in site["properties"]["outboundIpAddresses"].split(",")
    )
    poison = QueueClient.from_connection_string(account, POISON)
    return Storm(
        apps=apps,
        healed=healed,
        most_patches=max(by_registry.values()),
        patches=len(writes),
        calls_per_app=len(healer) / apps,
        poisoned=poison.get_queue_properties().approximate_message_count or 0,
        lacking=lacking,
        theirs_lost=sum(len(editor.there[id] - there[id]) for id in there),
        theirs_back=sum(len(editor.gone[id] & there[id]) for id in there),
        seconds=seconds,
    )


def _registry_of(azure: _Azure, number: int) -> str:
    return str(azure.registries[number % len(azure.registries)]["id"])
