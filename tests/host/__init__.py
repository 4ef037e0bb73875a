"""
A local function host: what the Functions platform does around `function_app.py`, on loopback.

In:  the repository's own `function_app` and `host.json`.
Out: its HTTP routes, the Event Grid webhook, a queue with redelivery and poison, timers, and the
     host's admin endpoints.

    app.py     the functions, their bindings, and one call of one of them
    queues.py  Storage queues in memory, pumped as host.json says
    server.py  routes, webhook, admin, timers
    running.py the whole in a thread, for tests

Keys are never asked for: it binds to loopback only. It is not the platform: no scale-out, no
storage, no keys; messages are lost with the process.
"""

from tests.host.running import Running, running

__all__ = ["Running", "running"]
