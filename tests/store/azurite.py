"""
Azurite, Microsoft's own storage emulator: one process for a test session, nothing kept on disk.

In:  node, and the emulator as `make` installed it beside the environment.
Out: an Azurite with its connection string; or why there is none, in words.
"""

import atexit
import functools
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_ACCOUNT = "devstoreaccount1"
#: The emulator's published key; it opens nothing else.
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_START = 30.0  # seconds


@dataclass(frozen=True)
class Azurite:
    blob: int
    queue: int
    table: int

    @property
    def connection(self) -> str:
        ends = {"Blob": self.blob, "Queue": self.queue, "Table": self.table}
        places = ";".join(
            f"{name}Endpoint=http://127.0.0.1:{port}/{_ACCOUNT}" for name, port in ends.items()
        )
        return f"DefaultEndpointsProtocol=http;AccountName={_ACCOUNT};AccountKey={_KEY};{places};"


@functools.cache
def missing() -> str | None:
    """Why the emulator cannot run here; None when it can."""
    if shutil.which("node") is None:
        return "node is not installed on this machine"
    if not _script().exists():
        return "Azurite is not installed: make installs it where npm can be reached"
    return None


@functools.cache
def running() -> Azurite:
    """The session's emulator, started at the first use and ended with the process."""
    holders = [socket.socket() for _ in range(3)]
    for one in holders:
        one.bind(("127.0.0.1", 0))
    emulator = Azurite(*(one.getsockname()[1] for one in holders))
    for one in holders:
        one.close()
    ports = {"blob": emulator.blob, "queue": emulator.queue, "table": emulator.table}
    process = subprocess.Popen(
        [
            "node",
            str(_script()),
            "--inMemoryPersistence",
            "--silent",
            "--skipApiVersionCheck",  # it knows no version as new as the SDKs send
            "--disableTelemetry",
            *(part for name, port in ports.items() for part in (f"--{name}Port", str(port))),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(process.kill)
    deadline = time.monotonic() + _START
    for port in ports.values():
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Azurite did not start")
            time.sleep(0.02)
    return emulator


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _script() -> Path:
    home = Path(os.environ.get("AZURITE") or Path(sys.prefix, "azurite"))
    return home / "node_modules/azurite/dist/src/azurite.js"
