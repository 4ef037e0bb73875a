"""
A simulated Azure: what unmodified Azure SDKs, the `az` command line and curl talk to in tests.

It knows Azure and nothing of Pull Medic: nothing here imports `shared` or `functions`. What it does
not know it refuses (501, naming the operation); it never invents a success.

    wire.py     requests, responses, refusals          world.py   state, clock, timetable
    routes.py   which operation a request is           azure.py   authenticate → authorise → answer
    services/   one file per Azure service             pull.py    whether an image pull works
    server.py   proxy, TLS, sockets                    control.py the control API of the contract
"""
