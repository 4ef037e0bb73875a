"""
`python -m tests.host [--port N]`: the app on loopback until interrupted.

In:  a port, and the environment the app itself reads.
Out: one JSON line `{"functions": address}` when it answers.
"""

import argparse
import asyncio
import json
import logging
import signal

from tests.host.app import Config
from tests.host.running import ROOT, own_app
from tests.host.server import Host


async def serve(port: int) -> None:
    host = Host(own_app(), Config.read(ROOT / "host.json"), timers=True)
    print(json.dumps({"functions": await host.start(port)}), flush=True)  # noqa: T201
    stop = asyncio.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(ending, stop.set)
    await stop.wait()
    await host.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.host", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for noisy in ("azure", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
