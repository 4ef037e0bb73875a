"""
`python -m tests.bench.worker APP PAYLOAD`: what a Functions worker does from its start to its first
answer: load the app, index its functions, call the one named `alerts`.

In:  the app's module, a file that holds the request's body.
Out: one line of JSON: the moment of the answer on the machine's monotonic clock, the answer's
     status, processor seconds, resident memory at its highest so far in MiB, modules loaded.

Kept this small so that it weighs nothing beside an app; the real worker and its channel are left
out.
"""

import importlib
import inspect
import json
import sys
import time


def main() -> None:
    import azure.functions as func

    app = importlib.import_module(sys.argv[1]).app
    functions = {one.get_function_name(): one for one in app.get_functions()}
    with open(sys.argv[2], "rb") as file:
        body = file.read()
    request = func.HttpRequest(method="POST", url="https://localhost/api/alerts", body=body)
    called = functions["alerts"]
    bound = {one.get_dict_repr()["name"]: one for one in called.get_bindings()}
    outputs = {
        name: _Out() for name, one in bound.items() if one.get_dict_repr()["type"] == "queue"
    }
    run = called.get_user_function()
    if "context" in inspect.signature(run).parameters:
        outputs["context"] = _Context()
    answer = run(req=request, **outputs)
    said = {
        "at": time.monotonic(),
        "busy": time.process_time(),
        "status": answer.status_code,
        "memory": _memory(),
        "modules": len(sys.modules),
    }
    print(json.dumps(said))


class _Context:
    """What the platform says of one call."""

    class trace_context:
        trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class _Out:
    """An output binding, as far as a function can tell."""

    def __init__(self) -> None:
        self.value: object = None

    def set(self, value: object) -> None:
        self.value = value

    def get(self) -> object:
        return self.value


def _memory() -> float:
    """Linux tells it of this very process; elsewhere the highest since its parent forked it."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            (peak,) = (line.split()[1] for line in file if line.startswith("VmHWM"))
            return int(peak) / 1024
    except OSError:
        import resource

        peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak_bytes / 1024 / (1024 if sys.platform == "darwin" else 1)


if __name__ == "__main__":
    main()
