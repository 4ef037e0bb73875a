"""
Playing: one scene, from the failing pull to the proof.

In:  a Scene and the Stage.
Out: a Played: the incident as the API shows it, what was seen on the way, and every check with its
     answer. Nothing is taken for granted: an answer of the product is a claim, the simulated
     Azure's next pull and its traffic are the witnesses.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.demo.scenes import Door, Scene
from tests.demo.stage import Stage
from tests.demo.worlds import PROPAGATION, World

_PATIENCE = 45.0  # seconds for one incident
_TICK = 0.1
_MOVING = ("received", "diagnosing", "applying")


@dataclass(frozen=True)
class Check:
    """One expectation: what was wanted, what was there."""

    what: str
    wanted: Any
    found: Any

    @property
    def held(self) -> bool:
        return bool(self.wanted == self.found)


@dataclass(frozen=True, kw_only=True)
class Played:
    scene: Scene
    line: str  # the platform's own line about the failed pull
    incident: dict[str, Any]
    next_pull: dict[str, Any]
    deliveries: int
    writes: list[str]
    seconds: float
    checks: tuple[Check, ...]

    @property
    def well(self) -> bool:
        return all(check.held for check in self.checks)


def play(scene: Scene, stage: Stage) -> Played:
    """Break it, let the door hear of it, wait for the end, and look who is right."""
    began = time.monotonic()
    world = scene.world()
    stage.control("PUT", "/state", world.scenario)
    since = stage.traffic()
    failed = stage.control("POST", "/pull", {"workload": world.workload})
    line = _line(failed, scene.line)
    deliveries = _tell(scene, world, stage)
    incident = _settled(world, stage)
    if incident["state"] == "verifying":
        time.sleep(PROPAGATION * 1.5)
    next_pull = stage.control("POST", "/pull", {"workload": world.workload})
    incident = _verified(incident, stage)
    writes = stage.writes(since)
    known = stage.door("GET", f"/incidents?resource={world.workload}")["incidents"]
    return Played(
        scene=scene,
        line=line,
        incident=incident,
        next_pull=next_pull,
        deliveries=deliveries,
        writes=writes,
        seconds=time.monotonic() - began,
        checks=_checks(scene, failed, line, incident, next_pull, writes, known),
    )


def _tell(scene: Scene, world: World, stage: Stage) -> int:
    """Knock at the scene's door; how often."""
    if scene.door is Door.PERSON:
        stage.door("POST", "/heal", {"resource": world.workload}, status=202)
        return 1
    if scene.door is Door.EVENT:
        changed = {"operation": "Microsoft.Web/sites/write", "resource": world.workload}
        stage.event(stage.control("POST", "/event", changed))
        return 1
    alerts = [stage.control("POST", "/alert", {"workload": world.workload})] * scene.deliveries
    if scene.rerun:
        alerts.append(stage.control("POST", "/alert", {"workload": world.workload}))
    for alert in alerts:
        stage.door("POST", "/alerts", alert, status=202)
    return len(alerts)


def _settled(world: World, stage: Stage) -> dict[str, Any]:
    """The workload's incident, as soon as it rests or waits for its proof."""

    def look() -> dict[str, Any] | None:
        found = stage.door("GET", f"/incidents?resource={world.workload}")["incidents"]
        return found[0] if found and found[0]["state"] not in _MOVING else None

    return _until(look, f"no incident of {world.workload} came to rest")


def _verified(incident: dict[str, Any], stage: Stage) -> dict[str, Any]:
    """The incident after the sweep has seen what there is to see."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = stage.door("GET", f"/incidents/{incident['id']}")
        if found["state"] == "verifying":
            stage.sweep()
            return None
        return found

    return _until(look, f"{incident['id']} was never verified")


def _until(look: Callable[[], dict[str, Any] | None], otherwise: str) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(_TICK)
    raise RuntimeError(f"{otherwise} within {_PATIENCE:.0f} seconds")


def _line(pulled: dict[str, Any], wanted: str) -> str:
    """The line of the platform's log that contains the wanted words; else its last line."""
    rows = [entry["row"] for entry in pulled["logs"]]
    texts = [text for row in rows if (text := row.get("Message") or row.get("Log_s"))]
    return next((text for text in texts if wanted in text), texts[-1] if texts else "")


def _named(writes: list[str], wanted: Sequence[str]) -> list[str]:
    """The writes; one that fits a wanted pattern ("PUT roleAssignments/*") is shown as that."""
    named = list(writes)
    for at, (write, pattern) in enumerate(zip(writes, wanted, strict=False)):
        named[at] = pattern if fnmatchcase(write, pattern) else write
    return named


def _checks(
    scene: Scene,
    failed: dict[str, Any],
    line: str,
    incident: dict[str, Any],
    next_pull: dict[str, Any],
    writes: list[str],
    known: list[dict[str, Any]],
) -> tuple[Check, ...]:
    end = scene.ending
    heals = end.state == "healed"
    diagnosis, decision = incident["diagnosis"] or {}, incident["decision"] or {}
    proof = incident["verification"] or {}
    # what a search of the logs adds is of the same moment as the alert that led to it
    heard = {(one["source"], one["at"]) for one in incident["signals"]}
    return (
        Check("the pull failed at", scene.stage, failed["stage"]),
        Check("the platform's line says it", True, scene.line in line),
        Check("incidents of this workload", 1, len(known)),
        Check("alerts the incident heard", 1 + scene.rerun, len(heard)),
        Check("state", end.state, incident["state"]),
        Check("what the text says", end.cause, incident["cause"]),
        Check("what the configuration proves", end.finding, diagnosis.get("finding")),
        Check("the gate's answer", end.verdict, decision.get("verdict")),
        Check("writes to Azure", list(end.writes), _named(writes, end.writes)),
        Check("writes the incident admits", len(end.writes), incident["azure_calls"]["writes"]),
        Check("the next pull works", heals, next_pull["ok"]),
        Check("verified as", end.verified, proof.get("result")),
    )
