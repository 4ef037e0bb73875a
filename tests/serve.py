"""
`make serve`: the simulated Azure and the local function host, side by side, until told to stop.

In:  SCENARIO (a file), PORT (of the simulated resource manager), LATENCY_MS, READY (a file), and
     MEDIC_* for the app, all from the environment.
Out: one JSON line when both answer: the simulated Azure's own, and `"functions": address`; its
     `env` is the command line's too, which then shares the app's store.

Both are children of this process and end with it. What the app is told by default (its store, its
workspaces, its cloud) fits the scenario; anything set in the environment wins.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[1]
_START, _END = 60, 5  # seconds a child may take
#: Sign-in of the machine's owner: never sent to anything simulated.
_FOREIGN = ("AZURE_", "IDENTITY_", "MSI_", "ARM_")
#: What the command line must know to speak of the same incidents as the app.
_SHARED = ("MEDIC_STORE", "MEDIC_WORKSPACES", "MEDIC_CLOUD")


class NotServing(Exception):
    """A child did not start."""


async def serve(environ: Mapping[str, str]) -> int:
    """Serve until a signal comes or a child ends; the exit status."""
    stop = asyncio.Event()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(ending, stop.set)
    children: list[Process] = []
    with tempfile.TemporaryDirectory(prefix="medic-serve-") as folder:
        try:
            azure = await _line(children, _simulator(environ), {**environ})
            settings = await _settings(azure, environ, Path(folder))
            host = await _line(children, ["tests.host"], settings)
            azure["env"] |= {name: settings[name] for name in _SHARED}
            _announce(json.dumps(azure | host), environ.get("READY"))
            waits = [asyncio.create_task(child.wait()) for child in children]
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait([*waits, stopped], return_when=asyncio.FIRST_COMPLETED)
        except NotServing as error:
            print(error, file=sys.stderr)  # noqa: T201
        finally:
            for child in reversed(children):
                await _end(child)
    return 0 if stop.is_set() else 1


def _simulator(environ: Mapping[str, str]) -> list[str]:
    asked = {"--scenario": "SCENARIO", "--port": "PORT", "--latency-ms": "LATENCY_MS"}
    given = [(flag, environ[name]) for flag, name in asked.items() if environ.get(name)]
    return ["tests.simulator", "serve", "--wall-clock", *(part for pair in given for part in pair)]


async def _line(
    children: list[Process], module: list[str], environ: Mapping[str, str]
) -> dict[str, Any]:
    """Start a module and read the line it prints when it is ready."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *module),
        cwd=ROOT,
        env=environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        start_new_session=True,  # Ctrl-C reaches this process, which ends them in order
    )
    children.append(child)
    assert child.stdout is not None
    try:
        line = await asyncio.wait_for(child.stdout.readline(), _START)
        answer: dict[str, Any] = json.loads(line)
    except (TimeoutError, ValueError) as error:
        raise NotServing(f"{' '.join(module)} did not start") from error
    return answer


async def _settings(
    azure: dict[str, Any], environ: Mapping[str, str], folder: Path
) -> dict[str, str]:
    """The app's environment."""
    async with aiohttp.ClientSession() as web, web.get(f"{azure['control']}/state") as answer:
        state = await answer.json()
    own = {name: text for name, text in environ.items() if not name.startswith(_FOREIGN)}
    defaults = {
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "MEDIC_STORE": f"sqlite:///{folder / 'medic.db'}",
        "MEDIC_WORKSPACES": _workspace(state),
        "MEDIC_CLOUD": state.get("cloud") or "AzureCloud",
    }
    return defaults | own | azure["env"]


def _workspace(state: dict[str, Any]) -> str:
    """The customer id of the workspace that receives the platform's rows; a scenario names it by
    that or by its resource id."""
    wanted = (state.get("workspace") or "").lower()
    for resource in state["resources"]:
        if resource["id"].lower() == wanted:
            return str(resource.get("properties", {}).get("customerId", ""))
    return wanted


def _announce(line: str, ready: str | None) -> None:
    if ready:
        part = Path(f"{ready}.part")
        part.write_text(line + "\n", encoding="utf-8")
        part.replace(ready)  # whoever waits for the file finds it whole
    print(line, flush=True)  # noqa: T201


async def _end(child: Process) -> None:
    if child.returncode is not None:
        return
    child.terminate()
    try:
        await asyncio.wait_for(child.wait(), _END)
    except TimeoutError:
        child.kill()
        await child.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(os.environ)))
