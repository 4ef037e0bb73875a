"""
Random broken estates: what the product must keep whatever Azure looks like.

    blueprint.py   what an estate can be, and how one is drawn
    building.py    from a blueprint to a scenario, whole and sound (hosts.py, ways.py: the parts)
    faults.py      what breaks it (sign_in_faults.py: what takes its sign-in away)
    treating.py    the product at work on it, and a record of everything it did
    promises.py    what every treated estate must keep
    implied.py     the oracle: which findings a failing stage of the pull model implies
    allowed.py     the oracle: which differences between before and after are allowed
    consented.py   the oracle: who had agreed to what
    curable.py     the oracle: which estates must end healed

The oracle never asks the product what is right: it looks at the simulated platform's own pulls.
`ESTATES=5000 make nightly` draws that many, from a new seed each time.
"""
