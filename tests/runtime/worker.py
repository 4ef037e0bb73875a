"""
Microsoft's worker library with this app in it.

In:  calls as the Functions host sends them.
Out: what the host would get back: the answer, the output bindings, or the failure.

The library keeps one app per process, so a Worker is started once.
"""

import asyncio
import json
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.runtime.messages import Message, ParameterBinding, RpcHttp, Texts, TypedData, protos

ROOT = Path(__file__).resolve().parents[2]
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(frozen=True)
class Answer:
    """What came back: `sent` by output binding, `http` the response of an HTTP function."""

    ok: bool
    error: str
    sent: Mapping[str, Any]
    http: Any

    @property
    def status(self) -> int:
        return int(self.http.status_code)

    @property
    def json(self) -> Any:
        return json.loads(self.http.body.bytes)


class Worker:
    def __init__(self) -> None:
        import azure_functions_runtime as library

        self._library = library
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        library.start_threadpool_executor()
        sys.modules.pop(
            "function_app", None
        )  # an app may be indexed once: this one is the library's
        init = SimpleNamespace(capabilities={}, function_app_directory=str(ROOT))
        self.started = self._ask(
            library.worker_init_request, worker_init_request=init, host="127.0.0.1"
        )
        told = self._ask(library.functions_metadata_request)
        self.functions = {one.name: one for one in told.function_metadata_results or ()}
        sys.modules.pop("function_app", None)  # and the local host's is its own again

    def bindings(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(one) for one in self.functions[name].raw_bindings]

    def call(self, name: str, given: TypedData, **metadata: TypedData) -> Answer:
        """One invocation; the function's trigger gets `given`."""
        trigger = next(one for one in self.bindings(name) if one["type"].endswith("Trigger"))
        asked = SimpleNamespace(
            invocation_id=str(uuid.uuid4()),
            function_id=self.functions[name].function_id,
            input_data=[ParameterBinding(name=trigger["name"], data=given)],
            trigger_metadata=metadata,
            trace_context=SimpleNamespace(trace_parent=TRACE, trace_state="", attributes={}),
            retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
        )
        told = self._ask(self._library.invocation_request, invocation_request=asked)
        sent = {one.name: _value(one.data) for one in told.output_data or ()}
        failed = told.result.exception if told.result.status != 1 else None
        back = told.return_value
        return Answer(
            ok=told.result.status == 1,
            error=f"{failed.message}\n{failed.stack_trace}" if failed else "",
            sent=sent,
            http=back.http if back else None,
        )

    def http(self, name: str, method: str, body: Any = None, **params: str) -> Answer:
        content = json.dumps(body).encode() if body is not None else b""
        http = RpcHttp(
            method=method,
            url=f"https://medic.example/api/{name}",
            headers={"content-type": "application/json"},
            params=params,
            query={},
            body=TypedData(bytes=content),
        )
        return self.call(name, TypedData(http=http))

    def event(self, name: str, event: Mapping[str, Any]) -> Answer:
        return self.call(name, TypedData(json=json.dumps(event)))

    def queue(self, name: str, text: str) -> Answer:
        return self.call(
            name,
            TypedData(string=text),
            Id=TypedData(string=str(uuid.uuid4())),
            DequeueCount=TypedData(json="1"),
            InsertionTime=TypedData(json='"2026-11-22T10:00:00+00:00"'),
            ExpirationTime=TypedData(json='"2026-11-29T10:00:00+00:00"'),
            NextVisibleTime=TypedData(json='"2026-11-22T10:00:30+00:00"'),
            PopReceipt=TypedData(string="receipt"),
        )

    def timer(self, name: str) -> Answer:
        due = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}
        return self.call(name, TypedData(json=json.dumps(due)))

    def _ask(self, entry: Any, host: str = "", **content: Any) -> Any:
        request = SimpleNamespace(
            request=SimpleNamespace(**content), properties={"host": host, "protos": protos}
        )
        return self._loop.run_until_complete(entry(request))


def _value(data: Message) -> Any:
    kind = data.WhichOneof("data")
    if kind is None:
        return None
    value = getattr(data, kind)
    if isinstance(value, Texts):
        return value.string
    return json.loads(value) if kind == "json" else value
