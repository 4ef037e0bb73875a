"""
python -m tests.simulator serve: the simulated Azure in the foreground, until it is told to stop.

Prints one JSON line when it is ready (contract §5). Exit status 2 for arguments or a scenario that
cannot be used, 0 after SIGTERM or Ctrl-C.
"""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from tests.simulator.azure import Simulator
from tests.simulator.server import Server


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulator", description="Simulated Azure."
    )
    serve = parser.add_subparsers(required=True).add_parser("serve", help="serve until stopped")
    serve.add_argument("--scenario", type=Path, help="scenario file (JSON); a small estate without")
    serve.add_argument("--port", type=int, default=0, help="port of the resource manager")
    serve.add_argument("--latency-ms", type=float, default=0, help="added to every answer")
    serve.add_argument("--ready", type=Path, help="file that receives the ready line as well")
    serve.add_argument("--wall-clock", action="store_true", help="whatever clock a scenario names")
    given = parser.parse_args(argv)
    try:
        simulator = Simulator(_scenario(given.scenario), wall_clock=given.wall_clock)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"cannot use scenario {given.scenario}: {error!r}", file=sys.stderr)
        return 2
    try:
        asyncio.run(_serve(simulator, given.port, given.latency_ms / 1000, given.ready))
    except OSError as error:
        print(f"cannot serve: {error}", file=sys.stderr)
        return 2
    return 0


async def _serve(simulator: Simulator, port: int, latency: float, ready: Path | None) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    server = Server(simulator, port=port, latency=latency)
    line = (await server.start()).ready()
    if ready is not None:
        ready.write_text(line + "\n", encoding="utf-8")
    print(line, flush=True)
    try:
        await stopped.wait()
    finally:
        await server.stop()


def _scenario(path: Path | None) -> dict[str, Any]:
    if path is None:
        from tests.simulator import estates  # only needed here; tests and the demo own it

        return estates.healthy_web_app(clock=None)
    scenario = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(scenario, dict):
        raise ValueError("a scenario is a JSON object")
    return scenario


if __name__ == "__main__":
    sys.exit(main())
