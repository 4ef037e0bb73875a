"""
The functions of an app and one call of one of them.

In:  an azure.functions FunctionApp and host.json.
Out: Functions with their bindings; Called, with what the function answered and sent to queues.
"""

import asyncio
import inspect
import json
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import azure.functions as func

log = logging.getLogger("host")


class Out(func.Out[Any]):
    """What the worker hands to a function for an output binding."""

    def __init__(self) -> None:
        self.value: Any = None

    def set(self, val: Any) -> None:
        self.value = val

    def get(self) -> Any:
        return self.value


@dataclass(frozen=True)
class Function:
    """One function as the platform sees it: bindings as function.json would spell them."""

    name: str
    run: Callable[..., Any]
    bindings: tuple[Mapping[str, Any], ...]

    @cached_property
    def trigger(self) -> Mapping[str, Any]:
        return next(one for one in self.bindings if str(one["type"]).endswith("Trigger"))

    @property
    def kind(self) -> str:
        return str(self.trigger["type"])

    @cached_property
    def queues(self) -> Mapping[str, str]:
        """Queue names by the parameter that writes to them."""
        return {one["name"]: one["queueName"] for one in self.bindings if one["type"] == "queue"}

    def arguments(self, argument: Any, outs: Mapping[str, Any]) -> dict[str, Any]:
        """What the worker hands to the function."""
        given = {str(self.trigger["name"]): argument, **outs}
        asks = "context" in inspect.signature(self.run).parameters
        return given | ({"context": context()} if asks else {})

    async def call(self, argument: Any) -> "Called":
        """Run it as the worker would: coroutines on the loop, the rest in a thread."""
        outs = {name: Out() for name in self.queues}
        arguments = self.arguments(argument, outs)
        try:
            if inspect.iscoroutinefunction(self.run):
                answer = await self.run(**arguments)
            else:
                answer = await asyncio.to_thread(self.run, **arguments)
        except Exception as error:
            log.exception("%s failed", self.name)
            return Called(error=error)
        sent = {self.queues[name]: _messages(out.value) for name, out in outs.items()}
        return Called(answer=answer, sent=sent)


def context() -> Any:
    """What the platform says of one call; each belongs to a trace of its own."""
    trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    told = SimpleNamespace(trace_parent=trace, trace_state="")
    return SimpleNamespace(invocation_id=str(uuid4()), trace_context=told)


@dataclass(frozen=True)
class Called:
    """What one call led to. `sent`: message bodies by queue."""

    answer: Any = None
    sent: Mapping[str, list[bytes]] = field(default_factory=dict)
    error: Exception | None = None


@dataclass(frozen=True)
class Config:
    """The parts of host.json this host honours."""

    prefix: str
    most_deliveries: int
    redelivery: float  # seconds
    batch: int
    hidden: float = 600.0  # seconds a message is invisible while it is handled; no setting

    @classmethod
    def read(cls, file: Path) -> "Config":
        host = json.loads(file.read_text())
        queues = host["extensions"]["queues"]
        return cls(
            prefix=host["extensions"]["http"]["routePrefix"],
            most_deliveries=queues["maxDequeueCount"],
            redelivery=_seconds(queues["visibilityTimeout"]),
            batch=queues["batchSize"] + queues["newBatchThreshold"],
        )


def functions(app: func.FunctionApp) -> tuple[Function, ...]:
    """The app's functions in the order the platform maps their routes: by name."""
    found = [
        Function(
            name=str(one.get_function_name()),
            run=one.get_user_function(),
            bindings=tuple(binding.get_dict_repr() for binding in one.get_bindings()),
        )
        for one in app.get_functions()
    ]
    return tuple(sorted(found, key=lambda one: one.name.upper()))


def _messages(value: Any) -> list[bytes]:
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    return [item.encode() if isinstance(item, str) else bytes(item) for item in items]


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+):(\d+):(\d+)", text)
    assert match, f"{text!r} is not hh:mm:ss"
    hours, minutes, seconds = map(int, match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds).total_seconds()
