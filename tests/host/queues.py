"""
Storage queues in memory.

In:  message bodies.
Out: deliveries to a function: again after `redelivery` seconds when it fails, and to
     `{queue}-poison` after `most` attempts, as host.json says and the Storage queue extension does.
     Nothing comes after a poison queue: a message that fails there stays, hidden for `hidden`
     seconds each time.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import azure.functions as func
from azure.functions.queue import QueueMessage

#: The base class is what functions are annotated with; the worker delivers this one.
Deliver = Callable[[func.QueueMessage], Awaitable[bool]]

_POISON = "-poison"


@dataclass
class Message:
    body: bytes
    id: str = field(default_factory=lambda: str(uuid4()))
    inserted: datetime = field(default_factory=lambda: datetime.now(UTC))
    deliveries: int = 0


class Queues:
    """Every queue by name; a poison queue is an ordinary queue, read by whoever has a trigger."""

    def __init__(self, *, most: int, redelivery: float, hidden: float, batch: int) -> None:
        self._most, self._redelivery, self._batch = most, redelivery, batch
        self._hidden = hidden
        self._visible: dict[str, asyncio.Queue[Message]] = defaultdict(asyncio.Queue)
        self._unsettled: dict[str, int] = defaultdict(int)
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, queue: str, body: bytes) -> None:
        self._unsettled[queue] += 1
        self._visible[queue].put_nowait(Message(body))

    def bodies(self, queue: str) -> list[bytes]:
        """What is visible in a queue, oldest first."""
        return [message.body for message in list(self._visible[queue]._queue)]  # type: ignore[attr-defined]

    def waiting(self, queue: str) -> int:
        """Messages not yet settled: visible, being handled, or hidden until redelivery."""
        return self._unsettled[queue]

    def pump(self, queue: str, deliver: Deliver) -> None:
        """Deliver from now on, `batch` messages at a time."""
        for _ in range(self._batch):
            self._spawn(self._serve(queue, deliver))

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _serve(self, queue: str, deliver: Deliver) -> None:
        while True:
            message = await self._visible[queue].get()
            message.deliveries += 1
            if await deliver(self._shown(message)):
                self._unsettled[queue] -= 1
            elif queue.endswith(_POISON):
                self._spawn(self._later(queue, message, self._hidden))
            elif message.deliveries >= self._most:
                self.put(f"{queue}{_POISON}", message.body)
                self._unsettled[queue] -= 1
            else:
                self._spawn(self._later(queue, message, self._redelivery))

    async def _later(self, queue: str, message: Message, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._visible[queue].put_nowait(message)

    def _shown(self, message: Message) -> QueueMessage:
        return QueueMessage(
            id=message.id,
            body=message.body,
            dequeue_count=message.deliveries,
            insertion_time=message.inserted,
            expiration_time=message.inserted + timedelta(days=7),
            time_next_visible=datetime.now(UTC) + timedelta(minutes=10),
            pop_receipt=str(uuid4()),
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
