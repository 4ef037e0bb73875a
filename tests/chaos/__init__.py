"""
Chaos: random estates and random trouble at the same time, and what must hold all the while.

    script.py      what goes wrong in one run, drawn from one number
    others.py      what other administrators do meanwhile
    turns.py       several workers at once, in an order that the number decides
    stage.py       the machines, their line to the simulated Azure and to the store
    mail.py        the queue
    playing.py     minute by minute until nothing moves any more: read this first
    watching.py    every write Azure accepts, judged when it is accepted
    invariants.py  what must be so when a run is over
    records.py     the audit, as anybody may read it

The estates and the oracle of changes are those of `tests/estates`. `python -m tests.chaos` plays
many runs and takes from each one that fails whatever it does not need.
"""
