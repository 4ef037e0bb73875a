"""
Whatever comes in by any door: an answer in words, no 500, no hang, nothing written to Azure.

    mutations.py  valid payloads with something else in some of their places, and bytes with holes
    doors.py      the app's own functions, called as the worker calls them, before a blocked estate
    valid.py      what is bent: one valid example of everything
    test_*.py     one file per kind of door
    guided.py     the pure ways in once more, led by coverage; for the nightly run

`FUZZ=50` runs fifty times as many inputs; `make nightly` does.
"""
