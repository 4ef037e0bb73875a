"""
A simulated Azure: what unmodified Azure SDKs, the `az` command line and curl talk to in tests.

It knows Azure and nothing of Pull Medic: nothing here imports `shared` or `functions`. What it does
not know it refuses (501, naming the operation); it never invents a success.

    wire.py     requests, responses, refusals          world.py      state, clock, timetable
    routes.py   which operation a request is           azure.py      one request in, one answer out
    identity.py tokens and who they stand for          guards.py     RBAC, locks; policy.py
    services/   one file per Azure service             pull.py       whether an image pull works
    server.py   TLS and sockets, behind proxy.py       transport.py  SDK clients without sockets
    control.py  the control API of the contract        estates/      scenarios in few words
"""
