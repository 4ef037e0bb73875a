"""The local function host does what the platform does, for small functions made for the purpose."""

import threading
import time
from typing import Any, List  # noqa: UP035

import azure.functions as func
import pytest
import requests

from tests.host import Running, running
from tests.host.app import Function, functions

Queue = func.Out[List[str]]  # noqa: UP006


def app_of(*register: Any) -> tuple[Function, ...]:
    app = func.FunctionApp()
    for one in register:
        one(app)
    return functions(app)


def post(host: Running, path: str, body: bytes = b"", **headers: str) -> requests.Response:
    return requests.post(f"{host.url}{path}", data=body, headers=headers, timeout=10)


def test_a_message_that_fails_is_delivered_again_and_then_kept_in_the_poison_queue() -> None:
    counts: list[int | None] = []

    def register(app: func.FunctionApp) -> None:
        @app.queue_trigger(arg_name="message", queue_name="work", connection="Storage")
        def always_fails(message: func.QueueMessage) -> None:
            counts.append(message.dequeue_count)
            raise RuntimeError("no")

    with running(app_of(register)) as host:
        post(host, "/admin/functions/always_fails", b'{"input": "hello"}')
        host.settle("work")

        assert counts == [1, 2, 3, 4, 5]
        assert host.poison("work") == [b"hello"]


def test_after_a_poison_queue_comes_nothing_and_a_message_that_fails_there_stays() -> None:
    counts: list[int | None] = []

    def register(app: func.FunctionApp) -> None:
        @app.queue_trigger(arg_name="message", queue_name="work-poison", connection="Storage")
        def fails_long(message: func.QueueMessage) -> None:
            counts.append(message.dequeue_count)
            if len(counts) < 8:
                raise RuntimeError("not yet")

    with running(app_of(register)) as host:
        post(host, "/admin/functions/fails_long", b'{"input": "hello"}')
        host.settle("work-poison")

        assert counts == [1, 2, 3, 4, 5, 6, 7, 8]
        assert host.poison("work-poison") == []


def test_a_message_that_fails_once_is_done_at_the_second_try() -> None:
    seen: list[bytes] = []

    def register(app: func.FunctionApp) -> None:
        @app.queue_trigger(arg_name="message", queue_name="work", connection="Storage")
        def fails_once(message: func.QueueMessage) -> None:
            seen.append(message.get_body())
            if len(seen) == 1:
                raise RuntimeError("once")

    with running(app_of(register)) as host:
        post(host, "/admin/functions/fails_once", b'{"input": {"a": 1}}')
        host.settle("work")

        assert seen == [b'{"a": 1}'] * 2
        assert host.poison("work") == []


def test_what_a_function_sends_is_delivered_only_when_it_succeeded() -> None:
    got: list[bytes] = []

    def register(app: func.FunctionApp) -> None:
        @app.route(route="send/{how}", methods=["POST"])
        @app.queue_output(arg_name="queue", queue_name="work", connection="Storage")
        def send(req: func.HttpRequest, queue: Queue) -> func.HttpResponse:
            queue.set(["one", "two"])
            if req.route_params["how"] == "badly":
                raise RuntimeError("after all")
            return func.HttpResponse("sent", status_code=202)

        @app.queue_trigger(arg_name="message", queue_name="work", connection="Storage")
        def take(message: func.QueueMessage) -> None:
            got.append(message.get_body())

    with running(app_of(register)) as host:
        badly, well = post(host, "/api/send/badly"), post(host, "/api/SEND/well")
        host.settle("work")

        assert (badly.status_code, badly.content) == (500, b"")
        assert (well.status_code, well.content) == (202, b"sent")
        assert sorted(got) == [b"one", b"two"]


def test_slow_functions_do_not_wait_for_each_other() -> None:
    meeting = threading.Barrier(2, timeout=5)

    def register(app: func.FunctionApp) -> None:
        @app.queue_trigger(arg_name="message", queue_name="work", connection="Storage")
        def meet(message: func.QueueMessage) -> None:
            meeting.wait()

    with running(app_of(register)) as host:
        for _ in range(2):
            post(host, "/admin/functions/meet", b'{"input": "x"}')
        host.settle("work")

        assert host.poison("work") == []


def test_a_timer_fires_on_its_schedule_and_at_once_when_asked() -> None:
    fired = threading.Semaphore(0)

    def register(app: func.FunctionApp) -> None:
        @app.timer_trigger(arg_name="timer", schedule="* * * * * *")
        def every_second(timer: func.TimerRequest) -> None:
            fired.release()

    with running(app_of(register), timers=True) as host:
        assert fired.acquire(timeout=5)
        assert post(host, "/admin/functions/every_second", b"{}").status_code == 202
        assert fired.acquire(timeout=5)


def test_routes_methods_and_unknown_names_are_told_apart() -> None:
    def register(app: func.FunctionApp) -> None:
        @app.route(route="things/{id}", methods=["GET"])
        def thing(req: func.HttpRequest) -> func.HttpResponse:
            return func.HttpResponse(f"{req.route_params['id']} {dict(req.params)}")

    with running(app_of(register)) as host:

        def get(path: str) -> requests.Response:
            return requests.get(f"{host.url}{path}", timeout=10)

        assert get("/api/things/a%20b?x=1&empty=").text == "a b {'x': '1'}"
        assert get("/api/things").status_code == 404
        assert post(host, "/api/things/1").status_code == 404
        assert post(host, "/admin/functions/thing").status_code == 404
        assert get("/admin/host/status").json()["state"] == "Running"


class Listener:
    """An Event Grid function that remembers and, asked to, fails."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __call__(self, app: func.FunctionApp) -> None:
        @app.event_grid_trigger(arg_name="event")
        def listen(event: func.EventGridEvent) -> None:
            if event.id == "bad":
                raise RuntimeError("bad")
            self.heard.append(f"{type(event).__name__} {event.id}")


HOOK = "/runtime/webhooks/eventgrid?functionName=listen"


def test_events_of_both_schemas_reach_the_function_as_the_library_makes_them() -> None:
    listener = Listener()
    body = b'[{"id": "1", "eventType": "T"}, {"id": "2", "specversion": "1.0", "type": "T"}]'

    with running(app_of(listener)) as host:
        answer = post(host, HOOK, body, **{"aeg-event-type": "Notification"})

    assert answer.status_code == 202
    assert sorted(listener.heard) == ["CloudEvent 2", "EventGridEvent 1"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'[{"id": "bad", "eventType": "T"}]', 500), (b"{", 400), (b"5", 400), (b"[5]", 400)],
)
def test_an_event_that_fails_or_is_none_is_told_to_event_grid(body: bytes, status: int) -> None:
    with running(app_of(Listener())) as host:
        answer = post(host, HOOK, body, **{"aeg-event-type": "Notification"})

    assert answer.status_code == status


def test_the_host_stops_at_once_even_with_messages_waiting() -> None:
    def register(app: func.FunctionApp) -> None:
        @app.queue_trigger(arg_name="message", queue_name="work", connection="Storage")
        def always_fails(message: func.QueueMessage) -> None:
            raise RuntimeError("no")

    with running(app_of(register), redelivery=60) as host:
        post(host, "/admin/functions/always_fails", b'{"input": "hello"}')
        started = time.monotonic()

    assert time.monotonic() - started < 5
