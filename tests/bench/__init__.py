"""
How much Pull Medic costs beside the plain way of doing the same: `make bench`, `make bench-peers`.

In:  this machine.
Out: Markdown on stdout, bench-results.json, and on request a plot of it in docs/.

    healing.py     one firewall fix, beside byhand.py: a careful script for exactly this purpose
    answering.py   a fresh process's first answer, beside bare.py: an app with nothing in it
    reading.py     the classifier, beside one regular expression
    peers.py       the same fix by the az CLI, and what Cloud Custodian can do of it

What counts is the ratio of two medians taken in one run, the two taking turns (A B A B …), so that
a busy machine slows both. No test asserts a time, and nothing here ever fails for being slow.
"""
