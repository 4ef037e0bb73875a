"""
`python -m tests.bench.storm_worker {worker|sweep} STORE ACCOUNT [alone]`: one instance of the app
in a storm: what the host does with the queue and the timer, around the product's own pipeline.

In:  a store's place, a storage account's connection string; the simulated Azure in the
     environment.
Out: a line when it is ready; ends when its standard input does.

`alone` switches off what is measured: then every incident is treated by itself, as it comes.
"""

import os
import sys
import threading
import time
from datetime import timedelta
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from shared import settings, signals
from shared.medic import Medic
from shared.model.signal import Signal
from shared.pipeline import company, sweep, take
from shared.settings import PolicyText, Settings
from tests.store.places import reopened

QUEUE, POISON = "incidents", "incidents-poison"
POLICY = """
version: 1
mode: auto
remedies:
  firewall-sync: {mode: auto, shared_egress: allow}
limits: {writes_per_registry_per_hour: 1000, writes_per_day: 5000}
"""
_LOCKED, _AGAIN, _MOST = 600, 30, 5  # host.json and the queue trigger's own renewal
_EVERY = 60  # seconds between two ticks of the timer


def main() -> None:
    role, place, account, *alone = sys.argv[1:]
    if alone:
        company.CROWD = sys.maxsize
        company.GAP = timedelta(0)
        sweep.__globals__["_rounds"] = lambda *_: frozenset()
    medic = _medic(place)
    queue = QueueClient.from_connection_string(account, QUEUE)
    poison = QueueClient.from_connection_string(account, POISON)
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    print("ready", flush=True)
    if role == "sweep":
        while not over.wait(_EVERY):
            _tried(lambda: sweep(medic=medic, hand_on=lambda one: _send(queue, one)))
        return
    while not over.is_set():
        if not _one(queue, poison, medic):
            time.sleep(0.2)


def _medic(place: str) -> Medic:
    told = settings.load(os.environ)
    return Medic(
        Settings(
            policy=PolicyText(POLICY),
            workspaces=told.workspaces,
            cloud=told.cloud,
            client_id=told.client_id,
        ),
        store=reopened(place),
    )


def _one(queue: QueueClient, poison: QueueClient, medic: Medic) -> bool:
    """Take one message, as the queue trigger does; whether there was one."""
    message = queue.receive_message(visibility_timeout=_LOCKED)
    if message is None:
        return False
    try:
        for one in take(signals.load(message.content), medic=medic):
            _send(queue, one)
    except Exception as error:
        print(f"delivery {message.dequeue_count}: {error!r}", file=sys.stderr)
        if (message.dequeue_count or 0) >= _MOST:
            poison.send_message(message.content)
            queue.delete_message(message)
        else:
            queue.update_message(message, visibility_timeout=_AGAIN)
        return True
    try:
        queue.delete_message(message)
    except ResourceNotFoundError:
        print("a message was taken again by somebody else", file=sys.stderr)
    return True


def _send(queue: QueueClient, signal: Signal) -> None:
    queue.send_message(signals.dump(signal))


def _tried(work: Any) -> None:
    try:
        work()
    except Exception as error:
        print(f"sweep: {error!r}", file=sys.stderr)


if __name__ == "__main__":
    main()
